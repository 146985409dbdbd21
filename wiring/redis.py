"""Arguments of the cache."""

from __future__ import annotations

from components.redis.cache import CacheArgs
from wiring.stack import Stack


def cache_args(stack: Stack) -> CacheArgs:
    """The evicting Redis in the data subnets, open to the cluster's pods alone."""
    return CacheArgs(
        place=stack.place,
        keys=stack.keys,
        network=stack.data_network,
        settings=stack.settings.cache,
    )
