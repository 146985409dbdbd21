"""Every pod that a stack may run at once, and the pool of nodes that it runs on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from scaleplan.applications.pod_resources import MIGRATION_JOB, POOLER_EXPORTER, PSQL_JOB
from scaleplan.applications.workloads import APPLICATIONS_POOL, PlannedWorkload, workloads
from scaleplan.cluster.controllers import CONTROLLERS
from scaleplan.cluster.machines import ResourceTotals
from scaleplan.layers import PodResources
from scaleplan.model import load_plan
from scaleplan.observability.pods import CLOUDWATCH_EXPORTER, EXPORTER
from scaleplan.settings import Settings
from scaleplan.sizes import SizeProfile

SYSTEM_POOL = "system"

ROLLOUT_SURGE_PODS = 1
"""Pods beyond the maximum while a Deployment rolls out (`maxSurge: 1` on every workload)."""

DISTRIBUTION_JOB = ResourceTotals(cpu_millicores=20, memory_mib=32)
"""One pod, for minutes: psql."""


@dataclass(frozen=True, kw_only=True)
class PodDemand:
    """Pods of one kind at their most: `pods` of them, and `surge` more while they roll out."""

    name: str
    pool: str
    pods: int
    surge: int
    requests: ResourceTotals

    @property
    def at_most(self) -> int:
        """Pods at once, a rollout included."""
        return self.pods + self.surge


def pods_at_maxima(settings: Settings) -> tuple[PodDemand, ...]:
    """Pods of the applications and controllers at their maxima; daemonsets are in the machines.

    Without Karpenter the system nodes carry all. Citus' pods are not here: each has a node of its
    own (`scaleplan.citus.data_nodes`).
    """
    return (
        *_controllers(settings),
        *_poolers(settings),
        *_jobs(settings),
        *_exporters(settings),
        *workload_pods(settings),
    )


def workload_pods(size: SizeProfile) -> tuple[PodDemand, ...]:
    """Applications and Temporal at their maxima."""
    return tuple(
        demand_of(each, each.pool if size.nodes.karpenter else SYSTEM_POOL)
        for each in workloads(size)
    )


def demand_of(workload: PlannedWorkload, pool: str) -> PodDemand:
    """A workload's pods at its maximum, on that pool."""
    pod = workload.pod
    return PodDemand(
        name=workload.name,
        pool=pool,
        pods=workload.max_replicas,
        surge=ROLLOUT_SURGE_PODS,
        requests=ResourceTotals(cpu_millicores=pod.cpu_millicores, memory_mib=pod.memory_mib),
    )


def _controllers(settings: Settings) -> Iterator[PodDemand]:
    for row in CONTROLLERS:
        replicas = row.replicas_of(settings)
        if replicas:
            yield PodDemand(
                name=row.name,
                pool=SYSTEM_POOL,
                pods=replicas,
                surge=row.surge,
                requests=row.requests_of(settings),
            )


def _exporters(settings: Settings) -> Iterator[PodDemand]:
    names = ["redis-exporter-cache", "redis-exporter-queue"]
    names += [f"postgres-exporter-{index}" for index in range(settings.database.read_replicas + 1)]
    if settings.sharding.present:
        names.append("postgres-exporter-coordinator")
    exporters = {**dict.fromkeys(names, EXPORTER), "cloudwatch-exporter": CLOUDWATCH_EXPORTER}
    for name, requests in exporters.items():
        yield PodDemand(name=name, pool=SYSTEM_POOL, pods=1, surge=0, requests=requests)


def _poolers(settings: Settings) -> Iterator[PodDemand]:
    planned = load_plan().pgbouncer.resources
    yield PodDemand(
        name="pgbouncer",
        pool=SYSTEM_POOL,
        pods=settings.pgbouncer.replicas,
        surge=ROLLOUT_SURGE_PODS,
        requests=ResourceTotals(
            cpu_millicores=planned.cpu_request_millicores + POOLER_EXPORTER.cpu_request_millicores,
            memory_mib=planned.memory_request_mib + POOLER_EXPORTER.memory_request_mib,
        ),
    )


def _jobs(settings: Settings) -> Iterator[PodDemand]:
    applications = APPLICATIONS_POOL if settings.nodes.karpenter else SYSTEM_POOL
    # The poolers' reconnect asks for as much, at the same place, and runs when this one has ended.
    jobs = {"database-bootstrap": (SYSTEM_POOL, _requested(PSQL_JOB))}
    if settings.migrations.command:
        jobs["database-migration"] = (applications, _requested(MIGRATION_JOB))
    if settings.sharding.present:
        jobs["citus-distribution"] = (SYSTEM_POOL, DISTRIBUTION_JOB)
    for name, (pool, requests) in jobs.items():
        yield PodDemand(name=name, pool=pool, pods=1, surge=0, requests=requests)


def _requested(resources: PodResources) -> ResourceTotals:
    return ResourceTotals(
        cpu_millicores=resources.cpu_request_millicores, memory_mib=resources.memory_request_mib
    )
