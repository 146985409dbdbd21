"""`rf check versions`: warns before AWS stops supporting a stack's Kubernetes version.

Advises only a version that the stack's charts are for: EKS never goes back to an older one.
"""
# ruff: noqa: PLC0415 - each command loads what it needs: the SDKs take seconds, `--help` should not

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import typer

from rf.shared.command_line import AsJson, reported


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
    as_json: AsJson = False,
) -> None:
    """Say how long AWS supports the cluster's Kubernetes version, and what to upgrade to.

    It warns from 120 days before the end of standard support. Exit code 1 from 60 days on.
    """
    with reported():
        from rf.check.versions.view import show
        from rf.shared.stacks import project_name, stack_config
        from scaleplan.cluster.support import check_support
        from scaleplan.config.engine_config import encode, settings_of

        config = stack_config(stack, overrides=overrides or ())
        settings = settings_of(project_name(), stack, encode(project_name(), config))
    day = on.date() if on else datetime.now(UTC).date()
    finding = check_support(settings.kubernetes_version, day)
    show(settings, finding, as_json=as_json)
    raise typer.Exit(1 if finding.overdue else 0)
