"""One row of the preflight: what the plan needs, what the account has, and what to do about it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from rf.shared.account.unreadable import UnreadableError
from rf.shared.cards.naming import Answer

OTHER_CLASS = "choose another class in the stack file, or other zones for a new stack"


class RowStatus(StrEnum):
    """`unknown` is what could not be read; it is never a pass."""

    PASS = "pass"  # noqa: S105 - a status, no password
    FAIL = "fail"
    UNKNOWN = "unknown"


@dataclass(frozen=True, kw_only=True)
class PreflightRow:
    """One answer. `fix` is a command or a sentence; empty only where nothing is to be done."""

    check: str
    subject: str
    status: RowStatus
    needed: str
    found: str
    fix: str = ""

    def to_json(self) -> dict[str, str]:
        """All of it as texts."""
        return {
            "check": self.check,
            "subject": self.subject,
            "verdict": str(self.status),
            "needed": self.needed,
            "found": self.found,
            "fix": self.fix,
        }


def status_of(*, fine: bool) -> RowStatus:
    """Pass or fail of something that was read."""
    return RowStatus.PASS if fine else RowStatus.FAIL


def row_of(
    check: str, subject: str, needed: str, fix: str, question: Callable[[], Answer]
) -> PreflightRow:
    """Pass or fail by the answer; unknown, with the reason, where there was none."""
    try:
        fine, answer = question()
    except UnreadableError as error:
        return PreflightRow(
            check=check,
            subject=subject,
            status=RowStatus.UNKNOWN,
            needed=needed,
            found=f"could not be read: {error}",
            fix=_fix_of(error),
        )
    return PreflightRow(
        check=check,
        subject=subject,
        status=status_of(fine=fine),
        needed=needed,
        found=answer,
        fix="" if fine else fix,
    )


def in_all(wanted: tuple[str, ...], offering: set[str]) -> Answer:
    """Whether what is wanted was found in every zone, and where not."""
    missing = [zone for zone in wanted if zone not in offering]
    return not missing, f"not in {', '.join(missing)}" if missing else "in all of them"


def _fix_of(error: UnreadableError) -> str:
    if "Throttl" in error.code or error.code in ("RequestLimitExceeded", "TooManyRequests"):
        return "run preflight again: AWS throttled it"
    return f"allow this read to preflight's credentials: {str(error).rpartition(':')[0]}"
