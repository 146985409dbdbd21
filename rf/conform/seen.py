"""What ends a try before its end: a point that is broken, or one that can't be tried."""

from __future__ import annotations


class BrokenPointError(Exception):
    """The application doesn't honour the point; the text is what was seen."""


class NotTriedError(Exception):
    """The point can't be tried here; the text says why."""


def require(held: object, seen: str) -> None:
    """Raise BrokenPointError with what was seen unless it held."""
    if not held:
        raise BrokenPointError(seen)
