"""What the fixtures that start servers share: their types, and folders for what they write."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

import psycopg

from rf.shared.servers.pooler import PgbouncerServer
from rf.shared.servers.redis_servers import RedisServer

Connect = Callable[..., psycopg.Connection]
"""Of a PgBouncer, a database's name and libpq options: a connection that the test's end closes."""

StartPgbouncer = Callable[..., PgbouncerServer]
"""Of an ini as exported, and passwords of more users by name."""


class StartRedis(Protocol):
    """Start the server of a layer; keyword arguments are parameters that ElastiCache would set."""

    def __call__(self, layer: str, **parameters: str) -> RedisServer:
        """Start it."""
        ...


def own_directory(parent: Path | None, prefix: str) -> Path:
    """A new folder that the servers' user can enter, among the machine's temporary ones unless a
    parent is given."""
    directory = Path(tempfile.mkdtemp(prefix=prefix, dir=parent))
    directory.chmod(0o755)
    return directory
