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

from rf.doctor.command import doctor
from rf.sharding.command import sharding
from rf.simulation.question import BUSY_PERCENT, JOB_SECONDS, Load, Question
from rf.state.command import state
from rf.versions_command import versions

app = typer.Typer(
    name="rf",
    help="ResearchFlow's infrastructure: plan it offline, try it in a sandbox, check it.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

checks = typer.Typer(help="Check what needs no running program.", no_args_is_help=True)
checks.command()(sharding)
checks.command()(versions)
checks.command()(state)
app.add_typer(checks, name="check")
app.command()(doctor)

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
        from rf.stacks import PROGRAM, project_name, references_of, stack_config

        config = stack_config(stack, size=size, overrides=overrides or ())
        code = command.run_up(
            PROGRAM,
            project_name(),
            stack,
            config=config,
            references=references_of(stack, config),
            keep=keep,
            as_json=as_json,
            out=out,
        )
    raise typer.Exit(code)


@app.command()
def simulate(
    stack: Stack,
    size: Size = None,
    overrides: Overrides = None,
    *,
    load: Annotated[
        Load,
        typer.Option(help="Jobs an hour: a column of the plan's projections, or `2x` its last."),
    ] = Load.CURRENT,
    job_seconds: Annotated[
        float,
        typer.Option(min=0.1, max=86_400, help="Mean duration of a job; the plan gives none."),
    ] = JOB_SECONDS,
    burst: Annotated[
        int, typer.Option(min=0, max=100_000, help="Jobs that come at once, beside the load.")
    ] = 0,
    seed: Annotated[int, typer.Option(help="Another number draws other jobs.")] = 1,
    hours: Annotated[
        float, typer.Option(min=0.1, max=168, help="Time that is measured, after one hour before.")
    ] = 8,
    busy_percent: Annotated[
        float,
        typer.Option(min=0, max=1000, help="CPU of a running job, % of its pod's request."),
    ] = BUSY_PERCENT,
    plot: Annotated[
        Path | None, typer.Option(metavar="FILE.png", help="Draw backlog and replicas over time.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Simulate the job queues: CPU alone, the autoscaler as configured and a fixed maximum."""
    with _reported(), _progress(f"Simulating {stack}"):
        from rf.simulation import command
        from rf.stacks import plan_of

        command.check_plot(plot)
        question = Question(
            load=load,
            job_seconds=job_seconds,
            burst=burst,
            seed=seed,
            hours=hours,
            busy_percent=busy_percent,
        )
        plan = plan_of(stack, size=size, overrides=overrides or ())
        comparison = command.compared(plan, question, plot)
    command.report(comparison, plot, as_json=as_json)


@app.command()
def cells(as_json: AsJson = False) -> None:
    """Show which stack serves which organizations; a gap or an overlap is a failure."""
    with _reported():
        from rf.cells.command import report_cells
        from rf.stacks import all_settings

        right = report_cells(all_settings(), as_json=as_json)
    if not right:
        raise typer.Exit(1)


@checks.command()
def residency(
    stack: Stack, size: Size = None, overrides: Overrides = None, as_json: AsJson = False
) -> None:
    """Check that nothing in a European cell's plan takes data out of the European Union."""
    with _reported(), _progress(f"Planning {stack}"):
        from rf.cells.command import report_residency
        from rf.stacks import plan_of, settings_of

        chosen = overrides or ()
        settings = settings_of(stack, size=size, overrides=chosen)
        plan = plan_of(stack, size=size, overrides=chosen)
    if not report_residency(plan, settings, as_json=as_json):
        raise typer.Exit(1)


@app.command("publish-web")
def publish_web(
    stack: Stack,
    directory: Annotated[
        Path, typer.Option("--dir", help="Directory of the built frontend, with its index.html.")
    ],
    size: Size = None,
    overrides: Overrides = None,
    *,
    hashed: Annotated[
        list[str] | None,
        typer.Option(
            metavar="PATTERN",
            help="Files whose names change with their content, as assets/*; hashes that are plain "
            "to see in a name are found without it.",
        ),
    ] = None,
    grace_days: Annotated[
        float,
        typer.Option(min=0, max=3650, help="How long files of a replaced site are kept."),
    ] = 7,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what would be done, and do nothing.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Publish a built frontend: visitors get the old site or the new one, never a mixture."""
    with _reported():
        from rf.publishing.command import run_publish
        from rf.stacks import settings_of

        run_publish(
            settings_of(stack, size=size, overrides=overrides or ()),
            directory,
            grace_days=grace_days,
            hashed=hashed or (),
            dry_run=dry_run,
            as_json=as_json,
        )


@app.command()
def jobs(stack: Stack, overrides: Overrides = None, *, as_json: AsJson = False) -> None:
    """Ask the queue at $QUEUE_URL: waiting, running, failed and stalled jobs, and the oldest."""
    with _reported():
        from rf.jobs import command
        from rf.stacks import settings_of

        looks = command.look_at(settings_of(stack, overrides=overrides or ()))
        code = command.report(looks, as_json=as_json)
    raise typer.Exit(code)


@app.command()
def preflight(
    stack: Stack,
    size: Size = None,
    overrides: Overrides = None,
    *,
    profile: Annotated[
        str | None, typer.Option(metavar="PROFILE", help="AWS profile; the environment's if none.")
    ] = None,
    show_all: Annotated[
        bool, typer.Option("--all", help="Show the rows that pass too; JSON always has them.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Compare the account with what this plan needs; reads only. 0 only if every row passes."""
    with _reported(), _progress(f"Asking the account about {stack}"):
        from rf.preflight import command

        rows = command.run(stack, size=size, overrides=overrides or (), profile=profile)
    raise typer.Exit(command.report(stack, rows, show_all=show_all, as_json=as_json))


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
    from rf.jobs.errors import JobsInputError, QueueUnreachableError
    from rf.offline.violations import OfflineError
    from rf.preflight.errors import PreflightInputError
    from rf.publishing.errors import PublishError, SiteError
    from rf.simulation.errors import PlotError, SimulationError
    from scaleplan.mistakes import InvalidSettings

    failed = OfflineError | PublishError | SimulationError | QueueUnreachableError
    if isinstance(error, failed):
        return 1
    inputs = PlotError | JobsInputError | PreflightInputError | SiteError
    refused = InvalidSettings | RunError | ExportError | inputs
    return 2 if isinstance(error, refused) else None


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
