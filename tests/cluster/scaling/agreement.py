"""What `rf simulate` would have the workers be, for jobs and CPU that stay as they are."""

from __future__ import annotations

from collections.abc import Mapping

from rf.shared.plan import RecordedPlan
from rf.simulate.behavior import ReplicaControl
from rf.simulate.configured import configured_workers
from rf.simulate.signals import Observation, PodCpu

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
    """Where the simulated autoscaler comes to rest, from `replicas` ready workers on."""
    scaling = configured_workers(plan).scaling
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
