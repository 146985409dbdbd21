"""Turns nodes of PostgreSQL's own parse tree into the values of `schema.py`."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from pglast import ast, enums, visitors

from rf.check.sharding.schema import (
    Action,
    Column,
    ColumnType,
    ForeignKey,
    Key,
    KeyKind,
    TableName,
)

_SERIAL_TYPES = {
    **dict.fromkeys(("smallserial", "serial2"), "int2"),
    **dict.fromkeys(("serial", "serial4"), "int4"),
    **dict.fromkeys(("bigserial", "serial8"), "int8"),
}
"""PostgreSQL manual, chapter 8.1.4: an integer, NOT NULL, with a sequence of its own."""

_ACTIONS = {
    "a": Action.NO_ACTION,
    "r": Action.RESTRICT,
    "c": Action.CASCADE,
    "n": Action.SET_NULL,
    "d": Action.SET_DEFAULT,
}
"""The parser's letters for a foreign key's actions (FKCONSTR_ACTION_* in parsenodes.h)."""

_CONSTRAINT_KEYS = {
    enums.ConstrType.CONSTR_PRIMARY: (KeyKind.PRIMARY, "pkey"),
    enums.ConstrType.CONSTR_UNIQUE: (KeyKind.UNIQUE_CONSTRAINT, "key"),
    enums.ConstrType.CONSTR_EXCLUSION: (KeyKind.EXCLUSION, "excl"),
}


@dataclass(frozen=True, kw_only=True)
class ColumnReading:
    """A column definition: the column, and the constraints that PostgreSQL makes of it."""

    column: Column
    keys: tuple[Key, ...]
    foreign_keys: tuple[Any, ...]


def is_a(node: Any, kind: type) -> bool:
    """Whether the node is of that kind. Nodes stay untyped: most fields of theirs are optional."""
    return isinstance(node, kind)


def names_of(nodes: Any) -> tuple[str, ...]:
    """The texts of a list of name nodes; empty for None."""
    return tuple(node.sval for node in nodes or ())


def read_column(table: str, node: Any, line: int, inherited: Column | None = None) -> ColumnReading:
    """A column definition of the table, over the `inherited` one if it has no type of its own.

    `foreign_keys` are left as nodes, because only the catalog can resolve the names in them.
    """
    column = inherited or _typed_column(table, node, line)
    keys: list[Key] = []
    foreign_keys: list[Any] = []
    for constraint in node.constraints or ():
        column = constrained(table, column, constraint)
        if constraint.contype in _CONSTRAINT_KEYS:
            keys.append(read_key(table, constraint, line, column.name))
        elif constraint.contype == enums.ConstrType.CONSTR_FOREIGN:
            foreign_keys.append(constraint)
    return ColumnReading(column=column, keys=tuple(keys), foreign_keys=tuple(foreign_keys))


def _typed_column(table: str, node: Any, line: int) -> Column:
    if node.typeName is None:  # the options of a column whose table the file doesn't create
        return Column(name=node.colname, type=ColumnType(name="unknown"), line=line)
    written = node.typeName.names[-1].sval
    column_type = read_type(node)
    return Column(
        name=node.colname,
        type=column_type,
        line=line,
        nullable=written not in _SERIAL_TYPES,
        sequence=own_sequence(table, node.colname) if written in _SERIAL_TYPES else None,
    )


def own_sequence(table: str, column: str) -> str:
    """The name PostgreSQL gives to the sequence of a serial or identity column."""
    return f"{table}_{column}_seq"


def read_type(node: Any) -> ColumnType:
    """The type in a column definition or in ALTER COLUMN ... TYPE."""
    type_name = node.typeName
    written = type_name.names[-1].sval
    collation = names_of(node.collClause.collname)[-1] if node.collClause else None
    return ColumnType(
        name=str(_SERIAL_TYPES.get(written, written)) + "[]" * len(type_name.arrayBounds or ()),
        modifiers=tuple(_integer(modifier) for modifier in type_name.typmods or ()),
        collation=collation,
    )


def _integer(node: Any) -> int:
    """A type modifier's value; 0 when it is no integer (`interval day`, `geometry(Point)`)."""
    if isinstance(node, ast.A_Const):
        return (node.val.ival or 0) if isinstance(node.val, ast.Integer) else 0
    if isinstance(node, ast.A_Expr) and names_of(node.name) == ("-",) and node.lexpr is None:
        return -_integer(node.rexpr)
    return 0


