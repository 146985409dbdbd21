"""One question to the account and its row, whatever comes of it."""

from __future__ import annotations

from collections.abc import Callable

from rf.preflight.account import UnreadableError
from rf.preflight.verdict import Row, Verdict, verdict_of

Answer = tuple[bool, str]
"""Whether it is as needed, and what was found."""


def asked(check: str, subject: str, needed: str, fix: str, question: Callable[[], Answer]) -> Row:
    """Pass or fail by the answer; unknown, with the reason, where there was none."""
    try:
        fine, found = question()
    except UnreadableError as error:
        return Row(
            check=check,
            subject=subject,
            verdict=Verdict.UNKNOWN,
            needed=needed,
            found=f"could not be read: {error}",
            fix=_fix_of(error),
        )
    return Row(
        check=check,
        subject=subject,
        verdict=verdict_of(fine=fine),
        needed=needed,
        found=found,
        fix="" if fine else fix,
    )


OTHER_CLASS = "choose another class in the stack file, or other zones for a new stack"


def in_all(wanted: tuple[str, ...], found: set[str]) -> Answer:
    """Whether what is wanted was found in every zone, and where not."""
    missing = [zone for zone in wanted if zone not in found]
    return not missing, f"not in {', '.join(missing)}" if missing else "in all of them"


def _fix_of(error: UnreadableError) -> str:
    if "Throttl" in error.code or error.code in ("RequestLimitExceeded", "TooManyRequests"):
        return "run preflight again: AWS throttled it"
    return f"allow this read to preflight's credentials: {str(error).rpartition(':')[0]}"
