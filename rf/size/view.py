"""The search for a size, and the sweep over numbers of users, as tables."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import typer
from rich.markup import escape
from rich.table import Table

from rf.check.view import FORMAT
from rf.shared.terminal import print_json, terminal
from rf.shared.termination import Stopped, staying, uninterrupted
from rf.size.chart import write_chart
from rf.size.search import Search
from rf.size.sweep import ALL_USERS, Point, sweep
from scaleplan.capacity.sizing import Attempt, Cheaper, Choice, bottleneck
from scaleplan.capacity.summary import fault_line, load_line
from scaleplan.load import Load
from scaleplan.settings import Settings

_WIDTH_OF_FILES = 190
"""Columns where the output is no terminal."""


def draw_sweep(settings: Settings, path: Path, progress: Callable[[str], None]) -> None:
    """Write the chart and print its points as a table; the points so far where a signal stops it.

    Raises PlotError where the chart can't be written, SweepError where the sweep can't go on.
    """
    points: list[Point] = []
    try:
        with closing(sweep(settings)) as swept:
            for point in swept:
                points.append(point)
                progress(f"{len(points)} of {len(ALL_USERS)}")
    except Stopped:
        if points:
            with staying(f"{path} with {len(points)} of {len(ALL_USERS)} points"):
                with uninterrupted():
                    _draw(points, path)
                raise
        raise
    _draw(points, path)


def _draw(swept: Sequence[Point], path: Path) -> None:
    points = sorted(swept, key=lambda point: point.users)
    write_chart(points, path)
    table = Table(title="Cheapest configuration by users", title_justify="left")
    for heading in ("users", "base", "USD/month", "USD/user", "gives out first"):
        table.add_column(
            heading, justify="left" if heading in ("base", "gives out first") else "right"
        )
    for point in points:
        cost = point.usd_per_month
        table.add_row(
            f"{point.users:,}",
            point.base or "none",
            "" if cost is None else f"{cost:,.0f}",
            "" if cost is None else f"{cost / point.users:,.2f}",
            point.bottleneck or "",
        )
    terminal(_WIDTH_OF_FILES).print(table)
    typer.echo(f"Chart: {path}")


def show(result: Search, *, as_json: bool) -> None:
    """Print the cheapest configuration and why the next cheaper one fails."""
    if as_json:
        print_json(_document(result), sort_keys=True, ensure_ascii=False)
        return
    load, choice, below = result.load, result.choice, result.below
    console = terminal(_WIDTH_OF_FILES)
    table = Table(title=escape(f"Sizes for {load_line(load)}"), title_justify="left")
    for heading in ("from the plan's", "USD/month", "what differs from the plan, or what fails"):
        table.add_column(heading, justify="right" if heading == "USD/month" else "left")
    for attempt in result.attempts:
        table.add_row(str(attempt.base), _cost_of(attempt), escape(_outcome(attempt)))
    console.print(table)

    def say(line: str) -> None:
        console.print(escape(line), highlight=False, soft_wrap=True)

    if choice is None:
        say("no configuration of one stack carries this load; see docs/capacity.md, regions")
        return
    say(f"cheapest that passes every check: {choice.base}, {choice.usd_per_month:,.2f} USD a month")
    for fix in choice.differences:
        say(f"  {fix}")
    first = bottleneck(choice.settings, load)
    if first is not None:
        say(f"as the load grows evenly, {first} gives out first")
    if below is not None and below.report.fault is not None:
        lost = f" with {below.report.loss} lost" if below.report.loss else ""
        say(f"next cheaper, {below.usd_per_month:,.2f} USD a month, {below.fix}, fails{lost}:")
        say(f"  {fault_line(*below.report.fault)}")


def _cost_of(attempt: Attempt) -> str:
    return "" if attempt.choice is None else f"{attempt.choice.usd_per_month:,.2f}"


def _outcome(attempt: Attempt) -> str:
    if attempt.choice is not None:
        return "; ".join(str(fix) for fix in attempt.choice.differences) or "nothing"
    fault = None if attempt.failing is None else attempt.failing.fault
    return "fails" if fault is None else fault_line(*fault)


def _document(result: Search) -> dict[str, Any]:
    load, choice, below = result.load, result.choice, result.below
    return {
        "format": FORMAT,
        "load": {
            "concurrentUsers": load.concurrent_users,
            "requestsPerSecond": load.requests_per_second,
            "dataVolumeGb": load.data_volume_gb,
            "workerJobsPerHour": load.worker_jobs_per_hour,
        },
        "bases": [
            {
                "base": str(attempt.base),
                "usdPerMonth": _rounded(attempt.choice),
                "fails": None if attempt.choice is not None else _outcome(attempt),
            }
            for attempt in result.attempts
        ],
        "cheapest": None if choice is None else _choice_json(choice, load),
        "nextCheaper": None if below is None else _cheaper_json(below),
    }


def _choice_json(choice: Choice, load: Load) -> dict[str, Any]:
    first = bottleneck(choice.settings, load)
    return {
        "base": str(choice.base),
        "usdPerMonth": _rounded(choice),
        "differences": {fix.key: fix.new for fix in choice.differences},
        "givesOutFirst": None if first is None else str(first),
    }


def _cheaper_json(below: Cheaper) -> dict[str, Any]:
    fault = below.report.fault
    return {
        "change": {below.fix.key: below.fix.new},
        "usdPerMonth": round(below.usd_per_month, 2),
        "lost": None if below.report.loss is None else str(below.report.loss),
        "check": None if fault is None else str(fault[0].name),
        "term": None if fault is None else fault[1].to_json(),
        "said": None if fault is None else fault_line(*fault),
    }


def _rounded(choice: Choice | None) -> float | None:
    return None if choice is None else round(choice.usd_per_month, 2)
