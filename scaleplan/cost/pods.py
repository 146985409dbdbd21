"""How many pods of each workload a bill counts: at the least, at the load, at the most."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil

from scaleplan.applications.pods import APPLICATIONS_POOL, WORKERS_POOL
from scaleplan.load import Load
from scaleplan.model import load_plan
from scaleplan.settings import Settings
from scaleplan.sizes import WorkloadSettings
from scaleplan.workflows.workflows import WEB_PAGES, TemporalRoleSettings

CPU_TARGET_PERCENT = 70
"""The autoscalers' aim (plan, worker HPA: averageUtilization 70)."""

USABLE_SOCKET_MEMORY_PERCENT = 75
"""Our assumption: of a collaboration pod's memory, what sockets may take."""


@dataclass(frozen=True, kw_only=True)
class Workload:
    """One kind of pod: what it requests, and how many there are at the least, at the load, at most.

    `pool` is Karpenter's, where there is any.
    """

    name: str
    pool: str
    pod: WorkloadSettings | TemporalRoleSettings
    low: int
    at_load: int
    high: int


def every_workload(settings: Settings, load: Load) -> list[Workload]:
    """The four applications, and Temporal's server and workers where a stack has them.

    A load counts no workflows: their workers are at their minimum there, the server's roles have
    one number.
    """
    at_load = replicas_at(settings, load)
    found = [
        Workload(
            name=name,
            pool=WORKERS_POOL if name == "worker" else APPLICATIONS_POOL,
            pod=pod,
            low=pod.min_replicas,
            at_load=at_load[name],
            high=pod.max_replicas,
        )
        for name, pod in _workloads(settings).items()
    ]
    workflows = settings.workflows
    if not workflows.enabled:
        return found
    roles = {f"temporal-{name}": role for name, role in workflows.roles.items()}
    if workflows.web:
        roles["temporal-web"] = WEB_PAGES
    for name, role in roles.items():
        count = role.replicas
        found.append(
            Workload(
                name=name,
                pool=APPLICATIONS_POOL,
                pod=role,
                low=count,
                at_load=count,
                high=count,
            )
        )
    worker = workflows.worker
    found.append(
        Workload(
            name="workflow-worker",
            pool=WORKERS_POOL,
            pod=worker,
            low=worker.min_replicas,
            at_load=worker.min_replicas,
            high=worker.max_replicas,
        )
    )
    return found


def replicas_at(settings: Settings, load: Load) -> dict[str, int]:
    """Pods of each application that the load needs, held within its autoscaler's bounds.

    Orchestrators and workers: the plan's "Application Horizontal Scaling Path" at these users,
    carried on in proportion beyond its last step; more where CPU at the peak or the running jobs
    ask for more. Collaboration: memory of its sockets. Web: two pods hardly notice any load.
    """
    assumed = load.assumptions
    path = load_plan().horizontal_path.steps
    step = [each for each in path if each.from_concurrent_users <= load.concurrent_users] or [
        path[0]
    ]
    beyond = max(1.0, load.concurrent_users / max(1, path[-1].from_concurrent_users))
    factor = beyond if step[-1] == path[-1] else 1.0
    peak_cpu = load.requests_per_second * assumed.peak_factor * assumed.request_cpu_milliseconds
    by_cpu = peak_cpu * 100 / (settings.orchestrator.cpu_millicores * CPU_TARGET_PERCENT)
    running = load.worker_jobs_per_hour * assumed.job_seconds / 3600
    sockets = load.concurrent_users * assumed.sockets_per_user * assumed.socket_kib / 1024
    socket_room = settings.collaboration.memory_mib * USABLE_SOCKET_MEMORY_PERCENT / 100
    wanted = {
        "orchestrator": max(step[-1].orchestrators * factor, by_cpu),
        "worker": max(step[-1].workers * factor, running),
        "collaboration": sockets / socket_room,
        "web": 0.0,
    }
    workloads = _workloads(settings)
    return {
        name: min(max(ceil(count), workloads[name].min_replicas), workloads[name].max_replicas)
        for name, count in wanted.items()
    }


def _workloads(settings: Settings) -> dict[str, WorkloadSettings]:
    return {
        "orchestrator": settings.orchestrator,
        "worker": settings.worker,
        "collaboration": settings.collaboration,
        "web": settings.web,
    }
