"""What a rehearsal came to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rf.rehearse.beside import ChangeBeside
from rf.shared.engine.runs import EngineRun

FORMAT = 1

NOT_PROVEN = (
    "no pod runs, and nothing is waited for: objects are accepted by the API server, not ready",
    "no chart is pulled: a Helm release stands in the engine's state alone",
    "what the embedded AWS lacks is checked against AWS's own model, and stands in the state alone",
    "no account's limits, delays, permissions or existing resources apply",
)
"""What a rehearsal can't show, stated with every one."""


@dataclass(frozen=True, kw_only=True)
class RehearsedRun:
    """A run of the engine in the rehearsal: what it was for, and whether it had to be empty or had
    to fail. `beside` are the changes of a growth step's preview beside those of `rf grow`."""

    title: str
    run: EngineRun
    must_be_empty: bool = False
    must_fail: bool = False
    beside: tuple[ChangeBeside, ...] = ()

    @property
    def fine(self) -> bool:
        """Whether it did as it had to."""
        if self.must_fail:
            return bool(self.run.failure)
        if self.must_be_empty:
            return self.run.empty
        return not self.run.failure and not self.disagreements

    @property
    def disagreements(self) -> tuple[ChangeBeside, ...]:
        """Changes of which the engine and `rf grow` do not say the same."""
        return tuple(each for each in self.beside if not each.agrees)

    def to_json(self) -> dict[str, Any]:
        """Counts, changes and the failure."""
        return {
            "title": self.title,
            "run": self.run.kind,
            "ok": self.fine,
            "counts": dict(sorted(self.run.counts.items())),
            "changes": [step.to_json() for step in self.run.changes],
            "failure": self.run.failure,
            "failed": list(self.run.failed),
            "besideGrow": [each.to_json() for each in self.beside],
            "violations": [each.to_json() for each in self.run.violations],
        }


@dataclass(frozen=True, kw_only=True)
class RehearsalResult:
    """All runs, in their order, with the engine that made them."""

    stack: str
    engine: str
    runs: tuple[RehearsedRun, ...]

    @property
    def fine(self) -> bool:
        """Whether each did as it had to."""
        return all(each.fine for each in self.runs)

    def to_json(self) -> Mapping[str, Any]:
        """The machine form; holds no secret."""
        return {
            "format": FORMAT,
            "stack": self.stack,
            "engine": self.engine,
            "ok": self.fine,
            "runs": [each.to_json() for each in self.runs],
            "notProven": list(NOT_PROVEN),
        }
