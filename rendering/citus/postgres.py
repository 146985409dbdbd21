"""PostgreSQL's settings on Citus' nodes; StackGres' own defaults stand for all the others."""

from __future__ import annotations

from typing import Any

from scaleplan.cluster.machines import ResourceTotals
from scaleplan.recovery.times import CITUS_LOG_SECONDS

WORKER_PROCESSES = 32
LOGICAL_WORKERS = 16
"""A moved shard group takes a logical worker for each table, on top of parallel queries."""

_LARGEST_MAINTENANCE_MIB = 2048
"""More doesn't help PostgreSQL 16's vacuum, which uses 1 GiB at most."""

_WAL_PERCENT_OF_VOLUME = 8
_MOST_WAL_GIB = 16


def postgres_config_spec(
    pod: ResourceTotals, volume_gib: int, max_connections: int
) -> dict[str, Any]:
    """Spec of the SGPostgresConfig (stackgres.io/v1) for a pod of this memory and volume.

    `max_connections` must hold what PgBouncer and the other nodes open
    (`scaleplan.citus.data_nodes`).
    """
    quarter = pod.memory_mib // 4
    settings = {
        "max_connections": str(max_connections),
        # Each write over several shards is a transaction prepared on each of them. StackGres'
        # default of 32 would fail the 33rd at once; Patroni's own rule for Citus is twice the
        # connections (Patroni documentation, "Citus support").
        "max_prepared_transactions": str(2 * max_connections),
        # A quarter, as PostgreSQL's documentation advises ("Resource Consumption").
        "shared_buffers": f"{quarter}MB",
        # The node runs nothing else, so the rest but work memory is page cache.
        "effective_cache_size": f"{pod.memory_mib * 7 // 10}MB",
        # A further quarter if every connection sorts at once.
        "work_mem": f"{max(1, quarter // max_connections)}MB",
        "maintenance_work_mem": f"{min(_LARGEST_MAINTENANCE_MIB, pod.memory_mib // 16)}MB",
        # Few checkpoints, yet a full `pg_wal` leaves room for a backup that can't be written.
        "max_wal_size": f"{_wal_gib(volume_gib)}GB",
        # A quiet server would keep its last records to itself until 16 MiB have come together.
        "archive_timeout": f"{CITUS_LOG_SECONDS}s",
        "max_worker_processes": str(WORKER_PROCESSES),
        "max_logical_replication_workers": str(LOGICAL_WORKERS),
        "password_encryption": "scram-sha-256",
        # gp3, not spinning disks.
        "random_page_cost": "1.1",
        "effective_io_concurrency": "200",
        # Slow statements are logged (StackGres' own default: from a second on), and PostgreSQL's
        # default logs their values whole, which are patients' data.
        "log_parameter_max_length": "0",
        "log_parameter_max_length_on_error": "0",
        # No connection noise of the pools.
        "log_connections": "off",
        "log_disconnections": "off",
    }
    return {"postgresVersion": "16", "postgresql.conf": settings}


def _wal_gib(volume_gib: int) -> int:
    return min(_MOST_WAL_GIB, max(1, volume_gib * _WAL_PERCENT_OF_VOLUME // 100))
