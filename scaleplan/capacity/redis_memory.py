"""Memory that ElastiCache leaves for keys."""

from __future__ import annotations

from scaleplan.catalog import load_catalog

RESERVED_PERCENT = 25
"""Of a node's maxmemory, what ElastiCache keeps for copies and failover (`reserved-memory-percent`,
user guide, "Managing reserved memory")."""


def usable_bytes(node_class: str) -> float:
    """Bytes of one node for keys. Raises KeyError on an unknown class."""
    maxmemory = load_catalog().instance_class(node_class).memory_gib * 2**30
    return maxmemory * (100 - RESERVED_PERCENT) / 100
