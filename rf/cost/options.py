"""`rf cost`: its options."""
# ruff: noqa: PLC0415 - each command loads what it needs: the SDKs take seconds, `--help` should not

from __future__ import annotations

from typing import Annotated

import typer

from rf.shared.command_line import AsJson, LoadOption, Overrides, Size, progress, reported


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
        from rf.cost.bills import bill_named, billed
        from rf.cost.view import show_bill, show_difference

        if diff is not None:
            before, after = (
                bill_named(name, stack, overrides=overrides or (), load=load) for name in diff
            )
            show_difference(before, after, as_json=as_json)
            raise typer.Exit(0)
        with progress(f"Planning {stack}"):
            bill, coverage = billed(
                stack or "", size=size, overrides=overrides or (), load=load, compared=compared
            )
        show_bill(bill, coverage, as_json=as_json)
    raise typer.Exit(0 if coverage is None or coverage.agrees else 1)
