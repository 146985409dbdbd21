"""Where each table lives under Citus, as the scale plan decides it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from rf.check.sharding.schema import Schema, SchemaTable, TableName

if TYPE_CHECKING:
    from scaleplan.tables import ShardingPlan


class Role(Enum):
    """How Citus holds a table: in shards, as a copy on every node, or on the coordinator alone."""

    DISTRIBUTED = "distributed"
    REFERENCE = "reference"
    LOCAL = "local"


@dataclass(frozen=True, kw_only=True)
class Layout:
    """Distributed and reference tables, and the column that tells tenants apart."""

    distributed: tuple[TableName, ...]
    reference: tuple[TableName, ...]
    column: str

    @classmethod
    def from_plan(cls, plan: ShardingPlan) -> Layout:
        """The layout of `plan.yaml`. Names without a schema are in `public`, as for the server."""
        return cls(
            distributed=tuple(_full(name) for name in plan.distributed_tables),
            reference=tuple(_full(name) for name in plan.reference_tables),
            column=plan.distribution_column,
        )

    def role(self, schema: Schema, name: TableName) -> Role:
        """A table's role. A partition has its parent's: Citus distributes both together."""
        seen: set[TableName] = set()
        while name not in seen:
            seen.add(name)
            if name in self.distributed:
                return Role.DISTRIBUTED
            if name in self.reference:
                return Role.REFERENCE
            table = schema.named(name)
            name = table.partition_of or name if table else name
        return Role.LOCAL

    def with_role(self, schema: Schema, *roles: Role) -> list[SchemaTable]:
        """The schema's tables of those roles, partitions included."""
        return [table for table in schema if self.role(schema, table.name) in roles]


def _full(name: str) -> TableName:
    schema, _, table = name.rpartition(".")
    return TableName(schema or "public", table)
