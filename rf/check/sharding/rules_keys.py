"""Rules on keys: uniqueness is enforced inside a shard, so a key must say which shard.

Source of all: Citus documentation, "Adding/Removing Constraints": "Primary keys and uniqueness
constraints must include the distribution column"; in the code "Distributed relations cannot have
UNIQUE, EXCLUDE, or PRIMARY KEY constraints that do not include the partition column (with an
equality operator if EXCLUDE)" (ErrorIfUnsupportedConstraint in table.c). Reference tables may have
any key.
"""

from __future__ import annotations

from collections.abc import Iterator

from rf.check.sharding.layout import Layout, Role
from rf.check.sharding.schema import Key, KeyKind, Schema, SchemaFinding, SchemaTable


def primary_key(schema: Schema, layout: Layout) -> Iterator[SchemaFinding]:
    """A distributed table's primary key includes the distribution column.

    Source: Citus documentation, "Adding/Removing Constraints"; table.c.
    """
    for table, key in _keys_without_column(schema, layout, KeyKind.PRIMARY):
        columns = _with_column(layout, key)
        yield SchemaFinding(
            table=str(table.name),
            line=key.line,
            rule="primary-key",
            problem=f"primary key {key.name} ({_listed(key)}) lacks {layout.column}",
            remedy=f"make it PRIMARY KEY ({columns}), and the foreign keys to it alike",
        )


def unique_constraint(schema: Schema, layout: Layout) -> Iterator[SchemaFinding]:
    """A distributed table's unique constraints include the distribution column.

    Source: Citus documentation, "Adding/Removing Constraints"; table.c.
    """
    for table, key in _keys_without_column(schema, layout, KeyKind.UNIQUE_CONSTRAINT):
        yield SchemaFinding(
            table=str(table.name),
            line=key.line,
            rule="unique-constraint",
            problem=f"unique constraint {key.name} ({_listed(key)}) lacks {layout.column}",
            remedy=(
                f"make it UNIQUE ({_with_column(layout, key)}); what must be unique over all"
                " tenants belongs in a reference table"
            ),
        )


def unique_index(schema: Schema, layout: Layout) -> Iterator[SchemaFinding]:
    """A distributed table's unique indexes have the distribution column as a plain column.

    Partial indexes and indexes on expressions are no exception: an expression counts for nothing,
    even one over the distribution column, and neither does a WHERE clause or INCLUDE.

    Source: "creating unique indexes on non-partition columns is currently unsupported", where
    elements without a column name are skipped (ErrorIfUnsupportedIndexStmt in index.c).
    """
    for table, key in _keys_without_column(schema, layout, KeyKind.UNIQUE_INDEX):
        traits = [
            *(["on an expression"] if key.has_expressions else []),
            *(["partial"] if key.partial else []),
        ]
        details = f" ({', '.join(traits)})" if traits else f" ({_listed(key)})"
        yield SchemaFinding(
            table=str(table.name),
            line=key.line,
            rule="unique-index",
            problem=f"unique index {key.name}{details} lacks {layout.column} as a plain column",
            remedy=f"put {layout.column} first in the index's columns",
        )


def exclusion_constraint(schema: Schema, layout: Layout) -> Iterator[SchemaFinding]:
    """A distributed table's exclusion constraints compare the distribution column by equality.

    Source: ErrorIfUnsupportedConstraint in table.c.
    """
    for table, key in _keys_without_column(schema, layout, KeyKind.EXCLUSION):
        yield SchemaFinding(
            table=str(table.name),
            line=key.line,
            rule="exclusion-constraint",
            problem=f"exclusion constraint {key.name} doesn't compare {layout.column} by =",
            remedy=f"add {layout.column} WITH = to it (GiST needs the extension btree_gist)",
        )


def _keys_without_column(
    schema: Schema, layout: Layout, kind: KeyKind
) -> Iterator[tuple[SchemaTable, Key]]:
    for table in layout.with_role(schema, Role.DISTRIBUTED):
        for key in table.keys:
            if key.kind is kind and layout.column not in key.columns:
                yield table, key


def _listed(key: Key) -> str:
    return ", ".join(key.columns)


def _with_column(layout: Layout, key: Key) -> str:
    return ", ".join((layout.column, *key.columns))
