"""Whether the workers keep up with the jobs, and how fast they catch up."""

from __future__ import annotations

from scaleplan.capacity.result import CapacityTerm, CheckName, CheckResult, Loss, number
from scaleplan.capacity.survivors import beside, left_of_pods, moved_seconds
from scaleplan.load import Load
from scaleplan.model import load_plan
from scaleplan.queue.backlog import (
    JOBS_PER_POD,
    SECONDS_PER_HOUR,
    WorkerQueue,
    break_even_job_seconds,
)
from scaleplan.settings import Settings


def check_queue(settings: Settings, load: Load, loss: Loss | None) -> CheckResult:
    """Arrivals against the autoscaler's maximum of workers, by the M/M/c model of `queues`."""
    plan, assumed = load_plan(), load.assumptions
    most = settings.worker.max_replicas
    servers = most * JOBS_PER_POD
    jobs, seconds = load.worker_jobs_per_hour, assumed.job_seconds
    model = WorkerQueue(servers=servers, jobs_per_hour=jobs, job_seconds=seconds)
    critical = plan.thresholds.cpu_utilization.critical
    depth = plan.thresholds.queue_depth
    terms = [
        CapacityTerm(
            name="workers kept busy",
            working=f"{number(jobs)} jobs/h / 3,600 × {number(seconds)} s",
            value=model.offered_load,
            unit="workers",
        ),
        CapacityTerm(
            name="utilization at the maximum",
            working=f"{number(model.offered_load)} / {servers} workers",
            value=100 * model.utilization,
            unit="%",
            limit=critical,
            limit_working=f"the plan's critical CPU utilization, {critical} %",
        ),
        *_durations(model, critical),
        CapacityTerm(
            name="jobs that wait on average",
            working=(
                f"Erlang C: {number(100 * model.waiting_share)} % wait"
                f" {number(model.mean_wait_seconds)} s on average over all"
            ),
            value=model.mean_backlog,
            unit="jobs",
            limit=depth.warning,
            limit_working=f"the plan's warning depth, {depth.warning}",
        ),
        *_drain(model, most, depth.critical, load, loss),
    ]
    assumptions = ("jobSeconds", "drainHours")
    if loss is Loss.AZ:
        assumptions += ("nodeSeconds", "podSeconds")
    return CheckResult(name=CheckName.QUEUE, terms=tuple(terms), assumptions=assumptions)


def _durations(model: WorkerQueue, critical: int) -> list[CapacityTerm]:
    """The plan gives no job duration, so each report shows which would be too long."""
    if not model.jobs_per_hour:
        return []
    even = break_even_job_seconds(model.servers, model.jobs_per_hour)
    return [
        CapacityTerm(
            name="break-even job duration",
            working=f"{model.servers} × 3,600 / {number(model.jobs_per_hour)}",
            value=even,
            unit="s",
        ),
        CapacityTerm(
            name="longest job duration that passes",
            working=f"{critical} % of {number(even)} s",
            value=even * critical / 100,
            unit="s",
        ),
    ]


def _drain(
    model: WorkerQueue, most: int, critical_depth: int, load: Load, loss: Loss | None
) -> list[CapacityTerm]:
    """The backlog at which the plan turns critical, and what a lost zone adds, until it is gone."""
    terms: list[CapacityTerm] = []
    backlog = float(critical_depth)
    left = left_of_pods(most, loss)
    if left < most:
        short = max(0.0, model.offered_load - left * JOBS_PER_POD)
        away = moved_seconds(load.assumptions)
        added = short / model.job_seconds * away
        terms.append(
            CapacityTerm(
                name="jobs that pile up until the zone is replaced",
                working=(
                    f"({number(model.offered_load)} − {beside(most, left, 'workers')})"
                    f" / {number(model.job_seconds)} s × {number(away)} s"
                ),
                value=added,
                unit="jobs",
            )
        )
        backlog += added
    terms.append(
        CapacityTerm(
            name="time until the critical depth is gone",
            working=(
                f"{number(backlog)} × {number(model.job_seconds)} s"
                f" / ({model.servers} − {number(model.offered_load)}) workers"
            ),
            value=model.drain_seconds(backlog) / SECONDS_PER_HOUR,
            unit="h",
            limit=load.assumptions.drain_hours,
            limit_working="drainHours",
        )
    )
    return terms
