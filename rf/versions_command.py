"""`rf check versions`: warns before AWS stops supporting a stack's Kubernetes version."""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime
from typing import Annotated

import typer

from scaleplan.support import WARNING_DAYS, SupportFinding, check_support, next_version


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
    """Whether the cluster's Kubernetes version still has 120 days of standard support."""
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
    if as_json:
        json.dump(_json(finding), sys.stdout, indent=2)
        sys.stdout.write("\n")
    else:
        _show(stack, finding)
    raise typer.Exit(1 if finding.due else 0)


def _show(stack: str, finding: SupportFinding) -> None:
    typer.echo(f"{stack}: {finding} ({finding.support.source})")
    if finding.due:
        following = next_version(finding.version)
        advice = f"set kubernetesVersion to {following!r}" if following else "no later one is known"
        typer.echo(f"Upgrade now, {WARNING_DAYS} days before it ends at the latest: {advice}.")


def _json(finding: SupportFinding) -> dict[str, object]:
    return {
        "kubernetesVersion": finding.version,
        "standardSupportEnds": finding.support.ends.isoformat(),
        "estimated": finding.support.estimated,
        "source": finding.support.source,
        "daysLeft": finding.days_left,
        "warningDays": WARNING_DAYS,
        "upgradeDue": finding.due,
        "nextVersion": next_version(finding.version),
    }
