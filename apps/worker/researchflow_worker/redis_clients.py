"""Clients of both Redis: the queue, a plain server that fails over, and the cache, a cluster."""

from __future__ import annotations

from typing import Any

import redis
import redis.asyncio
from redis.asyncio.retry import Retry as AsyncRetry
from redis.backoff import ExponentialWithJitterBackoff
from redis.exceptions import BusyLoadingError, ReadOnlyError
from redis.retry import Retry

from .settings import Settings

LONGEST_BLOCK_SECONDS = 10.0
"""BullMQ's longest blocking command."""

_TAKEOVER_ATTEMPTS = 20
"""With waits of 5 s at most: longer than the minute of a failover."""

_BACKOFF = ExponentialWithJitterBackoff(base=0.1, cap=5)
_PASSING = [
    redis.ConnectionError,
    redis.TimeoutError,
    BusyLoadingError,
    # A server that has become a replica: each further attempt connects anew, and so is led to the
    # new primary.
    ReadOnlyError,
]


def _tls(url: str, settings: Settings) -> dict[str, Any]:
    """Authorities beside the system's."""
    return {"ssl_ca_certs": settings.pgsslrootcert} if url.startswith("rediss:") else {}


def queue_client(settings: Settings) -> redis.asyncio.Redis:
    """A client of the queue for BullMQ, with a pool of its own; it waits out a failover."""
    return redis.asyncio.Redis.from_url(
        settings.queue_url,
        decode_responses=True,
        # redis-py's own 5 s would cut off a blocking command of 5 s.
        socket_timeout=LONGEST_BLOCK_SECONDS + 5,
        retry=AsyncRetry(_BACKOFF, _TAKEOVER_ATTEMPTS),
        retry_on_error=_PASSING,
        **_tls(settings.queue_url, settings),
    )


def blocking_queue_client(settings: Settings) -> redis.Redis:
    """The same for RQ, which knows no asyncio and keeps bytes in its jobs."""
    return redis.Redis.from_url(
        settings.queue_url,
        retry=Retry(_BACKOFF, _TAKEOVER_ATTEMPTS),
        retry_on_error=_PASSING,
        **_tls(settings.queue_url, settings),
    )


def cache_client(settings: Settings) -> redis.asyncio.RedisCluster:
    """A client of the cache. It gives up soon, since the cache can be done without."""
    return redis.asyncio.RedisCluster.from_url(
        settings.cache_url,
        retry=AsyncRetry(_BACKOFF, settings.cache_max_retries_per_request),
        **_tls(settings.cache_url, settings),
    )
