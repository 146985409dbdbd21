"""`rf size`: its options."""
# ruff: noqa: PLC0415 - each command loads what it needs: the SDKs take seconds, `--help` should not

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from rf.shared.command_line import AsJson, progress, reported


def size(
    users: Annotated[
        float | None, typer.Option(min=1, max=1e8, help="Concurrent users to carry.")
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
        from rf.size.search import check_png, load_asked_for, search
        from rf.size.view import draw_sweep, show

        if users is None and sweep is None:
            raise typer.BadParameter("give users, or --sweep FILE.png", param_hint="--users")
        if sweep is not None:
            check_png(sweep)
        measures = {
            "concurrent_users": users,
            "requests_per_second": rps,
            "worker_jobs_per_hour": jobs_per_hour,
            "data_volume_gb": data_gb,
        }
        settings, load = load_asked_for(stack, measures)
        carried = True
        if users is not None:
            with progress("Searching"):
                result = search(settings, load)
            show(result, as_json=as_json)
            carried = result.choice is not None
        if sweep is not None:
            with progress("Sweeping") as tell:
                draw_sweep(settings, sweep, tell)
    raise typer.Exit(0 if carried else 1)
