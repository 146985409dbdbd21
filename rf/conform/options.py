"""`rf conform`: its options."""
# ruff: noqa: PLC0415 - the command loads what it needs: the SDKs take seconds, `--help` should not

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from rf.shared.command_line import AsJson, Overrides, Size, Stack, progress, reported

Application = Annotated[
    str | None,
    typer.Argument(
        help="What the command runs: orchestrator, worker, workflow-worker, collaboration or web."
    ),
]
Command = Annotated[list[str] | None, typer.Argument(help="How it is started, after `--`.")]
SampleFile = Annotated[
    Path | None, typer.Option(help="A YAML file of requests that it answers (docs/conform.md).")
]
Only = Annotated[
    list[str] | None, typer.Option(metavar="POINT", help="Try this point; may be repeated.")
]
Wait = Annotated[
    float | None,
    typer.Option(
        metavar="SECONDS", min=1, help="How long it may start; the contract's 120 unless told."
    ),
]
Report = Annotated[
    Path | None, typer.Option(metavar="FILE", help="Write the verdicts as JUnit XML too.")
]
ListPoints = Annotated[
    bool, typer.Option("--list", help="List the points with their places in the contract.")
]
Explain = Annotated[str | None, typer.Option(metavar="POINT", help="Say how a point is honoured.")]


def conform(
    application: Application = None,
    command: Command = None,
    stack: Stack = "staging",
    size: Size = None,
    overrides: Overrides = None,
    *,
    samples: SampleFile = None,
    only: Only = None,
    wait: Wait = None,
    junit: Report = None,
    list_points: ListPoints = False,
    explain: Explain = None,
    as_json: AsJson = False,
) -> None:
    """Try an application against the contract, on real servers as a stack exports them.

    Exit code 1: a point is broken; the last line names the first.
    """
    with reported():
        from rf.conform.view import show, show_explanation, show_list

        if list_points:
            show_list(application, as_json=as_json)
            return
        if explain is not None:
            show_explanation(explain)
            return
        from rf.conform.conform import conformance_of, question_of

        question = question_of(application, command or (), samples, only or (), wait)
        from rf.conform.junit import check_report, write_report

        check_report(junit)
        from rf.shared.stacks import plan_of, settings_of

        settings_of(stack, size=size, overrides=overrides or ())  # refuses before the rest is there
        with progress(f"Trial of {application}") as tell:
            tell("the plan")
            plan = plan_of(stack, size=size, overrides=overrides or ())
            result = conformance_of(question, plan, tell)
        write_report(result, junit)
        show(result, as_json=as_json)
    raise typer.Exit(1 if result.first_broken else 0)
