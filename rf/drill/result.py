"""What a drill came to: the timeline, what it measured, and whether the targets hold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from rf.drill.dependence import Dependence
from rf.drill.losses import DataLoss
from rf.drill.progress import DoneStep, Progress
from rf.drill.steps import DrillStep, Who
from scaleplan.settings import Settings

FORMAT = 1
"""Version of the JSON form; raised when a reader of the old form would misread the new one."""


@dataclass(frozen=True, kw_only=True)
class DrillRow:
    """A step on the timeline. `starts` is its estimated start, seconds after the loss."""

    step: DrillStep[Any]
    starts: float
    done: DoneStep | None


@dataclass(frozen=True, kw_only=True)
class DrillMiss:
    """A target that is not held, all in seconds."""

    what: str
    seconds: float
    target: float


@dataclass(frozen=True, kw_only=True)
class DrillResult:
    """A drill that was played, to its end or to the step where it stopped.

    `measured` are steps with real servers on this machine, `needs` what points at the lost region.
    """

    settings: Settings
    progress: Progress
    runbook: Sequence[DrillStep[Any]]
    losses: Sequence[DataLoss]
    measured: Sequence[tuple[DrillStep[Any], DoneStep]] = ()
    measured_with: str = ""
    failed_measurement: str | None = None
    needs: Sequence[Dependence] = ()
    notes: Sequence[str] = field(default_factory=tuple)
    kept: Mapping[str, Any] | None = None

    @property
    def rows(self) -> list[DrillRow]:
        """The steps with their estimated starts; one alongside starts with the one before."""
        done = {step.name: step for step in self.progress.done}
        rows: list[DrillRow] = []
        starts = ends = 0.0
        for step in self.runbook:
            if not step.alongside:
                starts = ends
            rows.append(DrillRow(step=step, starts=starts, done=done.get(step.name)))
            ends = max(ends, starts + step.duration.seconds)
        return rows

    @property
    def rto_seconds(self) -> float:
        """The estimated end of the last step that counts."""
        ends = (row.starts + row.step.duration.seconds for row in self.rows if row.step.within_rto)
        return max(ends, default=0.0)

    @property
    def by_people(self) -> int:
        """How many steps need a person."""
        return sum(step.who is Who.PERSON for step in self.runbook)

    @property
    def misses(self) -> list[DrillMiss]:
        """What is over the stack's own targets."""
        recovery = self.settings.disaster_recovery
        rpo, rto = recovery.rpo_minutes * 60.0, recovery.rto_minutes * 60.0
        misses = [
            DrillMiss(what=f"RPO of {loss.key}", seconds=loss.rpo_seconds, target=rpo)
            for loss in self.losses
            if loss.counts and loss.rpo_seconds is not None and loss.rpo_seconds > rpo
        ]
        if self.rto_seconds > rto:
            misses.append(DrillMiss(what="RTO", seconds=self.rto_seconds, target=rto))
        return misses

    @property
    def passes(self) -> bool:
        """Whether it went through, within its targets and without the lost region."""
        stopped = self.progress.failed or self.failed_measurement
        return not (stopped or self.misses or any(not need.allowed for need in self.needs))

    def to_json(self) -> dict[str, Any]:
        """The machine form, as `drill --json` prints it; holds no secret."""
        recovery = self.settings.disaster_recovery
        return {
            "format": FORMAT,
            "stack": self.progress.stack,
            "lost": self.progress.lost,
            "ok": self.passes,
            "stoppedAt": self.progress.failed,
            "reason": self.progress.reason,
            "steps": [_row(row) for row in self.rows],
            "stepsByPeople": self.by_people,
            "rto": {
                "estimatedSeconds": self.rto_seconds,
                "targetSeconds": recovery.rto_minutes * 60,
                "basis": "estimate",
            },
            "rpo": [
                {
                    "data": loss.key,
                    "seconds": loss.rpo_seconds,
                    "targetSeconds": recovery.rpo_minutes * 60 if loss.counts else None,
                    "lost": loss.lost,
                    "source": loss.source,
                }
                for loss in self.losses
            ],
            "misses": [vars(miss) for miss in self.misses],
            "measured": {
                "with": self.measured_with,
                "failed": self.failed_measurement,
                "steps": [{"title": step.title, **asdict(done)} for step, done in self.measured],
            },
            "lostRegion": [vars(need) for need in self.needs],
            "notes": list(self.notes),
            "server": self.kept,
        }


def _row(row: DrillRow) -> dict[str, Any]:
    step, done = row.step, row.done
    return {
        "name": step.name,
        "title": step.title,
        "who": step.who,
        "command": step.command,
        "startsSeconds": row.starts,
        "seconds": step.duration.seconds,
        "basis": step.duration.basis,
        "source": step.duration.source,
        "alongside": step.alongside,
        "withinRto": step.within_rto,
        "done": done is not None,
        "seen": done.seen if done else [],
        "sandboxSeconds": done.seconds if done else None,
    }
