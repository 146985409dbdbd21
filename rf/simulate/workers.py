"""The queue and the worker pods that take jobs from it, start, drain and stop."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Generator
from dataclasses import dataclass, field

import simpy

from rf.simulate.machines import Node, PoolNodes
from rf.simulate.signals import Observation, PodCpu
from rf.simulate.workload import Job

Steps = Generator[simpy.Event, object, None]


@dataclass(kw_only=True, eq=False)
class Pod:
    """One worker pod. Times are seconds since the start; None for what has not happened."""

    created_at: float
    placed_at: float | None = None
    node: Node | None = None
    ready_at: float | None = None
    stopping: bool = False
    gone_at: float | None = None
    slots: list[simpy.Process] = field(default_factory=list)
    running: dict[int, Job] = field(default_factory=dict)
    busy_seconds: float = 0
    busy_until_last_look: float = 0
    last_change: float = 0

    def begin(self, now: float, slot: int, job: Job) -> None:
        """One of its slots has a job."""
        self.account(now)
        self.running[slot] = job

    def end(self, now: float, slot: int) -> None:
        """One of its slots is free."""
        self.account(now)
        del self.running[slot]

    def account(self, now: float) -> None:
        """Add the time since the last change to what its jobs have kept it busy."""
        self.busy_seconds += len(self.running) * (now - self.last_change)
        self.last_change = now


@dataclass(frozen=True, kw_only=True, eq=False)
class _Taker:
    """A slot of a pod that waits for a job."""

    pod: Pod
    slot: int
    given: simpy.Event


class JobQueue:
    """First come, first served, over all queues together."""

    def __init__(self, env: simpy.Environment) -> None:
        self._env = env
        self._waiting: deque[Job] = deque()
        self._idle: deque[_Taker] = deque()
        self.waiting: Counter[str] = Counter()
        self.active: Counter[str] = Counter()

    @property
    def backlog(self) -> int:
        """Jobs that wait."""
        return len(self._waiting)

    def put(self, job: Job) -> None:
        """A job comes."""
        if self._idle:
            self._hand_over(job, self._idle.popleft())
        else:
            self.waiting[job.queue] += 1
            self._waiting.append(job)

    def take(self, pod: Pod, slot: int) -> simpy.Event:
        """The next job, as soon as there is one; None when the pod is told to stop before that."""
        taker = _Taker(pod=pod, slot=slot, given=self._env.event())
        if self._waiting:
            job = self._waiting.popleft()
            self.waiting[job.queue] -= 1
            self._hand_over(job, taker)
        else:
            self._idle.append(taker)
        return taker.given

    def dismiss(self, pod: Pod) -> None:
        """Send the pod's idle slots home."""
        for taker in self._idle:
            if taker.pod is pod:
                taker.given.succeed(None)
        self._idle = deque(taker for taker in self._idle if taker.pod is not pod)

    def finish(self, job: Job) -> None:
        """A job is done."""
        self.active[job.queue] -= 1
        job.finished_at = self._env.now

    def put_back(self, job: Job) -> None:
        """A job whose worker was killed waits again, at the front."""
        self.active[job.queue] -= 1
        if self._idle:
            self._hand_over(job, self._idle.popleft())
        else:
            self.waiting[job.queue] += 1
            self._waiting.appendleft(job)

    def _hand_over(self, job: Job, taker: _Taker) -> None:
        self.active[job.queue] += 1
        # At once and not when its process wakes: a pod told to stop in between has this job.
        taker.pod.begin(self._env.now, taker.slot, job)
        if job.started_at is None:
            job.started_at = self._env.now
        taker.given.succeed(job)


@dataclass(frozen=True, kw_only=True)
class PodTimes:
    """How long a pod takes to start on a running node, and what it is given to stop, in seconds."""

    start_seconds: float
    grace_seconds: float


