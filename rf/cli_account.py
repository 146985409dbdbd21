"""Commands that speak to a real account or queue: publish-web, jobs, preflight."""
# ruff: noqa: PLC0415 - each command loads what it needs: the SDKs take seconds, `--help` should not

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from rf.command_line import AsJson, Overrides, Size, Stack, progress, reported

account = typer.Typer()


@account.command("publish-web")
def publish_web(
    stack: Stack,
    directory: Annotated[
        Path, typer.Option("--dir", help="Directory of the built frontend, with its index.html.")
    ],
    size: Size = None,
    overrides: Overrides = None,
    *,
    hashed: Annotated[
        list[str] | None,
        typer.Option(
            metavar="PATTERN",
            help="Files whose names change with their content, as assets/*; hashes that are plain "
            "to see in a name are found without it.",
        ),
    ] = None,
    grace_days: Annotated[
        float,
        typer.Option(min=0, max=3650, help="How long files of a replaced site are kept."),
    ] = 7,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what would be done, and do nothing.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Publish a built frontend: visitors get the old site or the new one, never a mixture."""
    with reported():
        from rf.stacks import settings_of

        settings = settings_of(stack, size=size, overrides=overrides or ())
        from rf.publishing.command import run_publish

        run_publish(
            settings,
            directory,
            grace_days=grace_days,
            hashed=hashed or (),
            dry_run=dry_run,
            as_json=as_json,
        )


@account.command()
def jobs(stack: Stack, overrides: Overrides = None, *, as_json: AsJson = False) -> None:
    """Ask the queue at $QUEUE_URL: waiting, running, failed and stalled jobs, and the oldest."""
    with reported():
        from rf.stacks import settings_of

        settings = settings_of(stack, overrides=overrides or ())
        from rf.jobs import command

        looks = command.look_at(settings)
        code = command.report(looks, as_json=as_json)
    raise typer.Exit(code)


@account.command()
def preflight(
    stack: Stack,
    size: Size = None,
    overrides: Overrides = None,
    *,
    profile: Annotated[
        str | None, typer.Option(metavar="PROFILE", help="AWS profile; the environment's if none.")
    ] = None,
    show_all: Annotated[
        bool, typer.Option("--all", help="Show the rows that pass too; JSON always has them.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Compare the account with what this plan needs; reads only. 0 only if every row passes."""
    with reported(), progress(f"Asking the account about {stack}"):
        from rf.stacks import settings_of

        settings_of(stack, size=size, overrides=overrides or ())  # refuses before the rest is there
        from rf.preflight import command

        rows = command.run(stack, size=size, overrides=overrides or (), profile=profile)
    raise typer.Exit(command.report(stack, rows, show_all=show_all, as_json=as_json))
