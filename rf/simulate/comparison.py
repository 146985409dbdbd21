"""The same jobs served three ways: by CPU alone, as configured, and by a fixed maximum."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from rf.shared.plan import RecordedPlan
from rf.simulate.assumptions import Assumption, assumptions_of
from rf.simulate.behavior import Behavior
from rf.simulate.configured import ConfiguredWorkers, configured_workers
from rf.simulate.result import SimulationResult
from rf.simulate.run import Fleet, Scaling, simulate
from rf.simulate.signals import TOLERANCE, CpuSignal
from rf.simulate.workers import PodTimes
from rf.simulate.workload import Demand
from scaleplan.layers import ScalingPolicy
from scaleplan.load import Load
from scaleplan.model import load_plan
from scaleplan.queue.backlog import WorkerQueue, break_even_job_seconds

FORMAT = 1
"""Version of the JSON form; raised when a reader of the old form would misread the new one."""

TIMED_OUT_NOTABLE = 0.01
"""Share of jobs beyond the timeout from which on the report says so first."""


@dataclass(frozen=True, kw_only=True)
class SimulationQuestion:
    """What to simulate: jobs of `job_seconds` on average, `burst` more at once, `hours` long.

    `busy_percent` is the CPU of a running job in percent of its pod's request.
    """

    load: Load
    job_seconds: float
    busy_percent: float
    burst: int = 0
    seed: int = 1
    hours: float = 8


@dataclass(frozen=True, kw_only=True)
class Strategy:
    """One way to scale the workers, and what came of it."""

    key: str
    title: str
    result: SimulationResult


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """All strategies for one stack and one question, with what theory says of the maximum."""

    stack: str
    size: str
    question: SimulationQuestion
    workers: ConfiguredWorkers
    demand: Demand
    theory: WorkerQueue
    strategies: tuple[Strategy, ...]
    warnings: tuple[str, ...]
    assumptions: tuple[Assumption, ...]

    @property
    def break_even_seconds(self) -> float:
        """Mean job duration that the maximum of workers can just serve."""
        return break_even_job_seconds(self.theory.servers, self.theory.jobs_per_hour)

    @property
    def fixed(self) -> SimulationResult:
        """What a fixed maximum comes to: the measure for the others."""
        return self.strategies[-1].result

    def to_json(self) -> dict[str, Any]:
        """The comparison without its samples; the same for the same question and plan."""
        question = self.question
        stable = self.theory.stable
        return {
            "format": FORMAT,
            "stack": self.stack,
            "size": self.size,
            "load": question.load.name,
            "jobsPerHour": self.theory.jobs_per_hour,
            "jobSeconds": question.job_seconds,
            "burst": question.burst,
            "seed": question.seed,
            "hours": question.hours,
            "replicas": {"min": self.workers.scaling.least, "max": self.workers.scaling.most},
            "breakEvenJobSeconds": round(self.break_even_seconds, 3),
            "theoryAtMaximum": {
                "utilization": round(self.theory.utilization, 4),
                "meanWaitSeconds": round(self.theory.mean_wait_seconds, 3) if stable else None,
                "waitP95Seconds": (
                    round(self.theory.wait_percentile_seconds(95), 3) if stable else None
                ),
            },
            "strategies": [
                {"key": each.key, "title": each.title, **each.result.to_json()}
                for each in self.strategies
            ],
            "warnings": list(self.warnings),
            "assumptions": [each.to_json() for each in self.assumptions],
        }


def compare(plan: RecordedPlan, question: SimulationQuestion) -> Comparison:
    """Simulate a recorded plan's workers.

    Raises SimulationError where the plan's objects can't be simulated.
    """
    workers = configured_workers(plan)
    demand = Demand(
        jobs_per_hour=question.load.worker_jobs_per_hour,
        job_seconds=question.job_seconds,
        timeout_seconds=workers.job_timeout_seconds,
        queues=workers.queues,
        hours=question.hours,
        burst=question.burst,
        seed=question.seed,
    )
    assumed = question.load.assumptions
    fleet = fleet_of(workers, question)
    theory = WorkerQueue(
        servers=workers.scaling.most * workers.slots,
        jobs_per_hour=demand.jobs_per_hour,
        job_seconds=demand.mean_seconds,
    )
    return Comparison(
        stack=plan.stack,
        size=plan.size,
        question=question,
        workers=workers,
        demand=demand,
        theory=theory,
        strategies=_strategies(workers, demand, fleet),
        warnings=tuple(_warnings(workers, demand, theory)),
        assumptions=assumptions_of(workers, demand, assumed, busy_percent=question.busy_percent),
    )


def fleet_of(workers: ConfiguredWorkers, question: SimulationQuestion) -> Fleet:
    """What the workers run on, and how they start, as the question's load assumes."""
    assumed = question.load.assumptions
    return Fleet(
        slots=workers.slots,
        times=PodTimes(start_seconds=assumed.pod_seconds, grace_seconds=workers.grace_seconds),
        node_seconds=assumed.node_seconds,
        pool=workers.pool,
        busy_percent=question.busy_percent,
    )


