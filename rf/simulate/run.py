"""One run: jobs, workers and, unless their number is fixed, an autoscaler that watches them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

import simpy

from rf.simulate.behavior import Behavior, ReplicaControl
from rf.simulate.machines import NodePool, PoolNodes
from rf.simulate.result import Sample, SimulationResult
from rf.simulate.signals import SYNC_SECONDS, Observation, Signal
from rf.simulate.workers import JobQueue, PodTimes, Steps, Workers
from rf.simulate.workload import Arrivals, Job


@dataclass(frozen=True, kw_only=True)
class Scaling:
    """An autoscaler. `cached_seconds` is the age that its queue lengths may reach, None for none.

    `least` and `most` are bounds of its replicas; of several signals the largest wish counts.
    """

    least: int
    most: int
    behavior: Behavior
    signals: tuple[Signal, ...]
    cached_seconds: float | None = None


@dataclass(frozen=True, kw_only=True)
class Fleet:
    """What the workers run on and how they start: the same whatever scales them.

    `busy_percent` is the CPU of one running job in percent of the pod's request.
    """

    slots: int
    times: PodTimes
    node_seconds: float
    pool: NodePool | None
    busy_percent: float


def simulate(
    demand: Arrivals, fleet: Fleet, *, scaling: Scaling | None, replicas: int
) -> SimulationResult:
    """Run the demand from `replicas` ready workers on; without `scaling` these stay."""
    return _Run(demand, fleet, scaling, replicas).result()


class _Run:
    def __init__(
        self, demand: Arrivals, fleet: Fleet, scaling: Scaling | None, replicas: int
    ) -> None:
        self._demand, self._scaling = demand, scaling
        self._env = simpy.Environment()
        self._queue = JobQueue(self._env)
        self._workers = Workers(
            self._env,
            self._queue,
            PoolNodes(fleet.pool, fleet.node_seconds),
            fleet.times,
            slots=fleet.slots,
            busy_percent=fleet.busy_percent,
        )
        self._workers.start_ready(replicas)
        self._jobs = demand.jobs()
        self._samples: list[Sample] = []
        self._drained_at: float | None = None
        self._seen: tuple[float, Observation] | None = None
        self._env.process(self._arrive(self._jobs))
        self._env.process(self._control())
        if demand.burst:
            self._env.process(self._watch_burst())

    def result(self) -> SimulationResult:
        """What the whole run came to."""
        self._env.run(until=self._demand.end)
        return SimulationResult.of(
            self._demand,
            self._jobs,
            self._samples,
            self._workers.all_pods,
            killed=self._workers.killed,
            drained_at=self._drained_at,
        )

    def _arrive(self, jobs: Sequence[Job]) -> Steps:
        for job in jobs:
            if job.arrived_at > self._env.now:
                yield self._env.timeout(job.arrived_at - self._env.now)
            self._queue.put(job)

    def _control(self) -> Steps:
        scaling = self._scaling
        control = scaling and ReplicaControl(scaling.behavior, scaling.least, scaling.most)
        # Nothing ties its looks to when jobs come: a burst waits for the next one.
        random = Random(f"{self._demand.seed}:looks")  # noqa: S311 - repeatable is what it must be
        yield self._env.timeout(random.uniform(0, SYNC_SECONDS))
        while True:
            if scaling and control:
                observation = self._observe(scaling)
                wanted = max(signal.wanted(observation) for signal in scaling.signals)
                current = self._workers.replicas
                replicas = control.decide(self._env.now, current, wanted)
                if replicas != current:
                    self._workers.scale(replicas)
            self._workers.place()
            self._samples.append(
                Sample(
                    at=self._env.now,
                    backlog=self._queue.backlog,
                    replicas=self._workers.replicas,
                    ready=self._workers.ready,
                )
            )
            yield self._env.timeout(SYNC_SECONDS)

    def _observe(self, scaling: Scaling) -> Observation:
        """Pods as they are; queue lengths as they are or, where cached, as they were."""
        now = self._env.now
        observation = self._workers.observe()
        if scaling.cached_seconds is None:
            return observation
        if self._seen is None or now - self._seen[0] >= scaling.cached_seconds:
            cached = Observation(
                waiting=dict(observation.waiting), active=dict(observation.active), pods=()
            )
            self._seen = (now, cached)
        cached = self._seen[1]
        return Observation(waiting=cached.waiting, active=cached.active, pods=observation.pods)

    def _watch_burst(self) -> Steps:
        yield self._env.timeout(self._demand.measured_from)
        # The burst arrives in this very moment, so the first look is at the next.
        yield self._env.timeout(1)
        while self._queue.backlog:
            yield self._env.timeout(1)
        self._drained_at = self._env.now
