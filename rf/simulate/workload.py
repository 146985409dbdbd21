"""The jobs of a simulation: when they come, into which queue, and how long each runs."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from random import Random
from typing import Protocol

from scaleplan.queue.backlog import SECONDS_PER_HOUR


@dataclass(kw_only=True)
class Job:
    """One job. Times are seconds since the start; None for what has not happened."""

    number: int
    queue: str
    arrived_at: float
    seconds: float
    of_burst: bool = False
    started_at: float | None = None
    finished_at: float | None = None


class Arrivals(Protocol):
    """The jobs of a run."""

    @property
    def seed(self) -> int:
        """Decides what neither the jobs nor the plan do."""
        ...

    @property
    def burst(self) -> int:
        """How many come at once when measuring begins."""
        ...

    @property
    def measured_from(self) -> float:
        """When measuring begins; what comes before fills the system."""
        ...

    @property
    def end(self) -> float:
        """When the run ends."""
        ...

    def jobs(self) -> list[Job]:
        """All jobs in the order of their arrival, new ones each time."""
        ...


@dataclass(frozen=True, kw_only=True)
class _Span:
    """How long a run is: `warm_up_hours` that are not measured, and `hours` that are."""

    hours: float
    warm_up_hours: float = 1
    seed: int = 1

    @property
    def measured_from(self) -> float:
        """When measuring begins, and the burst comes."""
        return self.warm_up_hours * SECONDS_PER_HOUR

    @property
    def end(self) -> float:
        """When the simulation ends."""
        return self.measured_from + self.hours * SECONDS_PER_HOUR


@dataclass(frozen=True, kw_only=True)
class ObservedBurst(_Span):
    """A burst of jobs that really ran, first come first served; nothing comes beside it.

    `service_seconds` is what each took. An autoscaler has `warm_up_hours` to come to rest before.
    """

    service_seconds: tuple[float, ...]
    queue: str

    @property
    def burst(self) -> int:
        """How many they are."""
        return len(self.service_seconds)

    def jobs(self) -> list[Job]:
        """Each as it was."""
        return [
            Job(
                number=number,
                queue=self.queue,
                arrived_at=self.measured_from,
                seconds=seconds,
                of_burst=True,
            )
            for number, seconds in enumerate(self.service_seconds)
        ]


@dataclass(frozen=True, kw_only=True)
class Demand(_Span):
    """Jobs by chance: Poisson arrivals, exponential durations, each queue equally likely.

    What comes in the first `warm_up_hours` fills the system and is not measured; then comes the
    burst, all at once, and `hours` that are. A job is cut off after `timeout_seconds`, None for
    never. The same numbers give the same jobs on every machine.
    """

    jobs_per_hour: float
    job_seconds: float
    timeout_seconds: float | None
    queues: tuple[str, ...]
    burst: int = 0

    @property
    def timed_out_share(self) -> float:
        """Share of jobs that the timeout cuts off."""
        if self.timeout_seconds is None:
            return 0.0
        return math.exp(-self.timeout_seconds / self.job_seconds)

    @property
    def mean_seconds(self) -> float:
        """Mean time that a job keeps a worker: less than `job_seconds` by what is cut off."""
        return self.job_seconds * (1 - self.timed_out_share)

    def jobs(self) -> list[Job]:
        """All jobs in the order of their arrival."""
        # The burst draws from a generator of its own: the other jobs are the same without it.
        usual = self._draw(self._random("usual"), self._arrivals(), of_burst=False)
        at_once = [self.measured_from] * self.burst
        burst = self._draw(self._random("burst"), iter(at_once), of_burst=True)
        jobs = sorted([*usual, *burst], key=lambda job: job.arrived_at)
        for number, job in enumerate(jobs):
            job.number = number
        return jobs

    def _random(self, purpose: str) -> Random:
        return Random(f"{self.seed}:{purpose}")  # noqa: S311 - repeatable is what it must be

    def _arrivals(self) -> Iterator[float]:
        if self.jobs_per_hour <= 0:
            return
        random = self._random("arrivals")
        rate = self.jobs_per_hour / SECONDS_PER_HOUR
        at = random.expovariate(rate)
        while at < self.end:
            yield at
            at += random.expovariate(rate)

    def _draw(self, random: Random, arrivals: Iterator[float], *, of_burst: bool) -> Iterator[Job]:
        for at in arrivals:
            seconds = random.expovariate(1 / self.job_seconds)
            if self.timeout_seconds is not None:
                seconds = min(seconds, self.timeout_seconds)
            queue = self.queues[int(random.random() * len(self.queues))]
            yield Job(number=0, queue=queue, arrived_at=at, seconds=seconds, of_burst=of_burst)
