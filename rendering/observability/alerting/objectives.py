"""Alerts on the API's objectives: how fast the budget of errors and of slow requests burns."""

from __future__ import annotations

from dataclasses import dataclass

from rendering.observability.alerting.rule import Alert, Route, Severity
from rendering.observability.alerting.subject import Subject


@dataclass(frozen=True, kw_only=True)
class Burn:
    """Burning `factor` times faster than the budget lasts, over both windows."""

    factor: float
    long: str
    short: str
    minutes: int
    severity: Severity
    route: Route


BURNS = (
    Burn(
        factor=14.4,
        long="1h",
        short="5m",
        minutes=2,
        severity=Severity.CRITICAL,
        route=Route.PAGE,
    ),
    Burn(
        factor=6, long="6h", short="30m", minutes=15, severity=Severity.CRITICAL, route=Route.PAGE
    ),
    Burn(
        factor=3, long="1d", short="2h", minutes=60, severity=Severity.WARNING, route=Route.TICKET
    ),
    Burn(
        factor=1, long="3d", short="6h", minutes=180, severity=Severity.WARNING, route=Route.TICKET
    ),
)
"""Of a 30-day budget: 2 % in an hour, 5 % in six, 10 % in a day, 10 % in three days (Google SRE
workbook, "Alerting on SLOs", table of recommended parameters; `for` as in its example)."""

_BECAUSE = "The short window says that it still goes on, the long one that it matters."


def objective_alerts(subject: Subject) -> list[Alert]:
    """Availability and latency of the API, each at four speeds."""
    own = subject.plan.observability
    slow = subject.plan.thresholds.response_latency.warning
    return [
        alert
        for name, ratio, objective, what in (
            (
                "ApiErrorBudgetBurn",
                "orchestrator:errors",
                own.availability_percent,
                "answered with an error",
            ),
            (
                "ApiLatencyBudgetBurn",
                "orchestrator:slow",
                own.latency_percent,
                f"slower than {slow} s",
            ),
        )
        for burn in BURNS
        for alert in [_burning(name, ratio, objective, what, burn)]
    ]


def _burning(name: str, ratio: str, objective: float, what: str, burn: Burn) -> Alert:
    # As a decimal: 0.001 x 14.4 in floating point would print as 0.014399999999999999.
    limit = f"{round(burn.factor * (100 - objective) / 100, 6):g}"
    both = f"{ratio}:ratio_rate{burn.long} > {limit} and {ratio}:ratio_rate{burn.short} > {limit}"
    return Alert(
        name=name,
        expr=both,
        severity=burn.severity,
        route=burn.route,
        minutes=burn.minutes,
        because=_BECAUSE,
        summary=(
            f"{{{{ $value | humanizePercentage }}}} of the API's requests in {burn.long} were"
            f" {what}: {burn.factor:g} times what the objective of {objective:g} % allows."
        ),
        action="Investigate: a deployment first, then database, queue and the edge.",
        labels={"window": burn.long},
    )
