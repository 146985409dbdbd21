"""`rf report`: its options."""
# ruff: noqa: PLC0415 - each command loads what it needs: the SDKs take seconds, `--help` should not

from __future__ import annotations

from typing import Annotated

import typer

from rf.shared.command_line import progress, reported

WORKTREE = "worktree"


def report(
    base: Annotated[str, typer.Option(metavar="REV", help="Revision to compare with.")],
    stack: Annotated[
        str | None, typer.Option(help="The stack, as in Pulumi.STACK.yaml.", metavar="STACK")
    ] = None,
    *,
    all_stacks: Annotated[
        bool, typer.Option("--all-stacks", help="Every stack of either revision, in one comment.")
    ] = False,
    head: Annotated[
        str, typer.Option(metavar="REV", help="Revision to judge, or the files as they are now.")
    ] = WORKTREE,
) -> None:
    """Print what a pull request does, as Markdown: risks to data, counts, cost, capacity, policy.

    Each revision's own program speaks for it, in a checkout and a process of its own. Exit code 1
    where data is at risk, or where the head can't be planned; a base that can't is only told.
    """
    with reported():
        if (stack is None) == (not all_stacks):
            raise typer.BadParameter("give --stack, or --all-stacks", param_hint="--stack")
        from rf.report.facts import gather
        from rf.report.view import at_risk, show

        with progress(f"Planning at {base} and {head}"):
            facts = gather(base, head, stack)
        show(base, head, facts)
    raise typer.Exit(1 if at_risk(facts) else 0)
