"""The command line: options, exit codes and where output goes; the work is done elsewhere.

Exit codes: 0 fine, 1 the program can't be planned or a check failed, 2 bad input or usage.
"""
# ruff: noqa: PLC0415 - each command loads what it needs: the SDKs take seconds, `--help` should not

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from rf.sharding.command import sharding

app = typer.Typer(
    name="rf",
    help="ResearchFlow's infrastructure: plan it offline, try it in a sandbox, check it.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

checks = typer.Typer(help="Check what needs no running program.", no_args_is_help=True)
checks.command()(sharding)
app.add_typer(checks, name="check")

Stack = Annotated[str, typer.Option(help="The stack, as in Pulumi.STACK.yaml.", metavar="STACK")]
Size = Annotated[
    str | None, typer.Option(help="Another size than the stack's: small, medium or large.")
]
Overrides = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="KEY=VALUE", help="A config value, as worker.maxReplicas=8."),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON and nothing else.")]


@app.callback()
def _root() -> None:
    """ResearchFlow's infrastructure: plan it offline, try it in a sandbox, check it."""


@app.command()
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
    with _reported(), _progress(f"Planning {stack}"):
        from rf.stacks import plan_of

        plan = plan_of(stack, size=size, overrides=overrides or (), unknowns=unknowns)
    if as_json:
        sys.stdout.write(plan.to_json())
        return
    from rf.view import show_plan

    show_plan(plan, seconds=time.monotonic() - started)


@app.command()
def export(
    stack: Stack,
    out: Annotated[Path, typer.Option(help="Directory to write; new, empty or an earlier export.")],
    size: Size = None,
    overrides: Overrides = None,
) -> None:
    """Write the Kubernetes objects, Helm values, pgbouncer.ini and the plan as files."""
    with _reported(), _progress(f"Exporting {stack}"):
        from rf.export import check_directory, write_export
        from rf.stacks import plan_of

        check_directory(out)
        written = write_export(plan_of(stack, size=size, overrides=overrides or ()), out)
    typer.echo(f"{len(written)} files in {out}")


@app.command()
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
    with _reported():
        from rf.sandbox import command
        from rf.stacks import PROGRAM, project_name, stack_config

        config = stack_config(stack, size=size, overrides=overrides or ())
        code = command.run_up(
            PROGRAM, project_name(), stack, config=config, keep=keep, as_json=as_json, out=out
        )
    raise typer.Exit(code)


@contextmanager
def _reported() -> Iterator[None]:
    """Turn expected errors into a message on stderr and an exit code, without a traceback."""
    try:
        yield
    except typer.Exit:
        raise
    except Exception as error:
        code = _exit_code(error)
        if code is None:
            raise
        typer.echo(str(error), err=True)
        raise typer.Exit(code) from None


def _exit_code(error: Exception) -> int | None:
    from pulumi import RunError

    from rf.export import ExportError
    from rf.offline.violations import OfflineError
    from scaleplan.mistakes import InvalidSettings

    if isinstance(error, OfflineError):
        return 1
    return 2 if isinstance(error, InvalidSettings | RunError | ExportError) else None


@contextmanager
def _progress(label: str) -> Iterator[None]:
    """A line on stderr while work goes on; nothing when nobody is watching."""
    from rich.console import Console

    console = Console(stderr=True)
    if not console.is_terminal:
        yield
        return
    with console.status(label):
        yield
