"""Redis access strings: which keys and commands a user may use.

Order and words are those that ElastiCache returns, or every preview would show a change: state,
keys, channels, `-@all`, then what is allowed and what is taken back (Redis, "ACL").
"""

from __future__ import annotations

DISABLED_ACCESS = "off ~* -@all"
"""Of the user `default`, which a group must contain (API error DefaultUserRequired): no login."""

_EVERYDAY = "+@read +@write +@connection +@transaction +@scripting"

CACHE_ACCESS = (
    f"on ~* -@all {_EVERYDAY} -@admin -@dangerous"
    # The plan's `cache.invalidate` finds its keys by KEYS; ioredis' ready check asks INFO.
    " +keys +info"
    # How a client of a cluster finds its shards.
    " +cluster|info +cluster|nodes +cluster|shards +cluster|slots +cluster|keyslot"
)
"""The applications on the cache: data and scripts; no FLUSHALL, no administration, no channels."""

QUEUE_ACCESS = (
    f"on ~* &* -@all {_EVERYDAY} +@blocking +@pubsub -@admin -@dangerous"
    # Bull, BullMQ and RQ ask for version and policy, list their workers, and read the clock.
    " +info +client|list +time"
)
"""The applications and KEDA on the queue: what Bull, BullMQ and RQ send; no FLUSHALL or CONFIG."""
