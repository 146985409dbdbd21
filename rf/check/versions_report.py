"""How long a stack's Kubernetes version is supported, and which of the next ones it can take."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from datetime import date

import typer

from scaleplan.cluster.charts import Chart, holding_back
from scaleplan.cluster.support import (
    OVERDUE_DAYS,
    WARNING_DAYS,
    SupportFinding,
    check_support,
    next_version,
)
from scaleplan.settings import Settings


def report(stack: str, settings: Settings, day: date, *, as_json: bool) -> int:
    """Print how long the version is supported on that day; the exit code: 1 where it is overdue."""
    finding = check_support(settings.kubernetes_version, day)
    following = next_version(finding.version)
    held_by = holding_back(settings, following) if following else ()
    if as_json:
        json.dump(_json(finding, following, held_by), sys.stdout, indent=2)
        sys.stdout.write("\n")
    else:
        _show(stack, finding, following, held_by)
    return 1 if finding.overdue else 0


def _show(
    stack: str, finding: SupportFinding, following: str | None, held_by: Sequence[Chart]
) -> None:
    typer.echo(f"{stack}: {finding} ({finding.support.source})")
    if finding.due:
        typer.echo(f"{_urgency(finding)}: {_advice(following, held_by)}.")


def _urgency(finding: SupportFinding) -> str:
    if finding.overdue:
        return f"Error, from {OVERDUE_DAYS} days on"
    return f"Warning, from {WARNING_DAYS} days on (an error from {OVERDUE_DAYS})"


def _advice(following: str | None, held_by: Sequence[Chart]) -> str:
    if following is None:
        return "no later version is known"
    if held_by:
        charts = ", ".join(map(str, held_by))
        first = "raise the chart first, in scaleplan/cluster/charts.py"
        return f"{charts} holds {following} back; {first}"
    return f"set kubernetesVersion to {following!r}"


def _json(
    finding: SupportFinding, following: str | None, held_by: Sequence[Chart]
) -> dict[str, object]:
    return {
        "kubernetesVersion": finding.version,
        "standardSupportEnds": finding.support.ends.isoformat(),
        "estimated": finding.support.estimated,
        "source": finding.support.source,
        "daysLeft": finding.days_left,
        "warningDays": WARNING_DAYS,
        "overdueDays": OVERDUE_DAYS,
        "upgradeDue": finding.due,
        "upgradeOverdue": finding.overdue,
        "nextVersion": None if held_by else following,
        "heldBack": following if held_by else None,
        "heldBackBy": [
            {
                "chart": chart.short_name,
                "version": chart.version,
                "kubeVersion": chart.kube_version,
            }
            for chart in held_by
        ],
    }
