"""The relations of a schema while its statements are read, as PostgreSQL's catalog holds them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace

from rf.check.sharding.schema import (
    Attachment,
    Column,
    ForeignKey,
    Key,
    KeyKind,
    Schema,
    SchemaTable,
    TableKind,
    TableName,
)

DEFAULT_PATH = ("public",)
"""Where unqualified names live when the file sets no search_path (PostgreSQL manual, 5.10.3)."""


@dataclass(kw_only=True)
class TableDraft:
    """A relation that later statements may still alter."""

    name: TableName
    kind: TableKind
    line: int
    columns: dict[str, Column] = field(default_factory=dict)
    keys: list[Key] = field(default_factory=list)
    foreign_keys: list[ForeignKey] = field(default_factory=list)
    triggers: list[Attachment] = field(default_factory=list)
    rewrite_rules: list[Attachment] = field(default_factory=list)
    policies: list[Attachment] = field(default_factory=list)
    inherits: list[TableName] = field(default_factory=list)
    partition_of: TableName | None = None

    def add_key(self, key: Key) -> None:
        """A key; a primary key's columns become NOT NULL."""
        self.keys.append(key)
        if key.kind is KeyKind.PRIMARY:
            for name in key.columns:
                self.change_column(name, lambda column: replace(column, nullable=False))

    def change_column(self, name: str, change: Callable[[Column], Column]) -> None:
        """One column changed; nothing when the table has none of that name."""
        if name in self.columns:
            self.columns[name] = change(self.columns[name])

    def drop_column(self, name: str) -> None:
        """Without the column, and as in PostgreSQL without the constraints that contain it."""
        self.columns.pop(name, None)
        self.keys = [key for key in self.keys if name not in key.columns]
        self.foreign_keys = [key for key in self.foreign_keys if name not in key.columns]

    def promote_index(self, index: str, kind: KeyKind, name: str | None, line: int) -> None:
        """`ADD CONSTRAINT ... USING INDEX`: the unique index becomes the constraint."""
        for key in [key for key in self.keys if key.name == index]:
            self.keys.remove(key)
            self.add_key(replace(key, kind=kind, name=name or index, line=line))

    def rename_column(self, old: str, new: str) -> None:
        """The column under its new name, wherever the table's own constraints name it."""
        self.columns = {
            new if name == old else name: replace(column, name=new) if name == old else column
            for name, column in self.columns.items()
        }
        self.keys = [replace(key, columns=_renamed(key.columns, old, new)) for key in self.keys]
        self.foreign_keys = [
            replace(
                key,
                columns=_renamed(key.columns, old, new),
                delete_sets=_renamed(key.delete_sets, old, new),
            )
            for key in self.foreign_keys
        ]

    def freeze(self) -> SchemaTable:
        """The relation as it is now."""
        return SchemaTable(
            name=self.name,
            kind=self.kind,
            line=self.line,
            columns=dict(self.columns),
            keys=tuple(self.keys),
            foreign_keys=tuple(self.foreign_keys),
            triggers=tuple(self.triggers),
            rewrite_rules=tuple(self.rewrite_rules),
            policies=tuple(self.policies),
            inherits=tuple(self.inherits),
            partition_of=self.partition_of,
        )


class SchemaCatalog:
    """All relations so far, and the schemas in which unqualified names are looked up."""

    def __init__(self) -> None:
        self.search_path: tuple[str, ...] = DEFAULT_PATH
        self._drafts: dict[TableName, TableDraft] = {}

    def freeze(self) -> Schema:
        """The schema as the statements so far left it."""
        return Schema({name: draft.freeze() for name, draft in self._drafts.items()})

    def new_name(self, schema: str | None, name: str) -> TableName:
        """The full name of a relation to be created."""
        return TableName(schema or self.search_path[0], name)

    def resolve(self, schema: str | None, name: str) -> TableName:
        """The full name of a relation that a statement mentions, known or not."""
        if schema:
            return TableName(schema, name)
        candidates = [TableName(part, name) for part in self.search_path]
        return next((full for full in candidates if full in self._drafts), candidates[0])

    def find(self, name: TableName) -> TableDraft | None:
        """The relation of that name; None for one that the file doesn't create."""
        return self._drafts.get(name)

    def create(self, draft: TableDraft) -> None:
        """A new relation. One that exists stays: the file then says IF NOT EXISTS or OR REPLACE."""
        self._drafts.setdefault(draft.name, draft)

    def drop(self, name: TableName) -> None:
        """Without the relation, and without the foreign keys that need it."""
        self._drafts.pop(name, None)
        for draft in self._drafts.values():
            draft.foreign_keys = [key for key in draft.foreign_keys if key.referenced != name]
            draft.inherits = [parent for parent in draft.inherits if parent != name]

    def drop_index(self, schema: str | None, index: str) -> None:
        """Without the unique index of that name, on whichever table it is."""
        for draft in self._drafts.values():
            if schema in (None, draft.name.schema):
                draft.keys = [key for key in draft.keys if key.name != index]

    def drop_constraint(self, draft: TableDraft, constraint: str, *, cascade: bool) -> None:
        """Without the constraint; with `cascade`, without the foreign keys that need it."""
        dropped = [key for key in draft.keys if key.name == constraint]
        draft.keys = [key for key in draft.keys if key.name != constraint]
        draft.foreign_keys = [key for key in draft.foreign_keys if key.name != constraint]
        if cascade:
            for key in dropped:
                self._drop_dependents(draft.name, key)

    def _drop_dependents(self, table: TableName, key: Key) -> None:
        for draft in self._drafts.values():
            draft.foreign_keys = [
                foreign
                for foreign in draft.foreign_keys
                if foreign.referenced != table or not _needs(foreign, key)
            ]

    def rename(self, old: TableName, new: TableName) -> None:
        """The relation under its new name, wherever others name it; its place is kept."""
        if old not in self._drafts:
            return
        for draft in self._drafts.values():
            draft.name = new if draft.name == old else draft.name
            draft.inherits = [new if parent == old else parent for parent in draft.inherits]
            draft.partition_of = new if draft.partition_of == old else draft.partition_of
            draft.foreign_keys = [
                replace(key, referenced=new) if key.referenced == old else key
                for key in draft.foreign_keys
            ]
        self._drafts = {draft.name: draft for draft in self._drafts.values()}

    def rename_column(self, table: TableName, old: str, new: str) -> None:
        """The column under its new name, in the table and in the foreign keys that point at it."""
        if draft := self.find(table):
            draft.rename_column(old, new)
        for other in self._drafts.values():
            other.foreign_keys = [
                replace(key, referenced_columns=_renamed(key.referenced_columns, old, new))
                if key.referenced == table
                else key
                for key in other.foreign_keys
            ]

    def rename_key(self, drafts: Iterable[TableDraft], old: str, new: str) -> None:
        """A constraint or index under its new name."""
        for draft in drafts:
            draft.keys = [replace(k, name=new) if k.name == old else k for k in draft.keys]
            draft.foreign_keys = [
                replace(k, name=new) if k.name == old else k for k in draft.foreign_keys
            ]

    def drafts(self) -> tuple[TableDraft, ...]:
        """Every relation so far."""
        return tuple(self._drafts.values())


def _renamed(columns: tuple[str, ...], old: str, new: str) -> tuple[str, ...]:
    return tuple(new if column == old else column for column in columns)


def _needs(foreign: ForeignKey, key: Key) -> bool:
    """Whether the foreign key points at that key of the referenced table."""
    if not foreign.referenced_columns:
        return key.kind is KeyKind.PRIMARY
    return set(foreign.referenced_columns) == set(key.columns)
