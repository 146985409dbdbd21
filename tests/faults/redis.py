"""Faults of Redis servers."""

from __future__ import annotations

from policy.rules.shared import tokens
from tests.faults.change import parameter, put, remove
from tests.faults.fault import Fault, breaks

CACHE = f"{tokens.REDIS}::cache-group"
QUEUE = f"{tokens.REDIS}::queue-group"

FAULTS: tuple[Fault, ...] = (
    breaks(
        "redis-encrypted", "the cache without TLS", CACHE, put("transitEncryptionEnabled", False)
    ),
    breaks(
        "redis-encrypted",
        "the queue lets clients choose TLS",
        QUEUE,
        put("transitEncryptionMode", "preferred"),
    ),
    breaks(
        "redis-encrypted",
        "the queue is stored in the clear",
        QUEUE,
        put("atRestEncryptionEnabled", False),
    ),
    breaks("redis-authenticated", "the cache asks for no password", CACHE, remove("userGroupIds")),
    breaks(
        "redis-users-narrow",
        "the default user is on",
        f"{tokens.REDIS_USER}::cache-foundation-off",
        put("accessString", "on ~* +@all"),
    ),
    breaks(
        "redis-users-narrow",
        "a worker may run FLUSHALL",
        f"{tokens.REDIS_USER}::cache-foundation-worker",
        put("accessString", "on ~flag:* +@all"),
    ),
    breaks(
        "redis-survives-zone", "the queue's replica is dropped", QUEUE, put("numCacheClusters", 1)
    ),
    breaks(
        "redis-survives-zone", "the cache stands in one zone", CACHE, put("multiAzEnabled", False)
    ),
    breaks(
        "redis-survives-zone",
        "the cache waits for a person",
        CACHE,
        put("automaticFailoverEnabled", False),
    ),
    breaks(
        "queue-noeviction",
        "the queue evicts jobs",
        f"{tokens.REDIS_PARAMETERS}::queue-redis7",
        parameter("maxmemory-policy", "allkeys-lru"),
    ),
    breaks(
        "cache-evicts",
        "the cache refuses writes when full",
        f"{tokens.REDIS_PARAMETERS}::cache-redis7",
        parameter("maxmemory-policy", "noeviction"),
    ),
    breaks(
        "redis-survives-zone",
        "both nodes of the queue in one zone",
        QUEUE,
        put("preferredCacheClusterAzs", ["us-east-1a", "us-east-1a"]),
    ),
    breaks(
        "redis-own-parameters",
        "the queue runs with AWS' parameters, which evict",
        QUEUE,
        put("parameterGroupName", "default.redis7"),
        wired=("parameterGroupName", ""),
    ),
    breaks(
        "redis-logs-exported",
        "the cache keeps its slow log to itself",
        CACHE,
        remove("logDeliveryConfigurations[0]"),
    ),
    breaks(
        "stores-change-in-windows",
        "the cache restarts at noon",
        CACHE,
        put("applyImmediately", True),
    ),
)
