"""`rf preflight`: its options."""
# ruff: noqa: PLC0415 - each command loads what it needs: the SDKs take seconds, `--help` should not

from __future__ import annotations

from typing import Annotated

import typer

from rf.shared.command_line import AsJson, Overrides, Size, Stack, progress, reported


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
        from rf.shared.stacks import settings_of

        settings_of(stack, size=size, overrides=overrides or ())  # refuses before the rest is there
        from rf.preflight.checks import rows_of
        from rf.preflight.row import RowStatus
        from rf.preflight.view import show

        rows = rows_of(stack, size=size, overrides=overrides or (), profile=profile)
    show(stack, rows, show_all=show_all, as_json=as_json)
    # What could not be read is no pass.
    raise typer.Exit(0 if all(row.status is RowStatus.PASS for row in rows) else 1)
