"""The plan's "Single point of failure": what a stack has one of, though its size has more."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from scaleplan.advice.proposal import leaf_of
from scaleplan.applications.workloads import SERVED, WORKER
from scaleplan.capacity.leaves import value_at
from scaleplan.model import Plan
from scaleplan.settings import Settings


@dataclass(frozen=True, kw_only=True)
class Redundancy:
    """A part that stands once if `key` has the value `single`; `enough` is the least against it.

    `planned` says that the plan itself has it once at this size.
    """

    component: str
    key: str
    present: Any
    single: Any
    enough: Any
    planned: bool

    @property
    def missing(self) -> bool:
        """Whether it stands once and should not."""
        return self.present == self.single and not self.planned


_PARTS: tuple[tuple[str, str, Any, Any], ...] = (
    ("PostgreSQL", "database.multiAz", False, True),
    ("PgBouncer", "pgbouncer.replicas", 1, 2),
    ("Redis (cache)", "cache.replicasPerShard", 0, 1),
    ("Redis (queue)", "queue.nodes", 1, 2),
    *((name, f"{name}.minReplicas", 1, 2) for name in (*SERVED, WORKER)),
    ("NAT gateways", "network.natGateways", 1, 3),
    ("Prometheus", "observability.prometheusReplicas", 1, 2),
)
_CITUS = (
    ("Citus coordinator", "citus.coordinatorInstances", 1, 2),
    ("Citus shards", "citus.instancesPerShardCluster", 1, 2),
)


def redundancies(plan: Plan, settings: Settings) -> Iterator[Redundancy]:
    """Every part that could stand once. None of it needs a metric: the settings decide it."""
    size = plan.sizes[settings.size]
    for component, key, single, enough in (*_PARTS, *(_CITUS if settings.sharding.present else ())):
        leaf = leaf_of(key)
        yield Redundancy(
            component=component,
            key=key,
            present=value_at(settings, leaf),
            single=single,
            enough=enough,
            planned=value_at(size, leaf) == single,
        )
