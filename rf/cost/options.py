"""The commands `rf cost` and `rf prices`; what they do is in `rf.cost.command`."""
# ruff: noqa: PLC0415 - each command loads what it needs: the SDKs take seconds, `--help` should not

from __future__ import annotations

from typing import Annotated

import typer

from rf.shared.command_line import AsJson, LoadOption, Overrides, Size, progress, reported

prices = typer.Typer(help="The price list behind `rf cost`.", no_args_is_help=True)


@prices.callback()
def _prices() -> None:
    """The price list behind `rf cost`."""


def cost(
    stack: Annotated[
        str | None, typer.Option(help="The stack, as in Pulumi.STACK.yaml.", metavar="STACK")
    ] = None,
    size: Size = None,
    overrides: Overrides = None,
    *,
    diff: Annotated[
        tuple[str, str] | None,
        typer.Option(metavar="A B", help="Two stacks, or with --stack two sizes, to compare."),
    ] = None,
    load: LoadOption = None,
    compared: Annotated[
        bool,
        typer.Option(
            "--plan/--no-plan", help="Also record the plan, and check that the bill covers it."
        ),
    ] = True,
    as_json: AsJson = False,
) -> None:
    """Say what a stack costs in a month: line by line, by layer, a user, and what it leaves out.

    Autoscaled parts are counted at their minimum, at the load and at their maximum. Exit code 1
    where the recorded plan has another quantity than the bill.
    """
    with reported():
        if stack is None and diff is None:
            raise typer.BadParameter("give --stack, or --diff A B", param_hint="--stack")
        if size is not None and diff is not None:
            raise typer.BadParameter("name sizes in --diff itself", param_hint="--size")
        if stack is not None and diff is None:
            from rf.shared.stacks import settings_of

            settings_of(stack, size=size, overrides=overrides or ())  # before the rest is there
        from rf.cost import command

        if diff is not None:
            code = command.run_difference(
                diff, stack, overrides=overrides or (), load=load, as_json=as_json
            )
        else:
            with progress(f"Planning {stack}"):
                bill, coverage = command.billed(
                    stack or "", size=size, overrides=overrides or (), load=load, compared=compared
                )
            code = command.publish(bill, coverage, as_json=as_json)
    raise typer.Exit(code)


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
        from rf.cost import command

        code = command.run_refresh(regions or (), profile=profile, write=write, as_json=as_json)
    raise typer.Exit(code)
