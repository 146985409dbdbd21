"""Faults seeded into plans and settings, each with what must catch it."""

from tests.faults import beyond_policy, cluster, databases, stores, surroundings
from tests.faults.fault import Fault

FAULTS: tuple[Fault, ...] = (
    *databases.FAULTS,
    *stores.FAULTS,
    *cluster.FAULTS,
    *surroundings.FAULTS,
    *beyond_policy.FAULTS,
)
"""Every seeded fault."""
