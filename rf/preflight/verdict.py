"""One row of the preflight: what the plan needs, what the account has, and what to do about it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Verdict(StrEnum):
    """`unknown` is what could not be read; it is never a pass."""

    PASS = "pass"  # noqa: S105 - a verdict, no password
    FAIL = "fail"
    UNKNOWN = "unknown"


@dataclass(frozen=True, kw_only=True)
class Row:
    """One answer. `fix` is a command or a sentence; empty only where nothing is to be done."""

    check: str
    subject: str
    verdict: Verdict
    needed: str
    found: str
    fix: str = ""

    def to_json(self) -> dict[str, str]:
        """All of it as texts."""
        return {
            "check": self.check,
            "subject": self.subject,
            "verdict": str(self.verdict),
            "needed": self.needed,
            "found": self.found,
            "fix": self.fix,
        }


def verdict_of(*, fine: bool) -> Verdict:
    """Pass or fail of something that was read."""
    return Verdict.PASS if fine else Verdict.FAIL
