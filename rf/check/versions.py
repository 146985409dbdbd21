"""`rf check versions`: warns before AWS stops supporting a stack's Kubernetes version.

Advises only a version that the stack's charts are for: EKS never goes back to an older one.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import typer


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
    from rf.check.versions_report import report  # noqa: PLC0415
    from rf.shared.stacks import project_name, stack_config  # noqa: PLC0415 - loads what it needs
    from scaleplan.config.engine_config import encode, settings_of  # noqa: PLC0415
    from scaleplan.config.mistakes import InvalidSettings  # noqa: PLC0415

    project = project_name()
    try:
        config = stack_config(stack, overrides=overrides or ())
        settings = settings_of(project, stack, encode(project, config))
    except InvalidSettings as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(2) from None
    day = on.date() if on else datetime.now(UTC).date()
    raise typer.Exit(report(stack, settings, day, as_json=as_json))
