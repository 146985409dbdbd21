"""Reads a schema file statement by statement into a `Schema`.

Statements that say nothing of tables (functions, grants, comments, data) are passed over. What a
function body or a DO block would create when run is not seen.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from pglast import ast, enums, parse_sql
from pglast.parser import ParseError

from rf.check.sharding.alterations import add_column, add_constraint, alter_table
from rf.check.sharding.catalog import DEFAULT_PATH, SchemaCatalog, TableDraft
from rf.check.sharding.dump_text import line_at, sql_only
from rf.check.sharding.nodes import (
    has_subquery,
    is_a,
    names_of,
    read_unique_index,
)
from rf.check.sharding.schema import Attachment, Schema, TableKind, TableName


class SchemaSyntaxError(ValueError):
    """SQL that PostgreSQL's parser refuses; `line` counts from 1."""

    def __init__(self, message: str, line: int) -> None:
        super().__init__(message)
        self.line = line


def read_schema(text: str) -> Schema:
    """The schema that the file's statements leave behind. Raises SchemaSyntaxError."""
    sql = sql_only(text)
    try:
        statements = parse_sql(sql)
    except ParseError as error:
        message, position = (*error.args, None)[:2]
        end = len(sql.rstrip())  # where it stops without a position: the input ends too soon
        line = line_at(sql, end if position is None else position)
        raise SchemaSyntaxError(str(message), line) from error
    reader = _Reader(sql)
    for statement in statements:
        reader.read(statement.stmt, statement.stmt_location or 0)
    return reader.catalog.freeze()