def constrained(table: str, column: Column, constraint: Any) -> Column:
    """The column with what a column constraint says of nulls, defaults and generation."""
    match constraint.contype:
        case enums.ConstrType.CONSTR_NOTNULL:
            return replace(column, nullable=False)
        case enums.ConstrType.CONSTR_DEFAULT:
            return replace(column, sequence=read_sequence(constraint.raw_expr))
        case enums.ConstrType.CONSTR_IDENTITY:
            return replace(column, nullable=False, sequence=own_sequence(table, column.name))
        case enums.ConstrType.CONSTR_GENERATED:
            return replace(column, generated=True)
    return column


def read_sequence(default: Any) -> str | None:
    """The sequence of a `nextval('name')` default; None for any other default."""
    while isinstance(default, ast.TypeCast):
        default = default.arg
    if not isinstance(default, ast.FuncCall) or names_of(default.funcname)[-1:] != ("nextval",):
        return None
    (argument,) = default.args or (None,)
    while isinstance(argument, ast.TypeCast):
        argument = argument.arg
    if not isinstance(argument, ast.A_Const) or not isinstance(argument.val, ast.String):
        return None
    return str(argument.val.sval).removeprefix("public.").replace('"', "")


def is_key(constraint: Any) -> bool:
    """Whether a constraint node declares a key."""
    return constraint.contype in _CONSTRAINT_KEYS


def read_key(table: str, node: Any, line: int, column: str | None = None) -> Key:
    """A primary key, unique or exclusion constraint; of one `column` when written with it."""
    kind, suffix = _CONSTRAINT_KEYS[node.contype]
    if kind is KeyKind.EXCLUSION:
        return _read_exclusion(table, node, line)
    columns = names_of(node.keys) or ((column,) if column else ())
    named_columns = () if kind is KeyKind.PRIMARY else columns
    return Key(
        kind=kind,
        name=node.conname or "_".join([table, *named_columns, suffix]),
        columns=columns,
        line=line,
    )


def _read_exclusion(table: str, node: Any, line: int) -> Key:
    elements = [element for element, _ in node.exclusions]
    column_names = [element.name or "expr" for element in elements]
    return Key(
        kind=KeyKind.EXCLUSION,
        name=node.conname or "_".join([table, *column_names, "excl"]),
        columns=tuple(
            element.name
            for element, operator in node.exclusions
            if element.name and names_of(operator)[-1] == "="
        ),
        line=line,
        has_expressions=any(element.name is None for element in elements),
        partial=node.where_clause is not None,
    )


def read_unique_index(node: Any, line: int) -> Key:
    """A `CREATE UNIQUE INDEX`; INCLUDE columns are no part of what is unique."""
    elements: Any = node.indexParams
    column_names = [element.name or "expr" for element in elements]
    table = str(node.relation.relname)
    return Key(
        kind=KeyKind.UNIQUE_INDEX,
        name=str(node.idxname) if node.idxname else "_".join([table, *column_names, "idx"]),
        columns=tuple(element.name for element in elements if element.name),
        line=line,
        has_expressions=any(element.name is None for element in elements),
        partial=node.whereClause is not None,
    )


def read_foreign_key(
    table: str, node: Any, line: int, referenced: TableName, column: str | None = None
) -> ForeignKey:
    """A foreign key; of one `column` when written with it."""
    columns = names_of(node.fk_attrs) or ((column,) if column else ())
    return ForeignKey(
        name=node.conname or "_".join([table, *columns, "fkey"]),
        columns=columns,
        referenced=referenced,
        referenced_columns=names_of(node.pk_attrs),
        line=line,
        on_delete=_ACTIONS[node.fk_del_action],
        on_update=_ACTIONS[node.fk_upd_action],
        delete_sets=names_of(node.fk_del_set_cols),
    )


def has_subquery(*expressions: Any) -> bool:
    """Whether an expression contains a subquery anywhere."""
    finder = _SubqueryFinder()
    for expression in expressions:
        if expression is not None:
            finder(expression)
    return finder.has_met_one


class _SubqueryFinder(visitors.Visitor):
    """Remembers whether it met a subquery."""

    def __init__(self) -> None:
        super().__init__()
        self.has_met_one = False

    def visit_SubLink(self, ancestors: Any, node: Any) -> None:  # noqa: ARG002, N802 - the visitor's protocol
        self.has_met_one = True
