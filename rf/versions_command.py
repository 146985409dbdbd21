"""`rf check versions`: warns before AWS stops supporting a stack's Kubernetes version.

Advises only a version that the stack's charts are for: EKS never goes back to an older one.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated

import typer

from scaleplan.charts import Chart, holding_back
from scaleplan.support import (
    OVERDUE_DAYS,
    WARNING_DAYS,
    SupportFinding,
    check_support,
    next_version,
)


def versions(
    stack: Annotated[str, typer.Option(help="The stack, as in Pulumi.STACK.yaml.")],
    overrides: Annotated[
        list[str] | None,
        typer.Option(
            "--set", metavar="KEY=VALUE", help="A config value, as kubernetesVersion=1.36."
        ),
    ] = None,
    on: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="The day to check for; today if left out."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON and nothing else.")] = False,
) -> None:
    """Say how long AWS supports the cluster's Kubernetes version, and what to upgrade to.

    It warns from 120 days before the end of standard support. Exit code 1 from 60 days on.
    """
    from rf.stacks import project_name, stack_config  # noqa: PLC0415 - loads what it needs
    from scaleplan.engine_config import encode, settings_of  # noqa: PLC0415
    from scaleplan.mistakes import InvalidSettings  # noqa: PLC0415

    project = project_name()
    try:
        config = stack_config(stack, overrides=overrides or ())
        settings = settings_of(project, stack, encode(project, config))
    except InvalidSettings as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(2) from None
    day = on.date() if on else datetime.now(UTC).date()
    finding = check_support(settings.kubernetes_version, day)
    following = next_version(finding.version)
    held_by = holding_back(settings, following) if following else ()
    if as_json:
        json.dump(_json(finding, following, held_by), sys.stdout, indent=2)
        sys.stdout.write("\n")
    else:
        _show(stack, finding, following, held_by)
    raise typer.Exit(1 if finding.overdue else 0)


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
        return f"{charts} holds {following} back; raise the chart first, in scaleplan/charts.py"
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
