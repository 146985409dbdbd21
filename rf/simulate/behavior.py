"""What a HorizontalPodAutoscaler does with a wanted number of pods: windows, then rates.

Follows the controller's source (kubernetes/kubernetes, pkg/controller/podautoscaler/horizontal.go:
`stabilizeRecommendationWithBehaviors`, `convertDesiredReplicasWithBehaviorRate`).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Policy:
    """At most `value` pods, or percent of the pods, in any `period_seconds`."""

    kind: str
    value: int
    period_seconds: int


@dataclass(frozen=True, kw_only=True)
class Direction:
    """Up or down: how far it looks back, and its policies; `select` is Max, Min or Disabled."""

    stabilization_seconds: int
    policies: tuple[Policy, ...]
    select: str = "Max"


@dataclass(frozen=True, kw_only=True)
class Behavior:
    """Both directions of an autoscaler."""

    up: Direction
    down: Direction

    @classmethod
    def of(cls, recorded: Mapping[str, Any] | None) -> Behavior:
        """From `behavior` of an autoscaling/v2 object; what it leaves out is Kubernetes' default.

        Defaults: kubernetes/kubernetes, pkg/apis/autoscaling/v2/defaults.go.
        """
        recorded = recorded or {}
        pods = Policy(kind="Pods", value=4, period_seconds=15)
        percent = Policy(kind="Percent", value=100, period_seconds=15)
        return cls(
            up=_direction(recorded.get("scaleUp"), stabilization=0, policies=(pods, percent)),
            down=_direction(recorded.get("scaleDown"), stabilization=300, policies=(percent,)),
        )


def _direction(
    recorded: Mapping[str, Any] | None, *, stabilization: int, policies: tuple[Policy, ...]
) -> Direction:
    recorded = recorded or {}
    named = tuple(
        Policy(kind=each["type"], value=each["value"], period_seconds=each["periodSeconds"])
        for each in recorded.get("policies") or ()
    )
    return Direction(
        stabilization_seconds=recorded.get("stabilizationWindowSeconds", stabilization),
        policies=named or policies,
        select=recorded.get("selectPolicy") or "Max",
    )


@dataclass
class ReplicaControl:
    """The memory of one autoscaler: what it wanted lately, and what it changed lately.

    Times are seconds of any clock that only goes forward. `now` of `decide` never goes back.
    """

    behavior: Behavior
    min_replicas: int
    max_replicas: int
    _wanted: list[tuple[float, int]] = field(default_factory=list)
    _added: list[tuple[float, int]] = field(default_factory=list)
    _removed: list[tuple[float, int]] = field(default_factory=list)

    def decide(self, now: float, current: int, wanted: int) -> int:
        """How many pods there shall be, of `current` now and `wanted` by the metrics."""
        if not self._wanted:
            # The controller's first recommendation is what it finds.
            self._wanted.append((now, current))
        replicas = self._limited(now, current, self._stabilized(now, current, wanted))
        if replicas > current:
            self._added.append((now, replicas - current))
        elif replicas < current:
            self._removed.append((now, current - replicas))
        self._forget(now)
        return replicas

    def _stabilized(self, now: float, current: int, wanted: int) -> int:
        """The step that all recommendations within the direction's window agree on."""
        up, down = self.behavior.up, self.behavior.down
        least = min([wanted, *_within(self._wanted, now, up.stabilization_seconds)])
        most = max([wanted, *_within(self._wanted, now, down.stabilization_seconds)])
        self._wanted.append((now, wanted))
        return min(max(current, least), most)

    def _limited(self, now: float, current: int, wanted: int) -> int:
        """The step that policies and bounds allow; bounds hold before policies do."""
        if current > self.max_replicas:
            return self.max_replicas
        if current < self.min_replicas:
            return self.min_replicas
        if wanted > current:
            limit = self._limit(now, current, self.behavior.up, up=True)
            return min(wanted, self.max_replicas, max(limit, current))
        if wanted < current:
            limit = self._limit(now, current, self.behavior.down, up=False)
            return max(wanted, self.min_replicas, min(limit, current))
        return current

    def _limit(self, now: float, current: int, direction: Direction, *, up: bool) -> int:
        if direction.select == "Disabled":
            return current
        limits: list[int] = []
        for policy in direction.policies:
            added = sum(_within(self._added, now, policy.period_seconds))
            removed = sum(_within(self._removed, now, policy.period_seconds))
            limits.append(_reach(policy, current - added + removed, up=up))
        farthest: Callable[[Iterable[int]], int] = max if up else min
        nearest: Callable[[Iterable[int]], int] = min if up else max
        return (nearest if direction.select == "Min" else farthest)(limits)

    def _forget(self, now: float) -> None:
        directions = (self.behavior.up, self.behavior.down)
        window = max(each.stabilization_seconds for each in directions)
        period = max(policy.period_seconds for each in directions for policy in each.policies)
        self._wanted = [each for each in self._wanted if each[0] > now - window] or [
            self._wanted[-1]
        ]
        self._added = [each for each in self._added if each[0] > now - period]
        self._removed = [each for each in self._removed if each[0] > now - period]


def _within(events: Iterable[tuple[float, int]], now: float, seconds: float) -> list[int]:
    return [number for at, number in events if at > now - seconds]


def _reach(policy: Policy, start: int, *, up: bool) -> int:
    """The farthest that one policy lets the pods come from `start`, where its period began."""
    if policy.kind == "Pods":
        return start + policy.value if up else start - policy.value
    if up:
        return math.ceil(start * (1 + policy.value / 100))
    return int(start * (1 - policy.value / 100))
