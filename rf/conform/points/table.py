"""All points, in the order in which they are tried: what disturbs nothing comes first, and what is
read of all that was said comes last."""

from __future__ import annotations

from collections.abc import Iterable

from rf.conform.point import ContractPoint
from rf.conform.points import (
    adding_jobs,
    answers,
    database,
    ending,
    jobs,
    metrics,
    migrations,
    process,
    redis,
    sockets,
    waits,
    workflows,
)
from rf.shared.errors import InputError
from scaleplan.config.mistakes import nearest

_START = ("starts",)
_LAST = ("keep-alive", "socket-ping", "log-json", "log-no-secret", "log-no-patient")

_MODULES = (
    process,
    migrations,
    metrics,
    redis,
    adding_jobs,
    jobs,
    workflows,
    database,
    waits,
    sockets,
    answers,
    ending,
)

_ALL = {point.id: point for module in _MODULES for point in module.POINTS}

POINTS = tuple(
    _ALL[name]
    for name in (*_START, *(each for each in _ALL if each not in (*_START, *_LAST)), *_LAST)
)


class PointInputError(InputError):
    """A point that there is none of."""


def chosen_points(names: Iterable[str]) -> tuple[ContractPoint, ...]:
    """These points in the order in which they are tried; all without a name.

    Raises PointInputError.
    """
    wanted = list(names)
    known = [each.id for each in POINTS]
    for name in wanted:
        if name not in known:
            close = nearest(name, known)
            hint = f"; did you mean {close}?" if close else ""
            raise PointInputError(f"there is no point {name}{hint} (rf conform --list has all)")
    return tuple(each for each in POINTS if not wanted or each.id in wanted)
