"""`rf up`: its options."""
# ruff: noqa: PLC0415 - each command loads what it needs: the SDKs take seconds, `--help` should not

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from rf.shared.command_line import AsJson, Overrides, Size, Stack, progress, reported


def up(
    stack: Stack,
    size: Size = None,
    overrides: Overrides = None,
    *,
    keep: Annotated[
        bool, typer.Option("--keep", help="Leave the embedded AWS running and say how to reach it.")
    ] = False,
    out: Annotated[
        Path | None,
        typer.Option(help="Directory for the Kubernetes objects; a temporary one if left out."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Bring the stack up on an embedded AWS in this machine, and verify what came up."""
    with reported():
        from rf.shared.project import PROGRAM
        from rf.shared.stacks import plan_of, project_name, references_of, stack_config

        config = stack_config(stack, size=size, overrides=overrides or ())
        references = references_of(stack, config)
        from rf.up.bring_up import bring_up
        from rf.up.view import show

        with progress(f"Bringing up {stack}") as tell:
            result = bring_up(
                PROGRAM,
                project_name(),
                stack,
                config=config,
                references=references,
                plan_of=lambda: plan_of(stack, size=size, overrides=overrides or ()),
                keep=keep,
                out=out,
                progress=tell,
            )
        show(result, as_json=as_json)
    raise typer.Exit(1 if result.differing else 0)
