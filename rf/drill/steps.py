"""What a runbook is made of: a step that acts, verifies, and says what its duration is based on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, TypeVar


class Lost(StrEnum):
    """What the drill takes away: a stack's region, the servers that take its writes, a zone."""

    REGION = "region"
    PRIMARY = "primary"
    ZONE = "zone"


class Who(StrEnum):
    """Who starts a step in earnest; the drill itself starts all of them."""

    PERSON = "person"
    AUTOMATIC = "automatic"


class StepBasis(StrEnum):
    """What a duration is based on, so that nobody takes an estimate for a measurement."""

    MEASURED = "measured locally"
    VENDOR = "vendor's estimate"
    SETTING = "setting"
    ASSUMED = "our assumption"


@dataclass(frozen=True, kw_only=True)
class Duration:
    """Seconds that a step takes in earnest. `source` is a URL, or the settings it comes from."""

    seconds: float
    basis: StepBasis
    source: str


class StepFailedError(Exception):
    """A step did not do what it should, or what it did does not verify. Says what was found."""


Tell = Callable[[str], None]
"""Says what is going on, while it is."""

W = TypeVar("W")
"""What the steps act on."""


@dataclass(frozen=True, kw_only=True)
class DrillStep(Generic[W]):
    """One step of a runbook.

    `command` is what a person types in earnest, or what acts by itself. `action` does it to the
    world of the drill; `verify` looks at the outcome and returns a sentence for each thing seen.
    Both raise StepFailedError. In earnest a step `alongside` goes on beside the one before it, so
    the longest of them counts; `within_rto` is false for what follows when users work again.
    """

    name: str
    title: str
    who: Who
    command: str
    action: Callable[[W], None]
    verify: Callable[[W], Sequence[str]]
    duration: Duration
    alongside: bool = False
    within_rto: bool = True


def measured(
    name: str,
    title: str,
    action: Callable[[W], None],
    verify: Callable[[W], Sequence[str]],
) -> DrillStep[W]:
    """A step on real servers, whose time is its measurement.

    This machine does it by itself; it says nothing of the time in AWS.
    """
    return DrillStep(
        name=name,
        title=title,
        who=Who.AUTOMATIC,
        command="the drill itself, on this machine",
        action=action,
        verify=verify,
        duration=Duration(seconds=0, basis=StepBasis.MEASURED, source="this run, on this machine"),
        within_rto=False,
    )


def require(condition: object, what: str) -> None:
    """Raise StepFailedError with this sentence unless the condition holds."""
    if not condition:
        raise StepFailedError(what)
