"""`rf check residency`: its options."""
# ruff: noqa: PLC0415 - each command loads what it needs: the SDKs take seconds, `--help` should not

from __future__ import annotations

import typer

from rf.shared.command_line import AsJson, Overrides, Size, Stack, progress, reported


def residency(
    stack: Stack, size: Size = None, overrides: Overrides = None, as_json: AsJson = False
) -> None:
    """Check that nothing in a European cell's plan takes data out of the European Union."""
    with reported(), progress(f"Planning {stack}"):
        from rf.check.residency.leaks import leaks_of
        from rf.check.residency.view import show
        from rf.shared.stacks import plan_of, settings_of

        european = settings_of(stack, size=size, overrides=overrides or ()).cell.european
        plan = plan_of(stack, size=size, overrides=overrides or ())
    leaks = leaks_of(plan) if european else []
    show(plan.stack, leaks, european=european, as_json=as_json)
    if leaks:
        raise typer.Exit(1)
