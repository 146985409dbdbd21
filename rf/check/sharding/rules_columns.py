"""Rules on the distribution column, and on columns that sequences fill."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from rf.check.sharding.layout import Layout, Role
from rf.check.sharding.schema import (
    Column,
    FindingLevel,
    Schema,
    SchemaFinding,
    SchemaTable,
    TableKind,
)

_GEOMETRIC = ("point", "line", "lseg", "box", "path", "polygon", "circle")
_WITHOUT_HASH = frozenset(
    (*_GEOMETRIC, "json", "jsonpath", "xml", "money", "bit", "varbit", "tsvector", "tsquery")
)
"""Types of PostgreSQL without a default hash operator class (its catalog pg_opclass)."""

_SMALL_INTEGERS = frozenset({"int2", "int4"})


def column_missing(schema: Schema, layout: Layout) -> Iterator[SchemaFinding]:
    """A distributed table has the distribution column.

    Source: Citus documentation, "Creating and Modifying Distributed Tables": rows are placed by
    the hash of that column; `create_distributed_table` fails without it.
    """
    for table in _distributed(schema, layout):
        if layout.column not in table.columns:
            yield SchemaFinding(
                table=str(table.name),
                line=table.line,
                rule="distribution-column-missing",
                problem=f"has no column {layout.column}, by which its rows are distributed",
                remedy=(
                    f"add {layout.column} with the type it has in the other tables, fill it for"
                    " the existing rows, then SET NOT NULL"
                ),
            )


def column_nullable(schema: Schema, layout: Layout) -> Iterator[SchemaFinding]:
    """The distribution column is NOT NULL.

    Source: Citus refuses such rows: "cannot perform an INSERT with NULL in the partition column"
    (multi_router_planner.c) and "the partition column of table %s cannot be NULL" when copying
    (multi_copy.c).
    """
    for table, column in _distribution_columns(schema, layout):
        if column.nullable:
            yield SchemaFinding(
                table=str(table.name),
                line=column.line,
                rule="distribution-column-nullable",
                problem=f"{column.name} may be NULL, and a row without it belongs to no shard",
                remedy=f"fill the empty ones, then ALTER COLUMN {column.name} SET NOT NULL",
            )


def column_generated(schema: Schema, layout: Layout) -> Iterator[SchemaFinding]:
    """The distribution column is no generated column.

    Source: "Distribution column must not use GENERATED ALWAYS AS (...) STORED", and VIRTUAL alike
    (create_distributed_table.c).
    """
    for table, column in _distribution_columns(schema, layout):
        if column.generated:
            yield SchemaFinding(
                table=str(table.name),
                line=column.line,
                rule="distribution-column-generated",
                problem=f"{column.name} is a generated column, which can't distribute a table",
                remedy=f"ALTER COLUMN {column.name} DROP EXPRESSION; the application writes it",
            )


def column_type(schema: Schema, layout: Layout) -> Iterator[SchemaFinding]:
    """The distribution column's type can be hashed.

    Source: "Partition column types must have a hash function defined to use hash partitioning"
    and "Distribution column must not use numeric type with negative scale"
    (create_distributed_table.c).
    """
    for table, column in _distribution_columns(schema, layout):
        scale = column.type.modifiers[1:2]
        negative_scale = column.type.name == "numeric" and scale < (0,) and scale != ()
        if column.type.name in _WITHOUT_HASH or negative_scale:
            flaw = "a negative scale" if negative_scale else "no hash function"
            yield SchemaFinding(
                table=str(table.name),
                line=column.line,
                rule="distribution-column-type",
                problem=f"{column.name} is of type {column.type}, with {flaw}",
                remedy=f"make {column.name} a uuid, bigint or text, in every table alike",
            )


def column_types_differ(schema: Schema, layout: Layout) -> Iterator[SchemaFinding]:
    """The distribution column has one type and collation in all distributed tables.

    Source: Citus documentation, "Co-Locating Tables": tables share a co-location group when their
    distribution columns have the same type; changelog of 14.0.0: also the same collation (#8257).
    Only co-located tables can have foreign keys and joins within the tenant. The type can't be
    altered once the table is distributed ("Modifying Tables").
    """
    distribution_columns = list(_distribution_columns(schema, layout))
    hashable = [
        column for _, column in distribution_columns if column.type.name not in _WITHOUT_HASH
    ]
    votes = Counter(str(column.type) for column in hashable)
    if not votes:
        return
    ((common, _),) = votes.most_common(1)
    for table, column in distribution_columns:
        if str(column.type) != common:
            yield SchemaFinding(
                table=str(table.name),
                line=column.line,
                rule="distribution-column-types-differ",
                problem=(
                    f"{column.name} is {column.type} here and {common} in other distributed"
                    " tables, so its rows won't be placed with theirs"
                ),
                remedy=f"ALTER COLUMN {column.name} TYPE {common} before it is distributed",
            )


def sequence_too_small(schema: Schema, layout: Layout) -> Iterator[SchemaFinding]:
    """Sequences of Citus tables are bigint.

    Source: Citus documentation, "SQL Support and Workarounds": the node's number is in the high
    bits of a sequence's values, which only bigint has room for; "nextval(sequence) calls in worker
    nodes are not supported for column defaults of type int or smallint"
    (worker_data_fetch_protocol.c). Inserts through the coordinator work, so this is advice.
    """
    for table in layout.with_role(schema, Role.DISTRIBUTED, Role.REFERENCE):
        if table.partition_of is not None:
            continue
        for column in table.columns.values():
            if column.sequence is not None and column.type.name in _SMALL_INTEGERS:
                yield SchemaFinding(
                    table=str(table.name),
                    line=column.line,
                    rule="sequence-too-small",
                    level=FindingLevel.ADVICE,
                    problem=(
                        f"{column.name} takes {column.type} values from a sequence, which fails"
                        " for inserts that a worker runs by itself"
                    ),
                    remedy=f"ALTER COLUMN {column.name} TYPE bigint, or use a uuid",
                )


def sequence_shared(schema: Schema, layout: Layout) -> Iterator[SchemaFinding]:
    """A sequence fills columns of one type only.

    Source: "The sequence %s is already used for a different type in column %d of the table %s"
    (EnsureSequenceTypeSupported in create_distributed_table.c).
    """
    first: dict[str, tuple[SchemaTable, Column]] = {}
    for table in layout.with_role(schema, Role.DISTRIBUTED, Role.REFERENCE):
        for column in table.columns.values():
            if column.sequence is None:
                continue
            other, earlier = first.setdefault(column.sequence, (table, column))
            if earlier.type.name != column.type.name:
                yield SchemaFinding(
                    table=str(table.name),
                    line=column.line,
                    rule="sequence-shared",
                    problem=(
                        f"{column.name} ({column.type}) takes its values from"
                        f" {column.sequence}, which also fills {other.name}.{earlier.name}"
                        f" ({earlier.type})"
                    ),
                    remedy="give both columns the type bigint, or each a sequence of its own",
                )


def _distributed(schema: Schema, layout: Layout) -> list[SchemaTable]:
    """Distributed tables whose columns the file states; a partition has those of its parent."""
    return [
        table
        for table in layout.with_role(schema, Role.DISTRIBUTED)
        if table.partition_of is None and table.kind in (TableKind.ORDINARY, TableKind.PARTITIONED)
    ]


def _distribution_columns(schema: Schema, layout: Layout) -> Iterator[tuple[SchemaTable, Column]]:
    for table in _distributed(schema, layout):
        if column := table.columns.get(layout.column):
            yield table, column
