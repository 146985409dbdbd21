"""`rf grow`: its options."""
# ruff: noqa: PLC0415 - each command loads what it needs: the SDKs take seconds, `--help` should not

from __future__ import annotations

from typing import Annotated

import typer

from rf.shared.command_line import AsJson, Overrides, progress, reported

STACK = "staging"
"""Unless another is named: it has a domain, guards its data and is not on Citus, so that nothing of
a step between sizes is hidden."""

WORKTREE = "worktree"


def grow(
    sizes: Annotated[
        list[str] | None, typer.Argument(metavar="[SIZE SIZE...]", help="Sizes in the order to go.")
    ] = None,
    *,
    stack: Annotated[
        str, typer.Option(help="The stack, as in Pulumi.STACK.yaml.", metavar="STACK")
    ] = STACK,
    overrides: Overrides = None,
    base: Annotated[
        str | None, typer.Option(metavar="REV", help="Compare revisions instead: from this one.")
    ] = None,
    head: Annotated[
        str, typer.Option(metavar="REV", help="To this one, or to the files as they are now.")
    ] = WORKTREE,
    as_json: AsJson = False,
) -> None:
    """Say what happens to every resource from one size to the next, or between two revisions.

    Each change is a create, an update in place, one that interrupts, a replacement, a deletion or a
    promotion; a step up comes with its runbook. Exit code 1 where data would be at risk.
    """
    with reported():
        if base is not None and sizes:
            raise typer.BadParameter("name sizes, or --base, not both", param_hint="--base")
        from rf.grow.steps import between_revisions, between_sizes
        from rf.grow.view import show

        if base is not None:
            with progress(f"Planning {stack} at {base} and {head}"):
                steps = between_revisions(base, head, stack, overrides=overrides or ())
        else:
            with progress(f"Planning {stack} at each size"):
                steps = between_sizes(sizes or (), stack, overrides=overrides or ())
        show(stack, steps, as_json=as_json)
    raise typer.Exit(0 if all(step.safe for step, _runbook in steps) else 1)
