"""Plays a runbook: its steps in their order, until one fails; what was done is not done again."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path

from rf.drill.progress import DoneStep, Progress
from rf.drill.steps import DrillStep, StepFailedError, W, require

Tell = Callable[[str], None]


def play(
    runbook: Sequence[DrillStep[W]],
    world: W,
    progress: Progress,
    path: Path,
    *,
    fail_at: str | None = None,
    tell: Tell = lambda _: None,
) -> Progress:
    """Do each step that is not done yet, verify it, and write that down in `path` at once.

    The first step that fails ends it: `progress.failed` names it, `progress.reason` says why.
    `fail_at` is a step that fails on purpose, before it acts, to practise exactly that.
    """
    progress.failed = progress.reason = None
    for step in runbook:
        if progress.is_done(step.name):
            continue
        tell(step.title)
        try:
            require(step.name != fail_at, "it was told to fail (--fail-at)")
            began = time.monotonic()
            step.action(world)
            seen = list(step.verify(world))
        except StepFailedError as error:
            progress.failed, progress.reason = step.name, str(error)
            progress.save(path)
            return progress
        seconds = round(time.monotonic() - began, 3)
        progress.done.append(DoneStep(name=step.name, seconds=seconds, seen=seen))
        progress.save(path)
    return progress