class Workers:
    """The Deployment: as many pods as the autoscaler asks for, each with `slots` jobs at once.

    `busy_percent` is the CPU that one running job shows, in percent of the pod's request.
    """

    def __init__(
        self,
        env: simpy.Environment,
        queue: JobQueue,
        machines: PoolNodes,
        times: PodTimes,
        *,
        slots: int,
        busy_percent: float,
    ) -> None:
        self._env, self._queue, self._machines, self._times = env, queue, machines, times
        self._slots, self._busy_percent = slots, busy_percent
        self._pods: list[Pod] = []
        self._last_look = 0.0
        self.gone: list[Pod] = []
        self.killed = 0

    def start_ready(self, pods: int) -> None:
        """Begin with pods that run already, on nodes that run already."""
        self.scale(pods)
        for node in self._machines.nodes:
            node.ready_at = self._env.now
        for pod in self._pods:
            if pod.slots:
                self._become_ready(pod)

    def scale(self, replicas: int) -> None:
        """Create pods, or tell some to stop: as a ReplicaSet, which knows nothing of jobs."""
        now, current = self._env.now, self._serving()
        for _ in range(replicas - len(current)):
            self._pods.append(Pod(created_at=now))
        # Those not ready go first, then the newest (Kubernetes, "ReplicaSet", "Scaling").
        ranked = sorted(current, key=lambda pod: (pod.ready_at is not None, -pod.created_at))
        for pod in ranked[: max(0, len(current) - replicas)]:
            self._stop(pod)
        self.place()

    def place(self) -> None:
        """Give every pod that has no node one, where there is or can be one."""
        pending = [pod for pod in self._serving() if not pod.slots]
        nodes = self._machines.place(self._env.now, len(pending))
        for pod, node in zip(pending, nodes, strict=False):
            pod.node, pod.placed_at = node, self._env.now
            pod.slots = [self._env.process(self._start(pod))]

    def observe(self) -> Observation:
        """What the autoscaler sees, with the CPU since it last looked."""
        now = self._env.now
        pods = [PodCpu(cpu_percent=self._cpu_percent(pod, now)) for pod in self._serving()]
        self._last_look = now
        return Observation(waiting=self._queue.waiting, active=self._queue.active, pods=pods)

    @property
    def replicas(self) -> int:
        """Pods that were not told to stop, ready or not."""
        return len(self._serving())

    @property
    def ready(self) -> int:
        """Pods that take jobs."""
        return sum(pod.ready_at is not None for pod in self._serving())

    @property
    def all_pods(self) -> list[Pod]:
        """Every pod there ever was."""
        return [*self.gone, *self._pods]

    def _serving(self) -> list[Pod]:
        return [pod for pod in self._pods if not pod.stopping]

    def _start(self, pod: Pod) -> Steps:
        wait_for_node = max(0.0, pod.node.ready_at - self._env.now) if pod.node else 0.0
        yield self._env.timeout(wait_for_node + self._times.start_seconds)
        if pod.ready_at is None and not pod.stopping:
            self._become_ready(pod)

    def _become_ready(self, pod: Pod) -> None:
        pod.ready_at = pod.last_change = self._env.now
        pod.slots = [self._env.process(self._work(pod, slot)) for slot in range(self._slots)]

    def _work(self, pod: Pod, slot: int) -> Steps:
        while not pod.stopping:
            job = yield self._queue.take(pod, slot)
            if not isinstance(job, Job):
                return
            try:
                yield self._env.timeout(job.seconds)
                self._queue.finish(job)
            except simpy.Interrupt:
                self.killed += 1
                self._queue.put_back(job)
            pod.end(self._env.now, slot)
        self._leave_when_done(pod)

    def _stop(self, pod: Pod) -> None:
        pod.stopping = True
        self._queue.dismiss(pod)
        if pod.ready_at is not None:
            self._env.process(self._kill_after_grace(pod))
        self._leave_when_done(pod)

    def _kill_after_grace(self, pod: Pod) -> Steps:
        yield self._env.timeout(self._times.grace_seconds)
        for slot in pod.running:
            pod.slots[slot].interrupt()

    def _leave_when_done(self, pod: Pod) -> None:
        if pod.running or pod.gone_at is not None:
            return
        pod.gone_at = self._env.now
        self._pods.remove(pod)
        self.gone.append(pod)
        if pod.node is not None:
            self._machines.leave(self._env.now, pod.node)

    def _cpu_percent(self, pod: Pod, now: float) -> float | None:
        """None until the pod was ready for a whole look: its first sample would mislead."""
        if pod.ready_at is None:
            return None
        pod.account(now)
        busy, pod.busy_until_last_look = (
            pod.busy_seconds - pod.busy_until_last_look,
            pod.busy_seconds,
        )
        if pod.ready_at > self._last_look or now <= self._last_look:
            return None
        return busy / (now - self._last_look) * self._busy_percent
