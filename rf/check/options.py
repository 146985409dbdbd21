"""`rf check`: a stack against its load, and by name what else can be checked."""
# ruff: noqa: PLC0415 - each command loads what it needs: the SDKs take seconds, `--help` should not

from __future__ import annotations

from typing import Annotated

import typer

from rf.check.sharding.options import sharding
from rf.check.state.options import state
from rf.check.versions import versions
from rf.shared.command_line import AsJson, LoadOption, Overrides, Size, Stack, progress, reported
from scaleplan.capacity.check_names import Loss

checks = typer.Typer(
    help="Prove that a stack carries a load; or, by name, check something else.",
    invoke_without_command=True,
    no_args_is_help=True,
    subcommand_metavar="[residency|sharding|state|versions]",
)
checks.command()(sharding)
checks.command()(versions)
checks.command()(state)


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
        from rf.check import capacity

        with progress(f"Checking {stack}"):
            report = capacity.report_of(
                stack, size=size, overrides=overrides or (), load=load, lose=lose
            )
        code = capacity.publish(report, as_json=as_json)
    raise typer.Exit(code)


@checks.command()
def residency(
    stack: Stack, size: Size = None, overrides: Overrides = None, as_json: AsJson = False
) -> None:
    """Check that nothing in a European cell's plan takes data out of the European Union."""
    with reported(), progress(f"Planning {stack}"):
        from rf.cells.command import report_residency
        from rf.shared.stacks import plan_of, settings_of

        chosen = overrides or ()
        settings = settings_of(stack, size=size, overrides=chosen)
        plan = plan_of(stack, size=size, overrides=chosen)
    if not report_residency(plan, settings, as_json=as_json):
        raise typer.Exit(1)