class _Reader:
    """Applies statements to a catalog."""

    def __init__(self, sql: str) -> None:
        self.catalog = SchemaCatalog()
        self._sql = sql
        self._handlers: Mapping[type, Callable[[Any, int], None]] = {
            ast.CreateStmt: self._create_table,
            ast.CreateForeignTableStmt: self._create_table,
            ast.CreateTableAsStmt: self._create_from_query,
            ast.ViewStmt: self._create_view,
            ast.CreateSchemaStmt: self._create_schema,
            ast.AlterTableStmt: self._alter_table,
            ast.IndexStmt: self._attach,
            ast.CreateTrigStmt: self._attach,
            ast.RuleStmt: self._attach,
            ast.CreatePolicyStmt: self._attach,
            ast.DropStmt: self._drop,
            ast.RenameStmt: self._rename,
            ast.AlterObjectSchemaStmt: self._set_schema,
            ast.VariableSetStmt: self._set_search_path,
            ast.SelectStmt: self._set_search_path_by_call,
        }

    def read(self, statement: Any, position: int) -> None:
        """One statement, which starts at `position`."""
        if handler := self._handlers.get(type(statement)):
            handler(statement, line_at(self._sql, position))

    def _line(self, node: Any) -> int:
        return line_at(self._sql, node.location)

    def _resolve(self, relation: Any) -> TableName:
        return self.catalog.resolve(relation.schemaname, relation.relname)

    def _create_relation(self, relation: Any, kind: TableKind) -> TableDraft:
        """A new, empty relation; not in the catalog when the name is taken."""
        schema = "pg_temp" if relation.relpersistence == "t" else relation.schemaname
        name = self.catalog.new_name(schema, relation.relname)
        draft = TableDraft(name=name, kind=kind, line=self._line(relation))
        self.catalog.create(draft)
        return draft

    def _create_table(self, statement: Any, _line: int) -> None:
        is_foreign = is_a(statement, ast.CreateForeignTableStmt)
        base = statement.base if is_foreign else statement
        kind = TableKind.FOREIGN if is_foreign else _kind_of(base)
        draft = self._create_relation(base.relation, kind)
        if self.catalog.find(draft.name) is not draft:
            return
        parents = [self._resolve(parent) for parent in base.inhRelations or ()]
        for parent in parents:
            self._copy_columns(draft, parent, keys=False)
        if base.partbound is not None:
            draft.partition_of = parents[0]
        else:
            draft.inherits = parents
        for element in base.tableElts or ():
            self._add_element(draft, element)

    def _create_view(self, statement: Any, _line: int) -> None:
        self._create_relation(statement.view, TableKind.VIEW)

    def _add_element(self, draft: TableDraft, element: Any) -> None:
        line = self._line(element) if hasattr(element, "location") else draft.line
        if is_a(element, ast.TableLikeClause):
            options = enums.TableLikeOption(element.options)
            keys = bool(options & enums.TableLikeOption.CREATE_TABLE_LIKE_INDEXES)
            self._copy_columns(draft, self._resolve(element.relation), keys=keys)
        elif is_a(element, ast.ColumnDef):
            add_column(self.catalog, draft, element, line)
        else:
            add_constraint(self.catalog, draft, element, line)

    def _copy_columns(self, draft: TableDraft, source: TableName, *, keys: bool) -> None:
        """Columns of another table, at this table's line; with `keys` its keys too."""
        if original := self.catalog.find(source):
            draft.columns |= original.columns
            if keys:
                draft.keys += original.keys

    def _create_from_query(self, statement: Any, _line: int) -> None:
        is_view = statement.objtype == enums.ObjectType.OBJECT_MATVIEW
        kind = TableKind.MATERIALIZED_VIEW if is_view else TableKind.QUERY_RESULT
        self._create_relation(statement.into.rel, kind)

    def _create_schema(self, statement: Any, line: int) -> None:
        """`CREATE SCHEMA s CREATE TABLE ...`: its elements are created in that schema."""
        path = self.catalog.search_path
        self.catalog.search_path = (statement.schemaname, *path)
        for element in statement.schemaElts or ():
            if handler := self._handlers.get(type(element)):
                handler(element, line)
        self.catalog.search_path = path

    def _alter_table(self, statement: Any, _line: int) -> None:
        alter_table(self.catalog, statement, self._line)

    def _attach(self, statement: Any, line: int) -> None:
        """An index, trigger, rewrite rule or policy."""
        is_policy = is_a(statement, ast.CreatePolicyStmt)
        draft = self.catalog.find(
            self._resolve(statement.table if is_policy else statement.relation)
        )
        if draft is None:
            return
        if is_a(statement, ast.IndexStmt):
            if statement.unique:
                draft.keys.append(read_unique_index(statement, line))
        elif is_a(statement, ast.CreateTrigStmt):
            draft.triggers.append(Attachment(name=statement.trigname, line=line))
        elif is_a(statement, ast.RuleStmt):
            draft.rewrite_rules.append(Attachment(name=statement.rulename, line=line))
        else:
            subquery = has_subquery(statement.qual, statement.with_check)
            policy = Attachment(name=statement.policy_name, line=line, has_subquery=subquery)
            draft.policies.append(policy)

    def _drop(self, statement: Any, _line: int) -> None:
        for target in statement.objects or ():
            if not isinstance(target, tuple):
                continue  # types and functions are named by other nodes
            *schema, name = names_of(target)
            match statement.removeType:
                case (
                    enums.ObjectType.OBJECT_TABLE
                    | enums.ObjectType.OBJECT_VIEW
                    | enums.ObjectType.OBJECT_MATVIEW
                    | enums.ObjectType.OBJECT_FOREIGN_TABLE
                ):
                    self.catalog.drop(self.catalog.resolve(_only(schema), name))
                case enums.ObjectType.OBJECT_INDEX:
                    self.catalog.drop_index(_only(schema), name)
                case (
                    enums.ObjectType.OBJECT_TRIGGER
                    | enums.ObjectType.OBJECT_POLICY
                    | enums.ObjectType.OBJECT_RULE
                ):
                    self._detach(schema, name)

    def _detach(self, table: list[str], name: str) -> None:
        """Without the trigger, policy or rule of that name; `table` is its table's full name."""
        *schema, relation = table
        if draft := self.catalog.find(self.catalog.resolve(_only(schema), relation)):
            for attached in (draft.triggers, draft.policies, draft.rewrite_rules):
                attached[:] = [item for item in attached if item.name != name]

    def _rename(self, statement: Any, _line: int) -> None:
        if statement.relation is None:
            return
        name = self._resolve(statement.relation)
        match statement.renameType:
            case enums.ObjectType.OBJECT_TABLE | enums.ObjectType.OBJECT_VIEW:
                self.catalog.rename(name, TableName(name.schema, statement.newname))
            case enums.ObjectType.OBJECT_COLUMN:
                self.catalog.rename_column(name, statement.subname, statement.newname)
            case enums.ObjectType.OBJECT_TABCONSTRAINT:
                drafts = [draft] if (draft := self.catalog.find(name)) else []
                self.catalog.rename_key(drafts, statement.subname, statement.newname)
            case enums.ObjectType.OBJECT_INDEX:
                drafts = self.catalog.drafts()
                self.catalog.rename_key(drafts, name.name, statement.newname)

    def _set_schema(self, statement: Any, _line: int) -> None:
        if statement.relation is not None:
            old = self._resolve(statement.relation)
            self.catalog.rename(old, TableName(statement.newschema, old.name))

    def _set_search_path(self, statement: Any, _line: int) -> None:
        if statement.name == "search_path":
            self._look_in(_texts(statement.args or ()))

    def _set_search_path_by_call(self, statement: Any, _line: int) -> None:
        """`SELECT set_config('search_path', '', false)`, as `pg_dump` writes it."""
        for target in statement.targetList or ():
            call = target.val
            if is_a(call, ast.FuncCall) and names_of(call.funcname)[-1:] == ("set_config",):
                setting, *value = _texts(call.args or ())
                if setting == "search_path" and value:
                    self._look_in(value[0].split(","))

    def _look_in(self, schemas: Iterable[str]) -> None:
        """An empty path leaves the default: `pg_dump` then qualifies every name."""
        named = tuple(part.strip().strip('"') for part in schemas)
        self.catalog.search_path = tuple(n for n in named if n and n != "$user") or DEFAULT_PATH


def _kind_of(node: Any) -> TableKind:
    if node.relation.relpersistence == "t":
        return TableKind.TEMPORARY
    return TableKind.PARTITIONED if node.partspec is not None else TableKind.ORDINARY


def _only(schema: list[str]) -> str | None:
    """The schema before a name, if one is written."""
    return schema[-1] if schema else None


def _texts(nodes: Iterable[Any]) -> list[str]:
    """The string constants among argument nodes; other values count as empty."""
    values: list[Any] = [node.val if is_a(node, ast.A_Const) else None for node in nodes]
    return [value.sval if is_a(value, ast.String) else "" for value in values]
