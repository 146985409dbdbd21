"""What a check of the emulated world came to."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from rf.shared.cards.verification import NOT_SHOWN, Comparison


class ReadBack(StrEnum):
    """Whether a property that was read back is as planned."""

    OK = "ok"
    DIFFERS = "differs"
    NOT_SHOWN = "not shown by the emulator"


@dataclass(frozen=True)
class Check:
    """One property of one thing: what the plan says and what the world says."""

    kind: str
    name: str
    subject: str
    expected: Any
    found: Any
    status: ReadBack

    def to_json(self) -> dict[str, Any]:
        """The check as `up --json` prints it."""
        return {
            "kind": self.kind,
            "name": self.name,
            "property": self.subject,
            "expected": self.expected,
            "found": None if self.status is ReadBack.NOT_SHOWN else self.found,
            "verdict": str(self.status),
        }


def judged(kind: str, name: str, comparison: Comparison) -> Check:
    """The comparison with what reading back came to."""
    subject, expected, actual = comparison
    if actual is NOT_SHOWN:
        status = ReadBack.NOT_SHOWN
    else:
        status = ReadBack.OK if expected == actual else ReadBack.DIFFERS
    return Check(kind, name, subject, expected, actual, status)
