"""Every pod that a stack may run at once, and the pool of nodes that it runs on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from scaleplan.applications.pod_resources import MIGRATION_JOB, POOLER_EXPORTER, PSQL_JOB
from scaleplan.cluster.controllers import CONTROLLERS
from scaleplan.cluster.machines import ResourceTotals
from scaleplan.layers import PodResources
from scaleplan.model import load_plan
from scaleplan.observability.pods import CLOUDWATCH_EXPORTER, EXPORTER
from scaleplan.settings import Settings
from scaleplan.sizes import SizeProfile, WorkloadSettings
from scaleplan.workflows.workflows import WEB_PAGES, TemporalRoleSettings

SYSTEM_POOL = "system"
APPLICATIONS_POOL = "applications"
WORKERS_POOL = "workers"

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
    found = [*_controllers(settings), *_poolers(settings), *_jobs(settings)]
    found += [*_exporters(settings), *application_pods(settings), *workflow_pods(settings)]
    return tuple(found)


def application_pods(size: SizeProfile) -> tuple[PodDemand, ...]:
    """The four applications at their autoscalers' maxima."""
    karpenter = size.nodes.karpenter
    return tuple(
        PodDemand(
            name=name,
            pool=pool if karpenter else SYSTEM_POOL,
            pods=workload.max_replicas,
            surge=ROLLOUT_SURGE_PODS,
            requests=requests_of(workload),
        )
        for name, pool, workload in (
            ("orchestrator", APPLICATIONS_POOL, size.orchestrator),
            ("collaboration", APPLICATIONS_POOL, size.collaboration),
            ("web", APPLICATIONS_POOL, size.web),
            ("worker", WORKERS_POOL, size.worker),
        )
    )


def workflow_pods(size: SizeProfile) -> tuple[PodDemand, ...]:
    """Temporal's server and the workers of its workflows, where a stack has them."""
    workflows, karpenter = size.workflows, size.nodes.karpenter
    if not workflows.enabled:
        return ()
    servers = {f"temporal-{name}": (role.replicas, role) for name, role in workflows.roles.items()}
    if workflows.web:
        servers["temporal-web"] = (WEB_PAGES.replicas, WEB_PAGES)
    pods: list[tuple[str, str, int, TemporalRoleSettings | WorkloadSettings]] = [
        (name, APPLICATIONS_POOL, count, each) for name, (count, each) in servers.items()
    ]
    pods.append(("workflow-worker", WORKERS_POOL, workflows.worker.max_replicas, workflows.worker))
    return tuple(
        PodDemand(
            name=name,
            pool=pool if karpenter else SYSTEM_POOL,
            pods=count,
            surge=ROLLOUT_SURGE_PODS,
            requests=ResourceTotals(cpu_millicores=each.cpu_millicores, memory_mib=each.memory_mib),
        )
        for name, pool, count, each in pods
    )


def requests_of(workload: WorkloadSettings) -> ResourceTotals:
    """What one pod of an application requests."""
    return ResourceTotals(cpu_millicores=workload.cpu_millicores, memory_mib=workload.memory_mib)


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
