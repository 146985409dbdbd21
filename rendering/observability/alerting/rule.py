"""The form of a rule: what is recorded, what is alerted on, and who is told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Protocol

RUNBOOKS = "docs/runbooks"
"""In the repository: each alert has its page, named after it in lower case with hyphens."""


class Severity(StrEnum):
    """How bad: `critical` breaks or is about to break users' work, `warning` will some day."""

    WARNING = "warning"
    CRITICAL = "critical"
    NONE = "none"


class Route(StrEnum):
    """Who is told: somebody is woken, somebody reads it on the next working day, a machine."""

    PAGE = "page"
    TICKET = "ticket"
    NONE = "none"


class Graded(Protocol):
    """A measure's two thresholds."""

    @property
    def warning(self) -> int:
        """Where it warns."""
        ...

    @property
    def critical(self) -> int:
        """Where it is critical."""
        ...


@dataclass(frozen=True, kw_only=True)
class Recording:
    """A metric that others are built on; `labels` are added to what the expression leaves."""

    record: str
    expr: str
    labels: Mapping[str, str] = field(default_factory=dict)

    def as_rule(self) -> dict[str, Any]:
        """The rule as Prometheus reads it."""
        return {
            "record": self.record,
            "expr": self.expr,
            **({"labels": dict(self.labels)} if self.labels else {}),
        }


@dataclass(frozen=True, kw_only=True)
class Alert:
    """One alert at one severity. `because` says why it holds for `minutes` before it is sent.

    `action` begins with the plan's word for it where the plan has one.
    """

    name: str
    expr: str
    severity: Severity
    route: Route
    minutes: int
    because: str
    summary: str
    action: str
    labels: Mapping[str, str] = field(default_factory=dict)

    @property
    def runbook(self) -> str:
        """File name of its page."""
        words = "".join(f"-{c.lower()}" if c.isupper() else c for c in self.name)
        return f"{words.lstrip('-')}.md"

    def as_rule(self, runbooks: str) -> dict[str, Any]:
        """The rule as Prometheus reads it; `runbooks` is where its page is."""
        return {
            "alert": self.name,
            "expr": self.expr,
            **({"for": f"{self.minutes}m"} if self.minutes else {}),
            "labels": {"severity": str(self.severity), "route": str(self.route), **self.labels},
            "annotations": {
                "summary": self.summary,
                "action": self.action,
                "for_reason": self.because,
                "runbook_url": f"{runbooks}/{self.runbook}",
            },
        }


def graded(
    name: str,
    measure: str,
    thresholds: Graded,
    *,
    minutes: tuple[int, int],
    because: str,
    summary: str,
    action: str,
    routes: tuple[Route, Route] = (Route.TICKET, Route.PAGE),
    labels: Mapping[str, str] | None = None,
    below: bool = False,
) -> tuple[Alert, Alert]:
    """Warning and critical of one measure, above its thresholds or `below` them.

    `minutes` and `routes` are of the warning and of the critical one.
    """
    sign = "<" if below else ">"
    pairs = (
        (Severity.WARNING, thresholds.warning, minutes[0], routes[0]),
        (Severity.CRITICAL, thresholds.critical, minutes[1], routes[1]),
    )
    first, second = (
        Alert(
            name=name,
            expr=f"{measure} {sign} {threshold}",
            severity=severity,
            route=route,
            minutes=hold,
            because=because,
            summary=summary,
            action=action,
            labels=labels or {},
        )
        for severity, threshold, hold, route in pairs
    )
    return first, second


def matching(**labels: str) -> str:
    """A selector's labels: a value with regular-expression signs is matched as one."""
    return ",".join(
        f'{name}{"=~" if _is_pattern(value) else "="}"{value}"' for name, value in labels.items()
    )


def _is_pattern(value: str) -> bool:
    return any(sign in value for sign in "|*+()[].")
