"""`rf check`: a stack against its load, and by name what else can be checked."""
# ruff: noqa: PLC0415 - each command loads what it needs: the SDKs take seconds, `--help` should not

from __future__ import annotations

from typing import Annotated

import typer

from rf.check.residency.options import residency
from rf.check.sharding.options import sharding
from rf.check.state.options import state
from rf.check.versions.options import versions
from rf.shared.command_line import AsJson, LoadOption, Overrides, Size, progress, reported
from scaleplan.capacity.result import Loss

checks = typer.Typer(
    help="Prove that a stack carries a load; or, by name, check something else.",
    invoke_without_command=True,
    no_args_is_help=True,
    subcommand_metavar="[residency|sharding|state|versions]",
)
for command in (sharding, versions, state, residency):
    checks.command()(command)


@checks.callback()
def check(
    context: typer.Context,
    stack: Annotated[
        str | None, typer.Option(help="The stack, as in Pulumi.STACK.yaml.", metavar="STACK")
    ] = None,
    size: Size = None,
    overrides: Overrides = None,
    *,
    load: LoadOption = None,
    lose: Annotated[
        Loss | None, typer.Option(help="What fails: a zone, the primary, a replica, a pooler.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Prove that a stack carries a load, line by line; the load is its own unless another is named.

    Exit code 1 names the first term at fault, by how much, and the smallest change that mends it.
    """
    if context.invoked_subcommand is not None:
        return
    with reported():
        if stack is None:
            raise typer.BadParameter("give one, as --stack prod", param_hint="--stack")
        from rf.check.capacity import report_of
        from rf.check.view import show

        with progress(f"Checking {stack}"):
            report = report_of(stack, size=size, overrides=overrides or (), load=load, lose=lose)
        show(report, as_json=as_json)
    raise typer.Exit(0 if report.passes else 1)
