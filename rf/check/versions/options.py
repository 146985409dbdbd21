"""`rf check versions`: what a stack runs, what fits together, what to raise first and until when.

Advises only a version that the stack's charts are for: EKS never goes back to an older one.
"""
# ruff: noqa: PLC0415 - each command loads what it needs: the SDKs take seconds, `--help` should not

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import typer

from rf.shared.command_line import AsJson, progress, reported


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
    *,
    online: Annotated[
        bool,
        typer.Option("--online", help="Ask registries and account for newer ones; reads only."),
    ] = False,
    profile: Annotated[
        str | None, typer.Option(metavar="PROFILE", help="AWS profile; the environment's if none.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Say what to raise first, in order, and how long each version is supported.

    It warns from 120 days before AWS's support ends. Exit code 1 from 60 days on, and where two
    versions don't fit together; with --online also where one is offered no more, or not known.
    """
    with reported():
        from rf.check.versions.report import report_of
        from rf.check.versions.view import show
        from rf.shared.stacks import project_name, stack_config
        from scaleplan.config.engine_config import encode, settings_of

        config = stack_config(stack, overrides=overrides or ())
        settings = settings_of(project_name(), stack, encode(project_name(), config))
        day = on.date() if on else datetime.now(UTC).date()
        report = report_of(settings, day)
        newer = None
        if online:
            from rf.check.versions.online import ask
            from rf.check.versions.registries import Registries
            from rf.shared.account.account import open_account

            with progress(f"Asking registries and account about {stack}"):
                newer = ask(report, Registries(), open_account(profile, settings.region))
    show(report, newer, as_json=as_json)
    asked = all(each.fine for each in newer or ())
    raise typer.Exit(0 if report.passes and asked else 1)
