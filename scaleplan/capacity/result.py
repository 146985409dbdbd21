"""The checks' names, and what one comes to: its terms, each with its working, some with a limit."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from math import isfinite
from typing import Any


class CheckName(StrEnum):
    """As reports print them and `allowCapacityRisk` lists them, in the order of the reports."""

    USERS = "users"
    REQUESTS = "requests"
    SOCKETS = "sockets"
    QUEUE = "queue"
    QUEUE_MEMORY = "queue-memory"
    CACHE_MEMORY = "cache-memory"
    CONNECTIONS = "connections"
    DATABASE_MEMORY = "database-memory"
    DATABASE_STORAGE = "database-storage"
    DATABASE_IO = "database-io"
    NODES = "nodes"
    ADDRESSES = "addresses"
    EDGE = "edge"
    FAILOVER = "failover"


class Loss(StrEnum):
    """What may fail: a zone, the database's primary, a read replica, a PgBouncer pod."""

    AZ = "az"
    PRIMARY = "primary"
    REPLICA = "replica"
    POOLER = "pooler"


ROUNDING = 1e-9
"""Share by which a value may exceed its limit before it counts: what floating point loses."""


@dataclass(frozen=True, kw_only=True)
class CapacityTerm:
    """One line: what is counted, how, and how much of its `limit` it takes.

    `working` has the numbers in it, so that the value can be checked by hand; `limit_working` says
    the same of the limit. A term without a limit leads to a later one. A limit that `follows` is
    set by the program from what it must hold, so that a small margin is no warning.
    """

    name: str
    working: str
    value: float
    unit: str
    limit: float | None = None
    limit_working: str = ""
    follows: bool = False

    @property
    def margin(self) -> float | None:
        """What is left of the limit, in the term's unit; negative where it is exceeded."""
        return None if self.limit is None else self.limit - self.value

    @property
    def headroom(self) -> float | None:
        """The margin as a share of the limit; minus infinity over a limit of nothing."""
        margin = self.margin
        if margin is None or self.limit is None:
            return None
        if self.limit <= 0:
            return 0.0 if self.passes else float("-inf")
        return margin / self.limit

    @property
    def passes(self) -> bool:
        """Whether the value keeps its limit, where it has one."""
        return self.limit is None or self.value <= self.limit + abs(self.limit) * ROUNDING

    def to_json(self) -> dict[str, Any]:
        """All of it; an infinite number, which JSON has none of, is null."""
        return {
            "name": self.name,
            "working": self.working,
            "value": _finite(self.value),
            "unit": self.unit,
            "limit": _finite(self.limit),
            "limitWorking": self.limit_working,
            "margin": _finite(self.margin),
            "passes": self.passes,
        }


@dataclass(frozen=True, kw_only=True)
class CheckResult:
    """A check's terms in the order of the calculation, and the assumptions that decided it."""

    name: CheckName
    terms: tuple[CapacityTerm, ...]
    assumptions: tuple[str, ...] = ()

    @property
    def passes(self) -> bool:
        """Whether every term keeps its limit."""
        return all(term.passes for term in self.terms)

    @property
    def fault(self) -> CapacityTerm | None:
        """The first term beyond its limit."""
        return next((term for term in self.terms if not term.passes), None)

    @property
    def tightest(self) -> CapacityTerm | None:
        """The term with the least headroom; None where nothing has a limit."""
        limited = [
            term
            for term in self.terms
            if term.headroom is not None and not (term.follows and term.passes)
        ]
        return min(limited, key=lambda term: term.headroom or 0.0, default=None)

    def term(self, name: str) -> CapacityTerm:
        """The term of that name. Raises KeyError where the check has none."""
        return {term.name: term for term in self.terms}[name]

    def to_json(self) -> dict[str, Any]:
        """Verdict, terms and the names of the assumptions."""
        return {
            "name": str(self.name),
            "passes": self.passes,
            "terms": [term.to_json() for term in self.terms],
            "assumptions": list(self.assumptions),
        }


def number(value: float) -> str:
    """A number for people: thousands apart, no more digits than mean something."""
    if not isfinite(value):
        return "no end"
    if value and abs(value) < 1:
        return f"{value:.2g}"
    whole = abs(value) >= 1000 or float(value).is_integer()
    return f"{value:,.0f}" if whole else f"{value:,.4g}"


def _finite(value: float | None) -> float | None:
    return None if value is None or not isfinite(value) else round(value, 6)
