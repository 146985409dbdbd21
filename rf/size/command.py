"""`rf size`: the cheapest configuration for a load, and what gives out at which number of users."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import typer
from rich.markup import escape
from rich.table import Table

from rf.check.view import FORMAT, terminal_console
from rf.shared.files import can_write_in
from rf.shared.stacks import settings_of
from rf.shared.termination import Stopped, staying, uninterrupted
from rf.simulate.errors import PlotError
from rf.size.chart import write_chart
from rf.size.sweep import ALL_USERS, Point, sweep
from scaleplan.capacity.evaluator import Evaluator
from scaleplan.capacity.sizing import (
    Attempt,
    Cheaper,
    Choice,
    attempts,
    bottleneck,
    cheapest,
    next_cheaper,
)
from scaleplan.capacity.summary import fault_line, load_line
from scaleplan.config.mistakes import InvalidSettings, Mistake
from scaleplan.load import Load, load_of_users
from scaleplan.model import load_plan
from scaleplan.settings import Settings


def asked_load(stack: str, measures: dict[str, float | None]) -> tuple[Settings, Load]:
    """The stack's place and a load: what isn't given follows from the users, as the plan's last
    projection has it.

    Raises InvalidSettings for a stack that can't be read.
    """
    settings = settings_of(stack)
    users = measures["concurrent_users"] or 0.0
    load = load_of_users(load_plan(), users, settings.load.assumptions)
    given = {name: value for name, value in measures.items() if value is not None}
    if "data_volume_gb" in given:
        given["final_data_volume_gb"] = given["data_volume_gb"]
    return settings, replace(load, name="as asked", **given)


def find_size(settings: Settings, load: Load, *, as_json: bool) -> int:
    """Print the cheapest configuration and why the next cheaper one fails; 1 where none passes."""
    evaluator = Evaluator(load)
    found = attempts(settings, evaluator)
    choice = cheapest(found)
    below = None if choice is None else next_cheaper(choice, evaluator)
    if as_json:
        document = _to_json(load, found, choice, below)
        sys.stdout.write(json.dumps(document, sort_keys=True, indent=1, ensure_ascii=False) + "\n")
    else:
        _show(load, found, choice, below)
    return 0 if choice is not None else 1


def check_png(path: Path) -> None:
    """Raise InvalidSettings for a path that can't become a PNG, before anything is reckoned."""
    fits = path.suffix.lower() == ".png" and path.parent.is_dir() and not path.is_dir()
    if not fits or not can_write_in(path.parent):
        allowed = "a file whose name ends in .png, in a directory that exists and can be written"
        raise InvalidSettings([Mistake(key="--sweep", value=str(path), allowed=allowed)])


def draw_sweep(settings: Settings, path: Path, progress: Callable[[str], None]) -> None:
    """Write the chart and print its points as a table; the points so far where a signal stops it.

    Raises PlotError where the chart can't be written, SweepError where the sweep can't go on.
    """
    points: list[Point] = []
    try:
        with closing(sweep(settings)) as found:
            for point in found:
                points.append(point)
                progress(f"{len(points)} of {len(ALL_USERS)}")
    except Stopped:
        if points:
            with staying(f"{path} with {len(points)} of {len(ALL_USERS)} points"):
                with uninterrupted():
                    _publish(points, path)
                raise
        raise
    _publish(points, path)


def _publish(found: Sequence[Point], path: Path) -> None:
    points = sorted(found, key=lambda point: point.users)
    try:
        write_chart(points, path)
    except OSError as error:
        raise PlotError(f"{path}: {error.strerror or error}") from error
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
    terminal_console().print(table)
    typer.echo(f"Chart: {path}")


def _show(
    load: Load, found: tuple[Attempt, ...], choice: Choice | None, below: Cheaper | None
) -> None:
    console = terminal_console()
    table = Table(title=escape(f"Sizes for {load_line(load)}"), title_justify="left")
    for heading in ("from the plan's", "USD/month", "what differs from the plan, or what fails"):
        table.add_column(heading, justify="right" if heading == "USD/month" else "left")
    for attempt in found:
        table.add_row(str(attempt.base), _cost_of(attempt), escape(_told(attempt)))
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


def _told(attempt: Attempt) -> str:
    if attempt.choice is not None:
        return "; ".join(str(fix) for fix in attempt.choice.differences) or "nothing"
    fault = None if attempt.failing is None else attempt.failing.fault
    return "fails" if fault is None else fault_line(*fault)


def _to_json(
    load: Load, found: tuple[Attempt, ...], choice: Choice | None, below: Cheaper | None
) -> dict[str, Any]:
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
                "fails": None if attempt.choice is not None else _told(attempt),
            }
            for attempt in found
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
