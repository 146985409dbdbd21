"""Memory that ElastiCache leaves for keys."""

from __future__ import annotations

from scaleplan.catalog import load_catalog

RESERVED_PERCENT = 25
"""Of a node's maxmemory, what ElastiCache keeps for copies and failover (`reserved-memory-percent`,
user guide, "Managing reserved memory")."""

KEY_OVERHEAD_BYTES = 150
"""A key beside its value: two dictionary entries, object headers, the key's text and an expiry;
Redis' own documents give about 70 to 100 for a short key without expiry. Our assumption, rounded
up."""


def usable_bytes(node_class: str) -> float:
    """Bytes of one node for keys. Raises KeyError on an unknown class."""
    maxmemory = load_catalog().instance_class(node_class).memory_gib * 2**30
    return maxmemory * (100 - RESERVED_PERCENT) / 100
