"""How an action of the plan becomes config: candidates in the order in which the plan prefers them.

The decision matrix says what goes up before it goes out, and its cells are read here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from scaleplan.advice.reading import MetricReading
from scaleplan.model import Plan
from scaleplan.settings import Settings
from scaleplan.tables import Decision


class AdviceDirection(StrEnum):
    """Up: the same parts, larger. Out: more of them."""

    VERTICAL = "vertical"
    HORIZONTAL = "horizontal"


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """One way to take an action: new values by config key, in the order in which they are laid."""

    direction: AdviceDirection
    values: Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Situation:
    """What a change is made for: the stack, and how far a measure is beyond its limit."""

    plan: Plan
    settings: Settings
    reading: MetricReading
    limit: float

    @property
    def excess(self) -> float:
        """How many times the limit is used: now, or where the trend leads; 1 at least."""
        ahead = self.reading.projected or 0.0
        return max(1.0, self.reading.value / self.limit, ahead / self.limit)


Candidates = Callable[[Situation], Sequence[Candidate]]


def upwards(key: str, *values: Any) -> list[Candidate]:
    """One candidate a value, each a vertical step."""
    return [Candidate(direction=AdviceDirection.VERTICAL, values={key: value}) for value in values]


def outwards(key: str, *values: Any) -> list[Candidate]:
    """One candidate a value, each a horizontal step."""
    return [
        Candidate(direction=AdviceDirection.HORIZONTAL, values={key: value}) for value in values
    ]


def decision_of(plan: Plan, component: str) -> Decision:
    """The matrix's row. Raises KeyError where it has none of that component."""
    return {each.component: each for each in plan.decision_matrix}[component]


def by_matrix(
    decision: Decision, *, up: Sequence[Candidate], out: Sequence[Candidate]
) -> list[Candidate]:
    """First what the row puts first; the other way only where a cell of the row names it."""
    vertical = decision.vertical_first.startswith("Yes")
    if decision.horizontal_first.startswith("Yes"):
        return [*out, *(up if vertical else ())]
    beyond = decision.hybrid != "N/A"
    return [*(up if vertical else ()), *(out if beyond else ())]
