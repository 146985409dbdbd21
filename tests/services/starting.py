"""Types of the fixtures that start servers and connect to them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import psycopg

from rf.shared.servers.pooler import Pgbouncer
from rf.shared.servers.redis_servers import RedisServer

Connect = Callable[..., psycopg.Connection]
"""Of a PgBouncer, a database's name and libpq options: a connection that the test's end closes."""

StartPgbouncer = Callable[..., Pgbouncer]
"""Of an ini as exported, and passwords of more users by name."""


class StartRedis(Protocol):
    """Start the server of a layer; keyword arguments are parameters that ElastiCache would set."""

    def __call__(self, layer: str, **parameters: str) -> RedisServer:
        """Start it."""
        ...
