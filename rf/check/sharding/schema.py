"""A schema as far as Citus' rules ask, tables and what hangs on them, and what a rule finds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from enum import Enum
from typing import Any, NamedTuple


class TableName(NamedTuple):
    """A relation's name with the schema it was created in."""

    schema: str
    name: str

    def __str__(self) -> str:
        return self.name if self.schema == "public" else f"{self.schema}.{self.name}"


class TableKind(Enum):
    """What a relation is; Citus distributes ordinary and partitioned tables only."""

    ORDINARY = "ordinary table"
    PARTITIONED = "partitioned table"
    TEMPORARY = "temporary table"
    FOREIGN = "foreign table"
    VIEW = "view"
    MATERIALIZED_VIEW = "materialized view"
    QUERY_RESULT = "table made from a query"


class KeyKind(Enum):
    """The ways of declaring that rows exclude each other."""

    PRIMARY = "primary key"
    UNIQUE_CONSTRAINT = "unique constraint"
    UNIQUE_INDEX = "unique index"
    EXCLUSION = "exclusion constraint"


class Action(Enum):
    """What a foreign key does to the referencing row."""

    NO_ACTION = "NO ACTION"
    RESTRICT = "RESTRICT"
    CASCADE = "CASCADE"
    SET_NULL = "SET NULL"
    SET_DEFAULT = "SET DEFAULT"


_SQL_NAMES = {
    "int2": "smallint",
    "int4": "integer",
    "int8": "bigint",
    "bool": "boolean",
    "bpchar": "char",
    "timestamptz": "timestamp with time zone",
}
"""What people call the types whose catalog name is another."""


@dataclass(frozen=True, kw_only=True)
class ColumnType:
    """A type by its catalog name (`int4`), with the modifiers and collation written with it."""

    name: str
    modifiers: tuple[int, ...] = ()
    collation: str | None = None

    def __str__(self) -> str:
        name = _SQL_NAMES.get(self.name, self.name)
        return name if self.collation is None else f'{name} COLLATE "{self.collation}"'


@dataclass(frozen=True, kw_only=True)
class Column:
    """A column. `sequence` names what fills it; serial and identity columns have their own."""

    name: str
    type: ColumnType
    line: int
    nullable: bool = True
    generated: bool = False
    sequence: str | None = None


@dataclass(frozen=True, kw_only=True)
class Key:
    """A primary key, unique constraint or index, or exclusion constraint.

    `columns` are the plain columns of the key itself, without INCLUDE columns and expressions; of
    an exclusion constraint, only those compared by `=`.
    """

    kind: KeyKind
    name: str
    columns: tuple[str, ...]
    line: int
    has_expressions: bool = False
    partial: bool = False


@dataclass(frozen=True, kw_only=True)
class ForeignKey:
    """A foreign key. `referenced_columns` is empty when it means the other's primary key."""

    name: str
    columns: tuple[str, ...]
    referenced: TableName
    referenced_columns: tuple[str, ...]
    line: int
    on_delete: Action = Action.NO_ACTION
    on_update: Action = Action.NO_ACTION
    delete_sets: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Attachment:
    """A trigger, rewrite rule or row security policy on a table."""

    name: str
    line: int
    has_subquery: bool = False


@dataclass(frozen=True, kw_only=True)
class SchemaTable:
    """A relation as it is after the last statement of the schema."""

    name: TableName
    kind: TableKind
    line: int
    columns: Mapping[str, Column]
    keys: tuple[Key, ...] = ()
    foreign_keys: tuple[ForeignKey, ...] = ()
    triggers: tuple[Attachment, ...] = ()
    rewrite_rules: tuple[Attachment, ...] = ()
    policies: tuple[Attachment, ...] = ()
    inherits: tuple[TableName, ...] = ()
    partition_of: TableName | None = None

    @property
    def primary_key(self) -> tuple[str, ...]:
        """Columns of the primary key; empty without one."""
        return next((key.columns for key in self.keys if key.kind is KeyKind.PRIMARY), ())


@dataclass(frozen=True)
class Schema:
    """All relations of a schema file, in the order of their creation."""

    tables: Mapping[TableName, SchemaTable]

    def __iter__(self) -> Iterator[SchemaTable]:
        return iter(self.tables.values())

    def named(self, name: TableName) -> SchemaTable | None:
        """The relation of that name, if the file creates it."""
        return self.tables.get(name)


class FindingLevel(Enum):
    """`error`: Citus refuses the table or its rows. `advice`: allowed, with a price to know of."""

    ERROR = "error"
    ADVICE = "advice"


@dataclass(frozen=True, kw_only=True)
class SchemaFinding:
    """One broken rule. `line` counts from 1; None for a table that the file lacks."""

    table: str
    line: int | None
    rule: str
    level: FindingLevel = FindingLevel.ERROR
    problem: str
    remedy: str

    def to_json(self) -> dict[str, Any]:
        """The finding as `--json` prints it."""
        return asdict(self) | {"level": self.level.value}
