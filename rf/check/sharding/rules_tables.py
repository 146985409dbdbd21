"""Rules on tables as a whole and on what hangs on them."""

from __future__ import annotations

from collections.abc import Iterator

from rf.check.sharding.layout import Layout, Role
from rf.check.sharding.schema import FindingLevel, Schema, SchemaFinding, SchemaTable, TableKind

_CITUS_ROLES = (Role.DISTRIBUTED, Role.REFERENCE)
_DISTRIBUTABLE = (TableKind.ORDINARY, TableKind.PARTITIONED)


def table_missing(schema: Schema, layout: Layout) -> Iterator[SchemaFinding]:
    """Every table that the plan distributes or copies is there.

    Source: the scale plan, "Citus Extension Setup", names the tables; `create_distributed_table`
    and `create_reference_table` take existing tables (Citus documentation, "Creating And
    Distributing Tables"). A name without a schema means `public`.
    """
    for role, names in (
        (Role.DISTRIBUTED, layout.distributed),
        (Role.REFERENCE, layout.reference),
    ):
        for name in names:
            if schema.named(name) is not None:
                continue
            others = [table for table in schema if table.name.name == name.name]
            but = "".join(f"; the {other.kind.value} {other.name} is another" for other in others)
            yield SchemaFinding(
                table=str(name),
                line=others[0].line if others else None,
                rule="table-missing",
                problem=f"is to be a {role.value} table, but the schema doesn't create it{but}",
                remedy=f"create it in schema {name.schema}, or take it out of the plan's sharding",
            )


def table_kind(schema: Schema, layout: Layout) -> Iterator[SchemaFinding]:
    """What is distributed is an ordinary or partitioned table, written out in the schema.

    Source: "%s is not a regular, foreign or partitioned table" (EnsureRelationKindSupported in
    citus_ruleutils.c), "foreign tables cannot be distributed" (create_distributed_table.c). A
    table made by CREATE TABLE ... AS could be distributed, but its keys can't be checked here.
    """
    for table in layout.with_role(schema, *_CITUS_ROLES):
        if table.kind not in _DISTRIBUTABLE:
            yield SchemaFinding(
                table=str(table.name),
                line=table.line,
                rule="table-kind",
                problem=f"is a {table.kind.value}",
                remedy="make it a table with its columns and keys written out",
            )


def inheritance(schema: Schema, layout: Layout) -> Iterator[SchemaFinding]:
    """A distributed or reference table neither inherits nor is inherited; partitions may.

    Source: "Citus doesn't support bare inherited tables (i.e., not a partition or partitioned
    table)" (EnsureRelationKindSupported in citus_ruleutils.c).
    """
    for table in schema:
        for parent in table.inherits:
            for involved, relation in ((table.name, "inherits"), (parent, "is inherited by")):
                if layout.role(schema, involved) is Role.LOCAL:
                    continue
                other = parent if involved == table.name else table.name
                yield SchemaFinding(
                    table=str(involved),
                    line=table.line,
                    rule="inheritance",
                    problem=f"{relation} {other}, which Citus supports for partitions only",
                    remedy="write the columns into both tables (LIKE), or partition the table",
                )


def partitioning(schema: Schema, layout: Layout) -> Iterator[SchemaFinding]:
    """Partitioned tables are distributed at the top, have one level, and are no reference tables.

    Source: "cannot distribute relation which is partition of ...: distribute the partitioned
    table instead", "distributing multi-level partitioned tables is not supported", "distributing
    partitioned tables in only supported for hash-distributed tables" (create_distributed_table.c).
    """
    for table in layout.with_role(schema, *_CITUS_ROLES):
        planned = table.name in (*layout.distributed, *layout.reference)
        role = layout.role(schema, table.name)
        if table.partition_of is not None and planned:
            problem = f"is a partition of {table.partition_of}"
            remedy = f"distribute {table.partition_of} instead; its partitions follow"
        elif table.partition_of is not None and table.kind is TableKind.PARTITIONED:
            problem = f"is partitioned and itself a partition of {table.partition_of}"
            remedy = "partition by one level only"
        elif table.kind is TableKind.PARTITIONED and role is Role.REFERENCE:
            problem = "is a reference table and partitioned"
            remedy = "make it one table without partitions; reference tables are small"
        else:
            continue
        yield SchemaFinding(
            table=str(table.name),
            line=table.line,
            rule="partitioning",
            problem=problem,
            remedy=remedy,
        )


