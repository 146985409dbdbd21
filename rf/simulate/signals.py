"""What asks for workers: each metric of an autoscaler, and the number of pods it wants.

Follows the controller's source (kubernetes/kubernetes, pkg/controller/podautoscaler/
replica_calculator.go: `GetExternalPerPodMetricReplicas`, `GetResourceReplicas`).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from rf.simulate.formula import Formula

TOLERANCE = 0.1
"""A metric this close to its target asks for no change (kube-controller-manager,
`--horizontal-pod-autoscaler-tolerance`; EKS keeps the default)."""

SYNC_SECONDS = 15
"""How often the controller looks (`--horizontal-pod-autoscaler-sync-period`, the default)."""


@dataclass(frozen=True, kw_only=True)
class PodCpu:
    """CPU of one pod over the last look, in percent of its request; None before it is ready."""

    cpu_percent: float | None


@dataclass(frozen=True, kw_only=True)
class Observation:
    """What an autoscaler can see: jobs by queue, and the pods that were not told to stop."""

    waiting: Mapping[str, int]
    active: Mapping[str, int]
    pods: Sequence[PodCpu]


class Signal(Protocol):
    """One metric of an autoscaler."""

    def wanted(self, seen: Observation) -> int:
        """Pods that this metric asks for."""
        ...


@dataclass(frozen=True, kw_only=True)
class SignalReading:
    """What one trigger counts: waiting jobs of a queue, running ones, both or none."""

    name: str
    queue: str | None
    waiting: bool
    active: bool

    def value(self, seen: Observation) -> int:
        """The length it reads; 0 for a key that nobody writes."""
        if self.queue is None:
            return 0
        waiting = seen.waiting.get(self.queue, 0) if self.waiting else 0
        return waiting + (seen.active.get(self.queue, 0) if self.active else 0)


@dataclass(frozen=True, kw_only=True)
class QueueSignal:
    """An external metric of type AverageValue: `formula` over the readings, `target` a pod."""

    readings: tuple[SignalReading, ...]
    formula: Formula
    target: float

    def wanted(self, seen: Observation) -> int:
        """The metric over its target, unless today's pods are within the tolerance of it."""
        usage = self.formula.value({each.name: each.value(seen) for each in self.readings})
        return pods_by_average(usage, self.target, len(seen.pods))


@dataclass(frozen=True, kw_only=True)
class CpuSignal:
    """CPU utilisation, in percent of the request, over the pods that are ready."""

    target_percent: float

    def wanted(self, seen: Observation) -> int:
        """As the controller has it: pods that aren't ready count as idle when it would grow."""
        current = len(seen.pods)
        ready = [pod.cpu_percent for pod in seen.pods if pod.cpu_percent is not None]
        if not ready:
            return current
        ratio = sum(ready) / len(ready) / self.target_percent
        if ratio <= 1 or len(ready) == current:
            if _tolerated(ratio):
                return current
            return math.ceil(ratio * len(ready))
        # Those still starting may be all that is needed.
        ratio = sum(ready) / current / self.target_percent
        return max(current, math.ceil(ratio * current)) if ratio > 1 + TOLERANCE else current


def pods_by_average(usage: float, target: float, current: int) -> int:
    """Pods for which `usage` is `target` a pod; `current` where that is within the tolerance.

    KEDA hands the metric over in thousandths, and the controller divides in these.
    """
    usage = int(usage * 1000) / 1000
    if _tolerated(usage / (target * current)):
        return current
    return math.ceil(usage / target)


def _tolerated(ratio: float) -> bool:
    return 1 - TOLERANCE <= ratio <= 1 + TOLERANCE
