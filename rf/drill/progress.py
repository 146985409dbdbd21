"""Plays a runbook, and keeps how far it has come in a file, so that it can be resumed."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from pydantic import ConfigDict, TypeAdapter, ValidationError

from rf.drill.steps import DrillStep, Lost, StepFailedError, Tell, W, require
from rf.shared.errors import InputError
from rf.shared.files import replaced

FORMAT = 1
"""Of the file; raised when a reader of the old form would misread the new one."""


class NoProgressError(InputError):
    """There is no drill to resume, or not this one. Says what to do instead."""


@dataclass(frozen=True, kw_only=True)
class DoneStep:
    """A step that was done and verified: what was seen, and how long it took in the sandbox."""

    name: str
    seconds: float
    seen: list[str]


@dataclass(kw_only=True)
class Progress:
    """A drill that has begun. `steps` names all of its runbook, `done` those behind it.

    `failed` and `reason` say where it stopped. `endpoint`, `pid` and `log` are the sandbox's
    server, which outlives a drill that stopped; `zones` the zones that other stacks have there.
    `chosen` is what was laid over the stack file.
    """

    __pydantic_config__ = ConfigDict(extra="forbid", strict=True)

    stack: str
    lost: str
    chosen: list[str]
    steps: list[str]
    done: list[DoneStep] = field(default_factory=list)
    failed: str | None = None
    reason: str | None = None
    endpoint: str = ""
    pid: int = 0
    log: str = ""
    zones: dict[str, str] = field(default_factory=dict)

    def is_done(self, name: str) -> bool:
        """Whether that step is behind us."""
        return any(step.name == name for step in self.done)

    def save(self, path: Path) -> None:
        """Write it, whole or not at all: a drill may be cut off at any moment."""
        path.parent.mkdir(parents=True, exist_ok=True)
        document: dict[str, Any] = {"format": FORMAT, **asdict(self)}
        with replaced(path) as file:
            file.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")


def load_progress(path: Path, stack: str, lost: Lost, chosen: list[str]) -> Progress:
    """The drill that stopped. Raises NoProgressError where there is none, or another one."""
    if not path.exists():
        raise NoProgressError(f"nothing to resume: there is no {path}; start without --resume")
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        if document.pop("format", None) != FORMAT:
            raise NoProgressError(f"{path} is of another version; start without --resume")
        progress = TypeAdapter(Progress).validate_json(json.dumps(document))
    except (ValueError, AttributeError, TypeError, ValidationError) as error:
        raise NoProgressError(f"{path} can't be read ({error}); start without --resume") from error
    wanted = (stack, str(lost), chosen)
    if (progress.stack, progress.lost, progress.chosen) != wanted:
        began = f"--stack {progress.stack} --lose {progress.lost}"
        options = "".join(f" {option}" for option in progress.chosen)
        raise NoProgressError(f"{path} is of a drill with {began}{options}; resume that one")
    return progress


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