def trigger(schema: Schema, layout: Layout) -> Iterator[SchemaFinding]:
    """Distributed and reference tables have no triggers.

    Source: "cannot distribute relation ... because it has triggers" (EnsureRelationHasNoTriggers
    in create_distributed_table.c), "triggers are not supported on distributed tables" and
    "... on reference tables" (trigger.c), unless citus.enable_unsafe_triggers is on.
    """
    for table in layout.with_role(schema, *_CITUS_ROLES):
        for attached in table.triggers:
            yield SchemaFinding(
                table=str(table.name),
                line=attached.line,
                rule="trigger",
                problem=f"has the trigger {attached.name}",
                remedy=(
                    "drop it and do its work in the application, a column default or a generated"
                    " column; citus.enable_unsafe_triggers allows it without any guarantee"
                ),
            )


def rewrite_rule(schema: Schema, layout: Layout) -> Iterator[SchemaFinding]:
    """Distributed and reference tables have no rewrite rules.

    Source: Citus documentation, "SQL Support and Workarounds": "The rule system is not supported".
    """
    for table in layout.with_role(schema, *_CITUS_ROLES):
        for attached in table.rewrite_rules:
            yield SchemaFinding(
                table=str(table.name),
                line=attached.line,
                rule="rewrite-rule",
                problem=f"has the rewrite rule {attached.name}",
                remedy="drop it and do its work in the application",
            )


def policy_subquery(schema: Schema, layout: Layout) -> Iterator[SchemaFinding]:
    """Row security policies of distributed and reference tables contain no subquery.

    Source: "Subqueries are not supported in policies on distributed tables"
    (ErrorIfUnsupportedPolicy in policy.c), which is also asked of reference tables
    (EnsureRelationCanBeDistributed in create_distributed_table.c).
    """
    for table in layout.with_role(schema, *_CITUS_ROLES):
        for policy in table.policies:
            if policy.has_subquery:
                yield SchemaFinding(
                    table=str(table.name),
                    line=policy.line,
                    rule="policy-subquery",
                    problem=f"has the row security policy {policy.name} with a subquery",
                    remedy=(
                        f"compare {layout.column} with current_setting(...), which the"
                        " application sets for each transaction"
                    ),
                )


def tenant_table_local(schema: Schema, layout: Layout) -> Iterator[SchemaFinding]:
    """A table with the distribution column is meant for the shards.

    Source: Citus documentation, "Creating and Modifying Distributed Tables": what is neither
    distributed nor a reference table stays on the coordinator. Allowed, so this is advice.
    """
    for table in _local_tables(schema, layout):
        if layout.column in table.columns:
            yield SchemaFinding(
                table=str(table.name),
                line=table.line,
                rule="tenant-table-local",
                level=FindingLevel.ADVICE,
                problem=(
                    f"has {layout.column} but is not distributed: all its rows stay on the"
                    " coordinator"
                ),
                remedy="add it to the plan's distributed tables, or leave it if it stays small",
            )


def tenant_identifier_missing(schema: Schema, layout: Layout) -> Iterator[SchemaFinding]:
    """Every table has a tenant identifier or is shared by decision.

    Source: the scale plan, "Migration Path", step 2: "Ensure all tables have tenant identifier";
    Citus documentation, "Reference Tables", on tables that lack one. Advice, for a table that
    belongs to no tenant may stay on the coordinator.
    """
    for table in _local_tables(schema, layout):
        if layout.column not in table.columns and table.kind is not TableKind.QUERY_RESULT:
            yield SchemaFinding(
                table=str(table.name),
                line=table.line,
                rule="tenant-identifier-missing",
                level=FindingLevel.ADVICE,
                problem=f"has no {layout.column} and is no reference table",
                remedy=(
                    f"add {layout.column} if it belongs to tenants, make it a reference table if"
                    " tenants share it, leave it if the system alone uses it"
                ),
            )


def _local_tables(schema: Schema, layout: Layout) -> list[SchemaTable]:
    """Permanent tables outside the layout, each partitioned table once."""
    kinds = (*_DISTRIBUTABLE, TableKind.QUERY_RESULT)
    return [
        table
        for table in layout.with_role(schema, Role.LOCAL)
        if table.kind in kinds and table.partition_of is None
    ]