def cpu_alone(configured: Scaling) -> Scaling:
    """The plan's HPA with the one metric that works without an adapter, CPU at 70 %.

    Its bounds are the stack's, so that only the signal differs from what is configured.
    """
    hpa = load_plan().autoscaling.worker_hpa
    behavior = Behavior.of(
        {"scaleUp": _recorded(hpa.scale_up), "scaleDown": _recorded(hpa.scale_down)}
    )
    return replace(
        configured,
        behavior=behavior,
        signals=(CpuSignal(target_percent=hpa.cpu_utilization_percent),),
        cached_seconds=None,
    )


def _recorded(policy: ScalingPolicy) -> dict[str, Any]:
    return {
        "stabilizationWindowSeconds": policy.stabilization_window_seconds,
        "policies": [
            {"type": "Pods", "value": policy.pods, "periodSeconds": policy.period_seconds}
        ],
    }


def _strategies(workers: ConfiguredWorkers, demand: Demand, fleet: Fleet) -> tuple[Strategy, ...]:
    configured = workers.scaling
    ways: list[tuple[str, str, Scaling | None, int]] = [
        ("cpu", "HPA on CPU alone", cpu_alone(configured), configured.least),
        ("configured", f"{workers.autoscaler} as configured", configured, configured.least),
        ("fixed", f"fixed at {configured.most}", None, configured.most),
    ]
    return tuple(
        Strategy(
            key=key,
            title=title,
            result=simulate(demand, fleet, scaling=scaling, replicas=replicas),
        )
        for key, title, scaling, replicas in ways
    )


def _warnings(workers: ConfiguredWorkers, demand: Demand, theory: WorkerQueue) -> list[str]:
    most = workers.scaling.most
    warnings: list[str] = []
    if not theory.stable:
        warnings.append(
            f"{theory.jobs_per_hour:g} jobs an hour of {theory.job_seconds:.4g} s ask for"
            f" {theory.offered_load:.1f} workers, and there are {most} at most: the backlog grows"
            " as long as the load lasts, whatever scales them"
        )
    room = most if workers.pool is None else workers.pool.most_pods(most)
    if room < most:
        warnings.append(
            f"the node pool's limits have room for {room} of {most} workers; the others stay"
            " pending"
        )
    if demand.timed_out_share > TIMED_OUT_NOTABLE:
        warnings.append(
            f"{demand.timed_out_share:.0%} of the jobs run into the timeout of"
            f" {demand.timeout_seconds:g} s and are cut off there"
        )
    return warnings


def cpu_needed_percent() -> float:
    """CPU of a pod, in percent of its request, above which the plan's HPA adds pods at all."""
    return load_plan().autoscaling.worker_hpa.cpu_utilization_percent * (1 + TOLERANCE)
