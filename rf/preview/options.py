"""`rf preview`: its options."""
# ruff: noqa: PLC0415 - each command loads what it needs: the SDKs take seconds, `--help` should not

from __future__ import annotations

import time
from typing import Annotated

import typer

from rf.shared.command_line import AsJson, Overrides, Size, Stack, progress, reported


def preview(
    stack: Stack,
    size: Size = None,
    overrides: Overrides = None,
    unknowns: Annotated[
        bool, typer.Option("--unknowns", help="Leave computed outputs unknown, as a first preview.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Show what `pulumi up` would create, without an engine, network or account."""
    started = time.monotonic()
    with reported(), progress(f"Planning {stack}"):
        from rf.shared.stacks import plan_of

        plan = plan_of(stack, size=size, overrides=overrides or (), unknowns=unknowns)
    if as_json:
        from rf.preview.view import print_plan

        print_plan(plan)
        return
    from rf.check.capacity import report_of
    from rf.check.view import show_summary
    from rf.preview.view import show_plan

    show_plan(plan, seconds=time.monotonic() - started)
    show_summary(report_of(stack, size=size, overrides=overrides or (), load=None, lose=None))
