"""Rules on foreign keys: both rows must be on the node that checks them.

Source of all: Citus documentation, "Adding/Removing Constraints", and
ErrorIfUnsupportedForeignConstraintExists in foreign_constraint.c.
"""

from __future__ import annotations

from collections.abc import Iterator

from rf.check.sharding.layout import Layout, Role
from rf.check.sharding.schema import Action, ForeignKey, Schema, SchemaFinding, SchemaTable

_LEAVES_ROW = (Action.NO_ACTION, Action.RESTRICT)
_WRITES_COLUMN = (Action.SET_NULL, Action.SET_DEFAULT)


def to_local_table(schema: Schema, layout: Layout) -> Iterator[SchemaFinding]:
    """A distributed table refers to distributed and reference tables only.

    Source: "referenced table must be a distributed table or a reference table", because "the
    referencing and referenced rows need to be stored on the same node" (foreign_constraint.c).
    """
    for table, key in _foreign_keys(schema, layout, Role.DISTRIBUTED, Role.LOCAL):
        yield _finding(
            table,
            key,
            "foreign-key-to-local-table",
            f"refers to {key.referenced}, which stays on the coordinator",
            f"make {key.referenced} a reference table if it is small and shared, distribute it by"
            f" {layout.column} if it belongs to tenants, or drop the foreign key",
        )


def without_column(schema: Schema, layout: Layout) -> Iterator[SchemaFinding]:
    """A foreign key between distributed tables has the distribution column at the same position.

    Source: "in between two colocated tables including partition column in the same ordinal in the
    both tables" (foreign_constraint.c); Citus documentation: "always include the distribution
    column in the key".
    """
    for table, key in _foreign_keys(schema, layout, Role.DISTRIBUTED, Role.DISTRIBUTED):
        referenced_columns = _referenced_columns(schema, key)
        pairs = zip(key.columns, referenced_columns, strict=False)
        if (layout.column, layout.column) in pairs:
            continue
        rest = [column for column in key.columns if column != layout.column]
        others = [column for column in referenced_columns if column != layout.column]
        yield _finding(
            table,
            key,
            "foreign-key-without-distribution-column",
            f"refers to {key.referenced} ({', '.join(referenced_columns)}) without"
            f" {layout.column} at the same position on both sides",
            f"make it FOREIGN KEY ({', '.join((layout.column, *rest))}) REFERENCES"
            f" {key.referenced} ({', '.join((layout.column, *others))})",
        )


def to_distributed_table(schema: Schema, layout: Layout) -> Iterator[SchemaFinding]:
    """Reference and local tables don't refer to distributed tables.

    Source: "foreign keys from reference tables and local tables to distributed tables are not
    supported" (foreign_constraint.c).
    """
    for role in (Role.REFERENCE, Role.LOCAL):
        for table, key in _foreign_keys(schema, layout, role, Role.DISTRIBUTED):
            remedy = (
                f"drop the foreign key, or turn it round: {key.referenced} may refer to"
                f" {table.name}"
                if role is Role.REFERENCE
                else f"distribute {table.name} by {layout.column} too, or drop the foreign key"
            )
            yield _finding(
                table,
                key,
                "foreign-key-to-distributed-table",
                f"refers from a {role.value} table to {key.referenced}, whose rows are spread"
                " over the nodes",
                remedy,
            )


def reference_to_local_action(schema: Schema, layout: Layout) -> Iterator[SchemaFinding]:
    """A foreign key from a reference to a local table changes nothing by itself.

    Such a key is allowed; the local table then joins Citus' metadata.

    Source: "foreign keys from reference tables to local tables can only be defined with NO ACTION
    or RESTRICT behaviors" (foreign_constraint.c).
    """
    for table, key in _foreign_keys(schema, layout, Role.REFERENCE, Role.LOCAL):
        if key.on_delete in _LEAVES_ROW and key.on_update in _LEAVES_ROW:
            continue
        yield _finding(
            table,
            key,
            "foreign-key-reference-to-local-action",
            f"refers to the local table {key.referenced} with {_actions(key)}, which can't reach"
            " the copies on other nodes",
            f"use NO ACTION or RESTRICT, or make {key.referenced} a reference table too",
        )


def action_on_column(schema: Schema, layout: Layout) -> Iterator[SchemaFinding]:
    """No foreign key rewrites the distribution column.

    A column list (`ON DELETE SET NULL (doctor_id)`) doesn't help: Citus looks at the action alone.

    Source: "SET NULL or SET DEFAULT is not supported in ON DELETE operation when distribution key
    is included in the foreign key constraint", and for ON UPDATE also CASCADE
    (EnsureSupportedFKeyOnDistKey in foreign_constraint.c).
    """
    for table in layout.with_role(schema, Role.DISTRIBUTED):
        for key in table.foreign_keys:
            rewrites = key.on_delete in _WRITES_COLUMN or key.on_update in (
                *_WRITES_COLUMN,
                Action.CASCADE,
            )
            if layout.column in key.columns and rewrites:
                yield _finding(
                    table,
                    key,
                    "foreign-key-action",
                    f"includes {layout.column} and has {_actions(key)}, which would move the row"
                    " to another shard",
                    "use NO ACTION, RESTRICT or ON DELETE CASCADE; what should only be emptied,"
                    " the application empties",
                )


def action_sets_sequence(schema: Schema, layout: Layout) -> Iterator[SchemaFinding]:
    """No foreign key sets a column to a default that comes from a sequence.

    Source: "Citus does not support ON DELETE / UPDATE SET DEFAULT actions on the columns that
    default to sequences" (foreign_constraint.c), for shards have no such default.
    """
    for table in layout.with_role(schema, Role.DISTRIBUTED, Role.REFERENCE):
        for key in table.foreign_keys:
            filled = [name for name in _set_to_default(key) if _has_sequence(table, name)]
            if filled:
                yield _finding(
                    table,
                    key,
                    "foreign-key-sets-sequence",
                    f"sets {', '.join(filled)} to a default that comes from a sequence",
                    "use another action, or another default",
                )


def _set_to_default(key: ForeignKey) -> tuple[str, ...]:
    """Columns that an action may set to their default."""
    if key.on_update is Action.SET_DEFAULT:
        return key.columns
    if key.on_delete is Action.SET_DEFAULT:
        return key.delete_sets or key.columns
    return ()


def _has_sequence(table: SchemaTable, name: str) -> bool:
    column = table.columns.get(name)
    return column is not None and column.sequence is not None


def _foreign_keys(
    schema: Schema, layout: Layout, source: Role, target: Role
) -> Iterator[tuple[SchemaTable, ForeignKey]]:
    for table in layout.with_role(schema, source):
        for key in table.foreign_keys:
            if layout.role(schema, key.referenced) is target:
                yield table, key


def _referenced_columns(schema: Schema, key: ForeignKey) -> tuple[str, ...]:
    """The columns written, else those of the referenced table's primary key."""
    referenced = schema.named(key.referenced)
    return key.referenced_columns or (referenced.primary_key if referenced else ())


def _actions(key: ForeignKey) -> str:
    written = {"ON DELETE": key.on_delete, "ON UPDATE": key.on_update}
    return " and ".join(
        f"{event} {action.value}"
        for event, action in written.items()
        if action is not Action.NO_ACTION
    )


def _finding(
    table: SchemaTable, key: ForeignKey, rule: str, problem: str, remedy: str
) -> SchemaFinding:
    return SchemaFinding(
        table=str(table.name),
        line=key.line,
        rule=rule,
        problem=f"foreign key {key.name} {problem}",
        remedy=remedy,
    )
