"""`rf prices refresh`: its options."""
# ruff: noqa: PLC0415 - each command loads what it needs: the SDKs take seconds, `--help` should not

from __future__ import annotations

from typing import Annotated

import typer

from rf.shared.command_line import AsJson, progress, reported

prices = typer.Typer(help="The price list behind `rf cost`.", no_args_is_help=True)


@prices.callback()
def _prices() -> None:
    """The price list behind `rf cost`."""


@prices.command()
def refresh(
    regions: Annotated[
        list[str] | None,
        typer.Option(
            "--region", metavar="REGION", help="Region to ask for; us-east-1 unless said."
        ),
    ] = None,
    profile: Annotated[
        str | None, typer.Option(help="AWS profile; it needs pricing:GetProducts alone.")
    ] = None,
    write: Annotated[
        bool, typer.Option("--write/--dry-run", help="Write what changed into the price file.")
    ] = True,
    as_json: AsJson = False,
) -> None:
    """Ask AWS's price API for every price of the file, show what changed, and write it there."""
    with reported(), progress("Asking for prices"):
        from rf.prices.refresh import refresh_file
        from rf.prices.view import show

        show(refresh_file(regions or (), profile=profile, write=write), as_json=as_json)
