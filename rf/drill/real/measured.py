"""A step of a drill on real servers: its time is its measurement."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from rf.drill.steps import Basis, DrillStep, Duration, Who

Place = TypeVar("Place")

MEASURED = "this run, on this machine"


def measured(
    name: str,
    title: str,
    action: Callable[[Place], None],
    verify: Callable[[Place], Sequence[str]],
) -> DrillStep[Place]:
    """A step that this machine does by itself. It says nothing of the time in AWS."""
    return DrillStep(
        name=name,
        title=title,
        who=Who.AUTOMATIC,
        command="the drill itself, on this machine",
        action=action,
        verify=verify,
        duration=Duration(seconds=0, basis=Basis.MEASURED, source=MEASURED),
        within_rto=False,
    )
