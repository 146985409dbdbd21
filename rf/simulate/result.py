"""What a run came to: waits, backlog, replicas, and what it took to serve them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from rf.simulate.workers import Pod
from rf.simulate.workload import Arrivals, Job
from scaleplan.queue.backlog import SECONDS_PER_HOUR


@dataclass(frozen=True, kw_only=True)
class Sample:
    """The system at one look of the autoscaler, `at` seconds since the start."""

    at: float
    backlog: int
    replicas: int
    ready: int


@dataclass(frozen=True, kw_only=True)
class SimulationResult:
    """Figures of the measured time; seconds, jobs and pods.

    A job that never started counts with the wait it had at the end, which is less than it would
    have become. `pod_hours` are those of pods that have a node, draining ones included.
    `drain_seconds` is None without a burst, or where the queue did not empty.
    """

    jobs: int
    unstarted: int
    killed: int
    mean_wait: float
    wait_p50: float
    wait_p95: float
    wait_p99: float
    max_backlog: int
    mean_replicas: float
    max_ready: int
    pod_hours: float
    drain_seconds: float | None
    samples: tuple[Sample, ...]

    @classmethod
    def of(
        cls,
        demand: Arrivals,
        jobs: Sequence[Job],
        samples: Sequence[Sample],
        pods: Sequence[Pod],
        *,
        killed: int,
        drained_at: float | None,
    ) -> SimulationResult:
        """From what the run recorded."""
        start, end = demand.measured_from, demand.end
        measured = [job for job in jobs if job.arrived_at >= start]
        waits = sorted(
            (end if job.started_at is None else job.started_at) - job.arrived_at for job in measured
        )
        measured_samples = tuple(sample for sample in samples if sample.at >= start)
        alive = sum(
            max(0.0, (end if pod.gone_at is None else pod.gone_at) - max(start, pod.placed_at))
            for pod in pods
            if pod.placed_at is not None
        )
        return cls(
            jobs=len(measured),
            unstarted=sum(job.started_at is None for job in measured),
            killed=killed,
            mean_wait=sum(waits) / len(waits) if waits else 0.0,
            wait_p50=percentile(waits, 50),
            wait_p95=percentile(waits, 95),
            wait_p99=percentile(waits, 99),
            max_backlog=max((sample.backlog for sample in measured_samples), default=0),
            mean_replicas=sum(sample.replicas for sample in measured_samples)
            / max(1, len(measured_samples)),
            max_ready=max((sample.ready for sample in measured_samples), default=0),
            pod_hours=alive / SECONDS_PER_HOUR,
            drain_seconds=None if drained_at is None else drained_at - start,
            samples=measured_samples,
        )

    def to_json(self) -> dict[str, Any]:
        """All but the samples; times in seconds."""
        return {
            "jobs": self.jobs,
            "unstarted": self.unstarted,
            "killed": self.killed,
            "meanWaitSeconds": round(self.mean_wait, 3),
            "waitSeconds": {
                "p50": round(self.wait_p50, 3),
                "p95": round(self.wait_p95, 3),
                "p99": round(self.wait_p99, 3),
            },
            "maxBacklog": self.max_backlog,
            "meanReplicas": round(self.mean_replicas, 3),
            "maxReady": self.max_ready,
            "podHours": round(self.pod_hours, 3),
            "drainSeconds": self.drain_seconds,
        }


def percentile(ordered: Sequence[float], percent: float) -> float:
    """Smallest of the ordered values that `percent` of them don't exceed; 0 of none."""
    if not ordered:
        return 0.0
    return ordered[max(0, math.ceil(len(ordered) * percent / 100) - 1)]
