"""`rf simulate`: its options."""
# ruff: noqa: PLC0415 - each command loads what it needs: the SDKs take seconds, `--help` should not

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from rf.shared.command_line import AsJson, LoadOption, Overrides, Size, Stack, progress, reported
from scaleplan.horizon import Horizon


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
        float | None,
        typer.Option(
            min=0,
            max=1000,
            help="CPU of a running job, % of its pod's request; otherwise the load's assumption.",
        ),
    ] = None,
    plot: Annotated[
        Path | None, typer.Option(metavar="FILE.png", help="Draw backlog and replicas over time.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Simulate the job queues: CPU alone, the autoscaler as configured and a fixed maximum."""
    with reported(), progress(f"Simulating {stack}"):
        from rf.shared.stacks import plan_of, settings_of
        from rf.simulate.comparison import SimulationQuestion, compare
        from rf.simulate.plot import check_plot, write_plot
        from rf.simulate.view import show
        from scaleplan.load import load_named
        from scaleplan.model import load_plan

        check_plot(plot)
        settings = settings_of(stack, size=size, overrides=overrides or ())
        named = load_named(load, settings.load, load_plan(), settings.size)
        assumed = named.assumptions
        question = SimulationQuestion(
            load=named,
            job_seconds=job_seconds or assumed.job_seconds,
            burst=burst,
            seed=seed,
            hours=hours,
            busy_percent=assumed.busy_percent if busy_percent is None else busy_percent,
        )
        comparison = compare(plan_of(stack, size=size, overrides=overrides or ()), question)
        if plot is not None:
            write_plot(comparison, plot)
    show(comparison, plot, as_json=as_json)
