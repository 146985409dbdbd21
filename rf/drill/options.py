"""`rf drill`: its options."""
# ruff: noqa: PLC0415 - the command loads what it needs: the SDKs take seconds, `--help` should not

from __future__ import annotations

from typing import Annotated

import typer

from rf.drill.steps import Lost
from rf.shared.command_line import AsJson, Overrides, Size, Stack, progress, reported


def drill(
    stack: Stack,
    lose: Annotated[Lost, typer.Option(help="What is lost: the region, the primaries, a zone.")],
    size: Size = None,
    overrides: Overrides = None,
    *,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on with the drill that stopped, where it stopped.")
    ] = False,
    fail_at: Annotated[
        str | None, typer.Option(metavar="STEP", help="Let a step fail, to practise that.")
    ] = None,
    real: Annotated[
        bool | None,
        typer.Option(
            "--real/--no-real",
            help="Lose a real PostgreSQL and Redis too; by default where they are installed.",
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Lose something in the sandbox, and play the runbook that brings it back.

    Exit code 1: a step failed, RPO or RTO is over target, or the way back needs what is lost.
    """
    with reported():
        from rf.shared.stacks import settings_of

        settings_of(stack, size=size, overrides=overrides or ())  # refuses before the rest is there
        from rf.drill.drill import DrillQuestion, run_drill
        from rf.drill.view import show

        question = DrillQuestion(
            stack=stack,
            lost=lose,
            size=size,
            overrides=overrides or (),
            resume=resume,
            fail_at=fail_at,
            real=real,
        )
        with progress(f"Drill of {stack}") as tell:
            result = run_drill(question, tell)
        show(result, as_json=as_json)
    raise typer.Exit(0 if result.passes else 1)
