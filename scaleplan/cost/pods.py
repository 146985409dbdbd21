"""How many pods of each workload a bill counts at a load."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil

from scaleplan.applications.workloads import (
    APPLICATIONS,
    COLLABORATION,
    ORCHESTRATOR,
    WEB,
    WORKER,
    PlannedWorkload,
    workloads,
)
from scaleplan.capacity.sockets import sockets_held
from scaleplan.load import Load
from scaleplan.model import load_plan
from scaleplan.settings import Settings


@dataclass(frozen=True, kw_only=True)
class BilledPods:
    """A workload, and how many of its pods the load needs."""

    workload: PlannedWorkload
    at_load: int


def billed_pods(settings: Settings, load: Load) -> list[BilledPods]:
    """Every workload of a stack. A load counts no workflows: their workers are at their minimum."""
    at_load = replicas_at(settings, load)
    return [
        BilledPods(workload=each, at_load=at_load.get(each.name, each.min_replicas))
        for each in workloads(settings)
    ]


def replicas_at(settings: Settings, load: Load) -> dict[str, int]:
    """Pods of each application that the load needs, held within its autoscaler's bounds.

    Orchestrators and workers: the plan's "Application Horizontal Scaling Path" at these users,
    carried on in proportion beyond its last step; more where CPU at the peak or the running jobs
    ask for more. Collaboration: memory of its sockets. Web: two pods hardly notice any load.
    """
    plan, assumed = load_plan(), load.assumptions
    path = plan.horizontal_path.steps
    step = [each for each in path if each.from_concurrent_users <= load.concurrent_users] or [
        path[0]
    ]
    beyond = max(1.0, load.concurrent_users / max(1, path[-1].from_concurrent_users))
    factor = beyond if step[-1] == path[-1] else 1.0
    peak_cpu = load.requests_per_second * assumed.peak_factor * assumed.request_cpu_milliseconds
    target = plan.autoscaling.worker_hpa.cpu_utilization_percent
    by_cpu = peak_cpu * 100 / (settings.orchestrator.cpu_millicores * target)
    running = load.worker_jobs_per_hour * assumed.job_seconds / 3600
    sockets = load.concurrent_users * assumed.sockets_per_user
    wanted = {
        ORCHESTRATOR: max(step[-1].orchestrators * factor, by_cpu),
        WORKER: max(step[-1].workers * factor, running),
        COLLABORATION: sockets / max(1.0, sockets_held(settings, load)),
        WEB: 0.0,
    }
    pods = {each.name: each.settings_of(settings) for each in APPLICATIONS}
    return {
        name: min(max(ceil(count), pods[name].min_replicas), pods[name].max_replicas)
        for name, count in wanted.items()
    }
