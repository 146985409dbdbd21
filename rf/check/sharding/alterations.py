"""How column definitions, constraints and ALTER TABLE change a relation of the catalog."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from pglast import enums

from rf.check.sharding.catalog import SchemaCatalog, TableDraft
from rf.check.sharding.nodes import (
    constrained,
    is_key,
    names_of,
    read_column,
    read_foreign_key,
    read_key,
    read_sequence,
    read_type,
)
from rf.check.sharding.schema import KeyKind

LineOf = Callable[[Any], int]
"""The line of a parse node."""

_Alter = enums.AlterTableType


def alter_table(catalog: SchemaCatalog, statement: Any, line_of: LineOf) -> None:
    """Every command of one ALTER TABLE. A table the file doesn't create is passed over."""
    relation = statement.relation
    draft = catalog.find(catalog.resolve(relation.schemaname, relation.relname))
    if draft is None:
        return
    for command in statement.cmds:
        match command.subtype:
            case _Alter.AT_AddColumn if (
                command.missing_ok and command.def_.colname in draft.columns
            ):
                continue
            case _Alter.AT_AddColumn:
                add_column(catalog, draft, command.def_, line_of(command.def_))
            case _Alter.AT_DropColumn:
                draft.drop_column(command.name)
            case _Alter.AT_AddConstraint:
                add_constraint(catalog, draft, command.def_, line_of(command.def_))
            case _Alter.AT_DropConstraint:
                cascade = command.behavior == enums.DropBehavior.DROP_CASCADE
                catalog.drop_constraint(draft, command.name, cascade=cascade)
            case (
                _Alter.AT_AttachPartition
                | _Alter.AT_DetachPartition
                | _Alter.AT_AddInherit
                | _Alter.AT_DropInherit
            ):
                _change_family(catalog, draft, command)
            case _:
                _alter_column(draft, command)


def add_column(catalog: SchemaCatalog, draft: TableDraft, node: Any, line: int) -> None:
    """A column definition, with the keys and foreign keys written into it.

    One without a type adds its options to the column that a partition has from its parent.
    """
    table = draft.name.name
    inherited = draft.columns.get(node.colname) if node.typeName is None else None
    reading = read_column(table, node, line, inherited)
    draft.columns[reading.column.name] = reading.column
    for key in reading.keys:
        draft.add_key(key)
    for constraint in reading.foreign_keys:
        other = constraint.pktable
        referenced = catalog.resolve(other.schemaname, other.relname)
        draft.foreign_keys.append(
            read_foreign_key(table, constraint, line, referenced, reading.column.name)
        )


def add_constraint(catalog: SchemaCatalog, draft: TableDraft, node: Any, line: int) -> None:
    """A table constraint. CHECK constraints are passed over: they ask nothing of other rows."""
    table = draft.name.name
    if node.contype == enums.ConstrType.CONSTR_FOREIGN:
        other = catalog.resolve(node.pktable.schemaname, node.pktable.relname)
        draft.foreign_keys.append(read_foreign_key(table, node, line, other))
    elif node.contype == enums.ConstrType.CONSTR_NOTNULL:
        for name in names_of(node.keys):
            draft.change_column(name, lambda column: replace(column, nullable=False))
    elif is_key(node) and node.indexname:
        is_primary = node.contype == enums.ConstrType.CONSTR_PRIMARY
        kind = KeyKind.PRIMARY if is_primary else KeyKind.UNIQUE_CONSTRAINT
        draft.promote_index(node.indexname, kind, node.conname, line)
    elif is_key(node):
        draft.add_key(read_key(table, node, line))


def _change_family(catalog: SchemaCatalog, draft: TableDraft, command: Any) -> None:
    """Partitions attached and detached, parents added and removed."""
    is_inheritance = command.subtype in (_Alter.AT_AddInherit, _Alter.AT_DropInherit)
    other = command.def_ if is_inheritance else command.def_.name
    name = catalog.resolve(other.schemaname, other.relname)
    match command.subtype:
        case _Alter.AT_AddInherit:
            draft.inherits.append(name)
        case _Alter.AT_DropInherit:
            draft.inherits = [parent for parent in draft.inherits if parent != name]
        case _:
            if partition := catalog.find(name):
                attached = command.subtype == _Alter.AT_AttachPartition
                partition.partition_of = draft.name if attached else None


def _alter_column(draft: TableDraft, command: Any) -> None:
    table, node = draft.name.name, command.def_
    match command.subtype:
        case _Alter.AT_AlterColumnType:
            column_type = read_type(node)
            draft.change_column(command.name, lambda column: replace(column, type=column_type))
        case _Alter.AT_SetNotNull:
            draft.change_column(command.name, lambda column: replace(column, nullable=False))
        case _Alter.AT_DropNotNull:
            draft.change_column(command.name, lambda column: replace(column, nullable=True))
        case _Alter.AT_ColumnDefault:
            sequence = read_sequence(node)
            draft.change_column(command.name, lambda column: replace(column, sequence=sequence))
        case _Alter.AT_AddIdentity:
            draft.change_column(command.name, lambda column: constrained(table, column, node))
        case _Alter.AT_DropIdentity:
            draft.change_column(command.name, lambda column: replace(column, sequence=None))
        case _Alter.AT_DropExpression:
            draft.change_column(command.name, lambda column: replace(column, generated=False))
