"""How the tests look at rows."""

from __future__ import annotations

from collections.abc import Iterable

from rf.preflight.row import PreflightRow


def verdicts(rows: Iterable[PreflightRow]) -> dict[str, str]:
    """The verdict of each row by its subject."""
    return {row.subject: str(row.status) for row in rows}


def only(rows: Iterable[PreflightRow], part: str) -> PreflightRow:
    """The one row whose subject has this in it."""
    (row,) = [row for row in rows if part in row.subject]
    return row
