"""What ends a try before its end: a point that is broken, or one that can't be tried."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from rf.shared.servers.processes import wait_until


class BrokenPointError(Exception):
    """The application doesn't honour the point; the text is what was seen."""


class NotTriedError(Exception):
    """The point can't be tried here; the text says why."""


def require(held: object, seen: str) -> None:
    """Raise BrokenPointError with what was seen unless it held."""
    if not held:
        raise BrokenPointError(seen)


def in_time(
    condition: Callable[[], Any], seconds: float, seen: str, interval_seconds: float = 0.02
) -> Any:
    """The condition's first true value. Raises BrokenPointError with what was seen where there is
    none in time."""
    try:
        return wait_until(condition, seen, seconds, interval_seconds)
    except TimeoutError:
        raise BrokenPointError(seen) from None
