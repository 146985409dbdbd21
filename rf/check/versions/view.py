"""How long a stack's Kubernetes version is supported, and which of the next ones it can take."""

from __future__ import annotations

from collections.abc import Sequence

import typer

from rf.shared.terminal import print_json
from scaleplan.cluster.charts import Chart, holding_back
from scaleplan.cluster.support import (
    OVERDUE_DAYS,
    WARNING_DAYS,
    SupportFinding,
    next_version,
)
from scaleplan.settings import Settings


def show(settings: Settings, finding: SupportFinding, *, as_json: bool) -> None:
    """Print how long the version is supported, and what to upgrade to."""
    following = next_version(finding.version)
    held_by = holding_back(settings, following) if following else ()
    if as_json:
        print_json(_document(finding, following, held_by), indent=2)
        return
    typer.echo(f"{settings.stack}: {finding} ({finding.support.source})")
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


def _document(
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
