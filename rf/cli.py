"""The command line: commands and their options; the work is done elsewhere."""
# ruff: noqa: PLC0415 - each command loads what it needs: the SDKs take seconds, `--help` should not

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Annotated

import typer

from rf import lean_help
from rf.advise.cli import advise
from rf.cli_account import account
from rf.cli_checks import checks
from rf.cli_drill import drill
from rf.command_line import AsJson, LoadOption, Overrides, Size, Stack, progress, reported
from rf.cost.cli import cost, prices
from rf.doctor.command import doctor
from rf.growth.cli import grow
from rf.policy.command import policy
from rf.report.cli import report
from rf.simulation.question import BUSY_PERCENT, Question
from scaleplan.horizon import Horizon

lean_help.load()

app = typer.Typer(
    name="rf",
    help="ResearchFlow's infrastructure: plan it offline, try it in a sandbox, check it.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

app.add_typer(checks, name="check")
app.add_typer(account)
app.command()(doctor)
app.command()(advise)
app.command()(cost)
app.command()(grow)
app.command()(policy)
app.command()(report)
app.command()(drill)
app.add_typer(prices, name="prices")


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
    with reported(), progress(f"Planning {stack}"):
        from rf.stacks import plan_of

        plan = plan_of(stack, size=size, overrides=overrides or (), unknowns=unknowns)
    if as_json:
        from rf.secret_digests import digesting, handed_key

        key = handed_key()
        sys.stdout.write(plan.to_json(digesting(key) if key else None))
        return
    from rf.capacity import command
    from rf.view import show_plan

    show_plan(plan, seconds=time.monotonic() - started)
    command.show_summary(stack, size=size, overrides=overrides or ())


@app.command()
def export(
    stack: Stack,
    out: Annotated[Path, typer.Option(help="Directory to write; new, empty or an earlier export.")],
    size: Size = None,
    overrides: Overrides = None,
) -> None:
    """Write the Kubernetes objects, Helm values, pgbouncer.ini and the plan as files."""
    with reported(), progress(f"Exporting {stack}"):
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
    with reported():
        from rf.project import PROGRAM
        from rf.stacks import plan_of, project_name, references_of, stack_config

        config = stack_config(stack, size=size, overrides=overrides or ())
        references = references_of(stack, config)
        from rf.sandbox import command

        code = command.run_up(
            PROGRAM,
            project_name(),
            stack,
            config=config,
            references=references,
            plan_of=lambda: plan_of(stack, size=size, overrides=overrides or ()),
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
    load: LoadOption = str(Horizon.CURRENT),
    job_seconds: Annotated[
        float | None,
        typer.Option(
            min=0.1, max=86_400, help="Mean duration of a job; otherwise the load's assumption."
        ),
    ] = None,
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
    with reported(), progress(f"Simulating {stack}"):
        from rf.simulation import command
        from rf.stacks import plan_of, settings_of
        from scaleplan.load import load_named
        from scaleplan.model import load_plan

        command.check_plot(plot)
        settings = settings_of(stack, size=size, overrides=overrides or ())
        chosen = load_named(load, settings.load, load_plan(), settings.size)
        question = Question(
            load=chosen,
            job_seconds=job_seconds or chosen.assumptions.job_seconds,
            burst=burst,
            seed=seed,
            hours=hours,
            busy_percent=busy_percent,
        )
        plan = plan_of(stack, size=size, overrides=overrides or ())
        comparison = command.compared(plan, question, plot)
    command.report(comparison, plot, as_json=as_json)


@app.command()
def size(
    users: Annotated[
        float | None, typer.Option(min=0, max=1e8, help="Concurrent users to carry.")
    ] = None,
    rps: Annotated[
        float | None, typer.Option(min=0, max=1e8, help="Requests a second; else by the users.")
    ] = None,
    jobs_per_hour: Annotated[
        float | None, typer.Option(min=0, max=1e8, help="Jobs an hour; else by the users.")
    ] = None,
    data_gb: Annotated[
        float | None, typer.Option(min=0, max=1e8, help="Data in GB; else by the users.")
    ] = None,
    stack: Annotated[
        str, typer.Option(help="Whose region, processors and assumptions count.", metavar="STACK")
    ] = "prod",
    *,
    sweep: Annotated[
        Path | None,
        typer.Option(metavar="FILE.png", help="Draw cost and bottleneck for 10 to 100,000 users."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Find the cheapest configuration that carries a load, and why the next cheaper one fails."""
    with reported():
        from rf.capacity import size_command

        if users is None and sweep is None:
            raise typer.BadParameter("give users, or --sweep FILE.png", param_hint="--users")
        if sweep is not None:
            size_command.check_png(sweep)
        measures = {
            "concurrent_users": users,
            "requests_per_second": rps,
            "worker_jobs_per_hour": jobs_per_hour,
            "data_volume_gb": data_gb,
        }
        settings, load = size_command.asked_load(stack, measures)
        code = 0
        if users is not None:
            with progress("Searching"):
                code = size_command.find_size(settings, load, as_json=as_json)
        if sweep is not None:
            with progress("Sweeping") as tell:
                size_command.draw_sweep(settings, sweep, tell)
    raise typer.Exit(code)


@app.command()
def cells(as_json: AsJson = False) -> None:
    """Show which stack serves which organizations; a gap or an overlap is a failure."""
    with reported():
        from rf.cells.command import report_cells
        from rf.stacks import all_settings

        right = report_cells(all_settings(), as_json=as_json)
    if not right:
        raise typer.Exit(1)
