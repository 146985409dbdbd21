"""All rules, and the check that asks them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from rf.check.sharding import rules_columns, rules_foreign_keys, rules_keys, rules_tables
from rf.check.sharding.layout import Layout
from rf.check.sharding.reader import SchemaSyntaxError, read_schema
from rf.check.sharding.schema import Schema, SchemaFinding
from rf.shared.errors import InputError
from scaleplan.model import load_plan

Rule = Callable[[Schema, Layout], Iterator[SchemaFinding]]
"""A pure function that yields what breaks one rule; its docstring gives the rule's source."""

RULES: tuple[Rule, ...] = (
    rules_tables.table_missing,
    rules_tables.table_kind,
    rules_tables.inheritance,
    rules_tables.partitioning,
    rules_columns.column_missing,
    rules_columns.column_nullable,
    rules_columns.column_generated,
    rules_columns.column_type,
    rules_columns.column_types_differ,
    rules_keys.primary_key,
    rules_keys.unique_constraint,
    rules_keys.unique_index,
    rules_keys.exclusion_constraint,
    rules_foreign_keys.to_local_table,
    rules_foreign_keys.without_column,
    rules_foreign_keys.to_distributed_table,
    rules_foreign_keys.reference_to_local_action,
    rules_foreign_keys.action_on_column,
    rules_foreign_keys.action_sets_sequence,
    rules_tables.trigger,
    rules_tables.rewrite_rule,
    rules_tables.policy_subquery,
    rules_columns.sequence_shared,
    rules_columns.sequence_too_small,
    rules_tables.tenant_table_local,
    rules_tables.tenant_identifier_missing,
)


class SchemaFileError(InputError):
    """A schema file that can't be read, or that holds no SQL."""


def check_file(path: Path) -> tuple[SchemaFinding, ...]:
    """Findings of a schema file under the scale plan's layout. Raises SchemaFileError."""
    try:
        schema = read_schema(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise SchemaFileError(f"{path}: {error.strerror or error}") from error
    except SchemaSyntaxError as error:
        raise SchemaFileError(f"{path}:{error.line}: {error}") from error
    except UnicodeDecodeError as error:
        raise SchemaFileError(f"{path}: {error}") from error
    return check_schema(schema, Layout.from_plan(load_plan().sharding))


def check_schema(schema: Schema, layout: Layout) -> tuple[SchemaFinding, ...]:
    """Everything the rules find, in the order of the file; tables it lacks come first."""
    findings = [finding for rule in RULES for finding in rule(schema, layout)]
    return tuple(sorted(findings, key=lambda f: (f.line or 0, f.table, f.rule, f.problem)))
