"""Feature flags: from the cache while an entry lives, else from the database."""

from __future__ import annotations

import asyncio

from redis.exceptions import RedisClusterException, RedisError

from . import logs, metrics
from .database import Database
from .redis_clients import cache_client
from .settings import Settings

CACHE_SECONDS = 2.0
"""A cache that takes longer to answer is done without."""

_AWAY = (RedisError, RedisClusterException, OSError, TimeoutError)


class Flags:
    """Whether a feature is switched on. The cache may cost time, never an answer."""

    def __init__(self, settings: Settings, database: Database) -> None:
        # The client's own `async with` would connect, and the cache may be away.
        self._cache, self._database = cache_client(settings), database
        self._prefix = settings.cache_key_prefix_feature_flag
        self._seconds = settings.cache_ttl_feature_flag_seconds

    async def __aenter__(self) -> Flags:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._cache.aclose()

    async def enabled(self, name: str) -> bool:
        """A flag that nobody has set is off. Waits for the database, if it must be asked."""
        cached = await self._cached(name)
        metrics.FLAGS.labels(source="database" if cached is None else "cache").inc()
        if cached is not None:
            return cached == b"true"
        found = await self._database.flag(name)
        await self._keep(name, found)
        return found

    async def _cached(self, name: str) -> bytes | str | None:
        try:
            async with asyncio.timeout(CACHE_SECONDS):
                return await self._cache.get(f"{self._prefix}{name}")
        except _AWAY as error:
            logs.warning("the cache is away", error=type(error).__name__)
            return None

    async def _keep(self, name: str, value: bool) -> None:
        try:
            async with asyncio.timeout(CACHE_SECONDS):
                kept = "true" if value else "false"
                await self._cache.set(f"{self._prefix}{name}", kept, ex=self._seconds)
        except _AWAY as error:
            logs.warning("the cache is away", error=type(error).__name__)
