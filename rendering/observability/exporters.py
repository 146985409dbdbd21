"""How each exporter is told what to read: flags and variables, never a password."""

from __future__ import annotations

from collections.abc import Sequence

from rendering.queue.age import SCRIPT_FILE
from rendering.queue.keys import queue_keys
from rendering.redis.access import EXPORTER
from scaleplan.sizes import QueueEngine, QueueSettings

REDIS_EXPORTER_PORT = 9121
POSTGRES_EXPORTER_PORT = 9187
CLOUDWATCH_EXPORTER_PORT = 5000
"""The exporters' own defaults."""

AUTHORITY_FILE = "authority.crt"


_REDIS_FLAGS = (
    # ElastiCache has no CONFIG, and the login may not name itself.
    "--config-command=-",
    "--set-client-name=false",
    # A histogram a command: thousands of series that no rule reads.
    "--exclude-latency-histogram-metrics",
    "--disable-exporting-key-values",
)


def redis_environment(host: str, port: int) -> dict[str, str]:
    """Address and login; its certificate is verified against the system's roots."""
    return {"REDIS_ADDR": f"rediss://{host}:{port}", "REDIS_USER": EXPORTER}


def queue_exporter_arguments(
    queues: Sequence[str], jobs: QueueSettings, config_directory: str
) -> list[str]:
    """Lengths of the queues' keys, and the script of their ages; none where RabbitMQ has them."""
    if jobs.engine is not QueueEngine.REDIS:
        return list(_REDIS_FLAGS)
    keys = ",".join(f"db0={key.key}" for key in queue_keys(queues, jobs))
    return [
        *_REDIS_FLAGS,
        f"--check-single-keys={keys}",
        f"--script={config_directory}/{SCRIPT_FILE}",
        "--lua-script-read-only",
    ]


def cache_exporter_arguments() -> list[str]:
    """One exporter for all nodes, which it finds itself."""
    return [*_REDIS_FLAGS, "--is-cluster"]


def cache_environment(host: str, port: int) -> dict[str, str]:
    """As for any Redis. Nodes are asked by their addresses, while their common certificate has
    names: `*.<group>...`, which is also that of the configuration endpoint."""
    return {**redis_environment(host, port), "REDIS_EXPORTER_TLS_SERVER_NAME": host}


POSTGRES_ARGUMENTS = (
    # pg_ls_waldir is not RDS's to give away.
    "--no-collector.wal",
    # A series for each table and counter: PostgreSQL's own views are where to look.
    "--no-collector.stat_user_tables",
    "--no-collector.statio_user_tables",
)


def postgres_environment(
    host: str, port: int, database: str, user: str, config_directory: str
) -> dict[str, str]:
    """The server itself, never PgBouncer: through a pool it would see the pool's connections."""
    root = f"{config_directory}/{AUTHORITY_FILE}"
    return {
        "DATA_SOURCE_URI": (
            f"{host}:{port}/{database}?sslmode=verify-full&sslrootcert={root}"
            "&connect_timeout=10&application_name=postgres_exporter"
        ),
        "DATA_SOURCE_USER": user,
    }
