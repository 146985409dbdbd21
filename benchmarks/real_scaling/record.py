"""What one lane came to, as it was seen: kept as JSON, so that it can be looked at again."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from itertools import pairwise
from typing import Any

from benchmarks.real_scaling.consumers import ServedJob
from benchmarks.real_scaling.pods import SeenPod
from rf.simulate.result import percentile

HOUR = 3600

DECISION_SECONDS = 5
"""Within so long the pods of one decision come and go."""


@dataclass(frozen=True, kw_only=True)
class LaneRecord:
    """Jobs and pods of one lane, until its workers were back where they began. Times are seconds of
    the machine's clock; `burst` is when the jobs came."""

    strategy: str
    client: str
    least: int
    burst: float
    jobs: tuple[ServedJob, ...]
    pods: tuple[SeenPod, ...]

    @property
    def waits(self) -> list[float]:
        """Of all jobs, the shortest first."""
        return sorted(job.wait for job in self.jobs)

    def wait(self, percent: float) -> float:
        """The wait that so many percent of the jobs don't exceed."""
        return percentile(self.waits, percent)

    @property
    def drain_seconds(self) -> float:
        """From the burst until no job waited."""
        return max(job.started for job in self.jobs) - self.burst

    @property
    def service_seconds(self) -> tuple[float, ...]:
        """What each job really took, in the order in which they came."""
        return tuple(job.took for job in sorted(self.jobs, key=lambda each: each.number))

    def replicas(self, seconds: float) -> int:
        """Pods that shall stay, so long after the burst."""
        at = self.burst + seconds
        return sum(
            pod.created <= at and (pod.told_to_stop is None or pod.told_to_stop > at)
            for pod in self.pods
        )

    @property
    def changes(self) -> list[tuple[float, int]]:
        """When the number of pods changed, in seconds from the burst, and to what."""
        moments = sorted(
            {0.0}
            | {
                moment - self.burst
                for pod in self.pods
                for moment in (pod.created, pod.told_to_stop)
                if moment is not None and moment > self.burst
            }
        )
        found: list[tuple[float, int]] = []
        for moment in moments:
            replicas = self.replicas(moment + DECISION_SECONDS)
            if not found or found[-1][1] != replicas:
                found.append((moment, replicas))
        return found

    @property
    def peak(self) -> int:
        """Most pods."""
        return max(replicas for _, replicas in self.changes)

    def pod_hours(self, hours: float) -> float:
        """Of so long a time from the burst on; the pods that are there stay to its end."""
        ends = {job.consumer: job.ended for job in self.jobs}
        last = self.burst + hours * HOUR
        seconds = 0.0
        for pod in self.pods:
            end = last
            if pod.told_to_stop is not None:
                # It stays until the job that it had is done.
                end = max(pod.told_to_stop, ends.get(pod.name, 0))
            seconds += max(0.0, min(end, last) - max(pod.created, self.burst))
        return seconds / HOUR

    @property
    def late(self) -> list[float]:
        """Seconds by which jobs took longer than they were to, the least first."""
        return sorted(job.took - job.seconds for job in self.jobs)

    @property
    def pauses(self) -> list[float]:
        """Seconds between a consumer's jobs while others waited, the least first."""
        found: list[float] = []
        by_consumer: dict[str, list[ServedJob]] = {}
        for job in sorted(self.jobs, key=lambda each: each.started):
            by_consumer.setdefault(job.consumer, []).append(job)
        for jobs in by_consumer.values():
            found += [after.started - before.ended for before, after in pairwise(jobs)]
        return sorted(found)

    def to_json(self) -> dict[str, Any]:
        """All of it."""
        return asdict(self)

    @classmethod
    def of_json(cls, found: dict[str, Any]) -> LaneRecord:
        """What `to_json` gave."""
        jobs = tuple(ServedJob(**each) for each in found["jobs"])
        pods = tuple(SeenPod(**each) for each in found["pods"])
        return cls(**{**found, "jobs": jobs, "pods": pods})
