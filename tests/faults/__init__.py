"""Faults seeded into plans and settings, each with what must catch it."""

from tests.faults import (
    applications,
    beyond_policy,
    citus,
    cluster,
    database,
    edge,
    identity,
    network,
    observability,
    queue,
    recovery,
    redis,
    shared,
    stopping,
    versions,
)
from tests.faults.fault import Fault

FAULTS: tuple[Fault, ...] = (
    *shared.FAULTS,
    *network.FAULTS,
    *cluster.FAULTS,
    *identity.FAULTS,
    *database.FAULTS,
    *citus.FAULTS,
    *redis.FAULTS,
    *queue.FAULTS,
    *applications.FAULTS,
    *stopping.FAULTS,
    *edge.FAULTS,
    *observability.FAULTS,
    *recovery.FAULTS,
    *versions.FAULTS,
    *beyond_policy.FAULTS,
)
"""Every seeded fault."""
