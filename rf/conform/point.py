"""A point of the contract, and what came of trying it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from rf.conform.trial import Trial
from scaleplan.applications.workloads import (
    COLLABORATION,
    ORCHESTRATOR,
    WEB,
    WORKER,
    WORKFLOW_WORKER,
)

SERVED = (ORCHESTRATOR, COLLABORATION, WEB)
CONNECTED = (ORCHESTRATOR, WORKER, COLLABORATION)
ALL = (*CONNECTED, WEB, WORKFLOW_WORKER)
"""The four images; the orchestrator's runs as two."""


class Outcome(StrEnum):
    """What came of a point."""

    PASSED = "passed"
    FAILED = "failed"
    NOT_APPLICABLE = "not applicable"
    NOT_TRIED = "not tried"


@dataclass(frozen=True, kw_only=True)
class Explanation:
    """How a point is honoured: a sentence or two, and a few lines of code for each language."""

    text: str
    node: str
    python: str


@dataclass(frozen=True, kw_only=True)
class ContractPoint:
    """One point. `applications` must honour it; `needs` are the samples that trying it takes.

    `attempt` raises BrokenPointError with what was seen, or NotTriedError; it returns where the
    point holds. `early` is begun before all other points: what only time can show. `variables` are
    those of the contract that the attempt holds the application to. `temporal` is whether trying
    it takes Temporal's server.
    """

    id: str
    title: str
    applications: tuple[str, ...]
    attempt: Callable[[Trial], None]
    explanation: Explanation
    needs: tuple[str, ...] = ()
    variables: tuple[str, ...] = ()
    early: Callable[[Trial], None] | None = None
    temporal: bool = False


@dataclass(frozen=True, kw_only=True)
class PointVerdict:
    """What came of one point: `seen` says what broke it, or why it was not tried."""

    point: ContractPoint
    outcome: Outcome
    seen: str = ""
    seconds: float = 0.0
