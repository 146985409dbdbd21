"""What the arithmetic of `rf simulate` would have workers be, for tasks and CPU that stay."""

from __future__ import annotations

from collections.abc import Mapping

from rf.shared.cluster.objects import Document
from rf.shared.plan import RecordedPlan
from rf.simulate.behavior import Behavior, ReplicaControl
from rf.simulate.configured import configured_workers
from rf.simulate.formula import Formula
from rf.simulate.run import Scaling
from rf.simulate.signals import CpuSignal, Observation, PodCpu, QueueSignal, Signal, SignalReading

_LATER = 10_000.0
"""Seconds between two looks: no window and no period reaches back so far."""


def simulated(
    plan: RecordedPlan,
    *,
    waiting: Mapping[str, int],
    running: Mapping[str, int],
    cpu_percent: float,
    replicas: int,
) -> int:
    """Where the plan's simulated autoscaler comes to rest, from `replicas` ready workers on."""
    return at_rest(
        configured_workers(plan).scaling,
        waiting=waiting,
        running=running,
        cpu_percent=cpu_percent,
        replicas=replicas,
    )


def at_rest(
    scaling: Scaling,
    *,
    waiting: Mapping[str, int],
    running: Mapping[str, int],
    cpu_percent: float,
    replicas: int,
) -> int:
    """Where this one does."""
    control = ReplicaControl(scaling.behavior, scaling.least, scaling.most)
    now = 0.0
    while True:
        pods = [PodCpu(cpu_percent=cpu_percent)] * replicas
        seen = Observation(waiting=waiting, active=running, pods=pods)
        wanted = max(signal.wanted(seen) for signal in scaling.signals)
        decided = control.decide(now, replicas, wanted)
        # The first look only remembers what there is.
        if decided == replicas and now:
            return replicas
        replicas, now = decided, now + _LATER


def scaling_by_tasks(scaled: Document) -> Scaling:
    """Of a ScaledObject whose triggers are CPU and Temporal's, which `rf simulate` has no jobs for:
    the same signals, on the tasks that wait in its task queue."""
    spec = scaled["spec"]
    signals: list[Signal] = []
    for trigger in spec["triggers"]:
        metadata = trigger["metadata"]
        if trigger["type"] == "cpu":
            signals.append(CpuSignal(target_percent=float(metadata["value"])))
            continue
        tasks = SignalReading(
            name=trigger["name"], queue=metadata["taskQueue"], waiting=True, active=False
        )
        target = float(metadata["targetQueueSize"])
        signals.append(QueueSignal(readings=(tasks,), formula=Formula(tasks.name), target=target))
    return Scaling(
        least=spec["minReplicaCount"],
        most=spec["maxReplicaCount"],
        behavior=Behavior.of(spec["advanced"]["horizontalPodAutoscalerConfig"]["behavior"]),
        signals=tuple(signals),
    )
