"""What PgBouncer opens towards servers: a pool and its reserve for each name that it serves.

Shared by the chain (`scaleplan.database.connection_chain`) and by what Citus must take
(`scaleplan.citus.data_nodes`).
"""

from __future__ import annotations

from scaleplan.sizes import PgbouncerSettings

NAMES_FOR_WRITES = 2
NAMES_FOR_READS = 1
NAMES_FOR_SYSTEM = 1
"""Databases that PgBouncer serves (`rendering.database.pgbouncer_ini.logical_databases`): the
plan's two names for writes, one for reads, and the system's."""


def server_connections_per_database(poolers: PgbouncerSettings) -> int:
    """Most server connections that one pooler opens for one database name."""
    return poolers.default_pool_size + poolers.reserve_pool_size


TWICE_IN_A_ROLLOUT = 2
"""A pooler's old pod keeps its connections while it drains, and the new one opens its own."""


def server_connections_per_name(poolers: PgbouncerSettings) -> int:
    """Most that all poolers open for one name, each twice as while its old pod drains."""
    return TWICE_IN_A_ROLLOUT * poolers.replicas * server_connections_per_database(poolers)
