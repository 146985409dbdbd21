"""Names of the capacity checks, as reports print them and `allowCapacityRisk` lists them."""

from __future__ import annotations

from enum import StrEnum


class CheckName(StrEnum):
    """In the order in which they are run and reported."""

    USERS = "users"
    REQUESTS = "requests"
    SOCKETS = "sockets"
    QUEUE = "queue"
    QUEUE_MEMORY = "queue-memory"
    CACHE_MEMORY = "cache-memory"
    CONNECTIONS = "connections"
    DATABASE_MEMORY = "database-memory"
    DATABASE_STORAGE = "database-storage"
    DATABASE_IO = "database-io"
    NODES = "nodes"
    ADDRESSES = "addresses"
    EDGE = "edge"
    FAILOVER = "failover"


class Loss(StrEnum):
    """What may fail: a zone, the database's primary, a read replica, a PgBouncer pod."""

    AZ = "az"
    PRIMARY = "primary"
    REPLICA = "replica"
    POOLER = "pooler"
