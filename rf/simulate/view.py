"""A comparison for people: what it found, the time lines, and all that it assumed."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from pathlib import Path

import typer
from rich.markup import escape
from rich.table import Table

from rf.shared.terminal import print_json, terminal
from rf.simulate.comparison import Comparison, Strategy, cpu_needed_percent
from rf.simulate.result import Sample, SimulationResult

_WIDTH_OF_FILES = 120
"""Columns where the output is no terminal."""

_LINE_COLUMNS = 60
_BARS = " ▁▂▃▄▅▆▇█"

_SHORT, _LONG = 120, 7200
"""Seconds from which on a duration is told in minutes, and in hours."""


def show(comparison: Comparison, plot: Path | None, *, as_json: bool) -> None:
    """Print the comparison, and where its plot is."""
    if as_json:
        print_json(comparison.to_json(), sort_keys=True, ensure_ascii=False)
        return
    console = terminal(_WIDTH_OF_FILES)
    for line in _introduction(comparison):
        console.print(escape(line), highlight=False)
    for warning in comparison.warnings:
        console.print(f"[yellow]Note:[/] {escape(warning)}.", highlight=False)
    console.print(_figures(comparison))
    for strategy in comparison.strategies:
        console.print(_lines(strategy, comparison), highlight=False)
    console.print("[bold]Assumed[/], with the ground for it")
    for each in comparison.assumptions:
        console.print(f"  - {escape(each.what)} [dim]({escape(each.ground)})[/]", highlight=False)
    if plot is not None:
        typer.echo(f"Plot: {plot}")


def sparkline(values: Sequence[float], *, top: float, columns: int = _LINE_COLUMNS) -> str:
    """The values as bars, the largest of each column's share; `top` is a full bar."""
    if not values or top <= 0:
        return ""
    columns = min(columns, len(values))
    bars = ""
    for column in range(columns):
        start = column * len(values) // columns
        end = max(start + 1, (column + 1) * len(values) // columns)
        height = max(values[start:end]) / top
        bars += _BARS[min(len(_BARS) - 1, math.ceil(height * (len(_BARS) - 1)))]
    return bars


def duration(seconds: float | None) -> str:
    """In the unit that reads best; a dash for None."""
    if seconds is None:
        return "-"
    if math.isinf(seconds):
        return "without end"
    if seconds < _SHORT:
        return f"{seconds:.1f} s"
    return f"{seconds / 60:.1f} min" if seconds < _LONG else f"{seconds / 3600:.1f} h"


def ratio(value: float | None, to: float | None) -> str:
    """`value` as a multiple of `to`; a dash where that says nothing."""
    return "-" if value is None or not to else f"{value / to:.2f} x"


def _introduction(comparison: Comparison) -> list[str]:
    question, theory = comparison.question, comparison.theory
    burst = f", {question.burst} more at once" if question.burst else ""
    return [
        f"{comparison.stack} ({comparison.size}), load {question.load.name}:"
        f" {theory.jobs_per_hour:g} jobs an hour of {question.job_seconds:g} s on average{burst}",
        f"Break-even: {comparison.workers.scaling.most} workers keep up with jobs of"
        f" {comparison.break_even_seconds:.1f} s on average, and fall behind beyond;"
        f" here they are {theory.utilization:.0%} busy.",
        "Theory (M/M/c) at that maximum: mean wait"
        f" {duration(theory.mean_wait_seconds)}, p95 {duration(theory.wait_percentile_seconds(95))}"
        + (f", a burst gone in {duration(theory.drain_seconds(question.burst))}" if burst else "")
        + ".",
        f"CPU alone adds workers only while they show more than {cpu_needed_percent():.0f} % of"
        f" their request; a running job shows {question.busy_percent:g} %.",
    ]


def _figures(comparison: Comparison) -> Table:
    rows: list[tuple[str, Callable[[SimulationResult], str]]] = [
        ("wait, mean", lambda each: duration(each.mean_wait)),
        ("wait, p50", lambda each: duration(each.wait_p50)),
        ("wait, p95", lambda each: duration(each.wait_p95)),
        ("wait, p99", lambda each: duration(each.wait_p99)),
        ("backlog, most", lambda each: str(each.max_backlog)),
        ("jobs not started", lambda each: f"{each.unstarted} of {each.jobs}"),
        ("jobs killed", lambda each: str(each.killed)),
        ("replicas, mean", lambda each: f"{each.mean_replicas:.1f}"),
        ("ready workers, most", lambda each: str(each.max_ready)),
        ("pod hours", lambda each: f"{each.pod_hours:.1f}"),
        (
            "pod hours to fixed",
            lambda each: ratio(each.pod_hours, comparison.fixed.pod_hours),
        ),
    ]
    if comparison.question.burst:
        fixed = comparison.fixed
        rows += [
            ("burst drained in", lambda each: _drain(each, comparison)),
            ("drain to fixed", lambda each: ratio(each.drain_seconds, fixed.drain_seconds)),
        ]
    table = Table()
    table.add_column("")
    for strategy in comparison.strategies:
        table.add_column(strategy.title, justify="right")
    for name, text_of in rows:
        table.add_row(name, *(text_of(each.result) for each in comparison.strategies))
    return table


def _drain(result: SimulationResult, comparison: Comparison) -> str:
    if result.drain_seconds is None:
        return f"not in {comparison.question.hours:g} h"
    return duration(result.drain_seconds)


def _lines(strategy: Strategy, comparison: Comparison) -> str:
    """Backlog and replicas over time; all strategies to the same scale."""
    samples = strategy.result.samples
    every = [sample for each in comparison.strategies for sample in each.result.samples]
    title = escape(strategy.title)
    drawn = [
        _line("backlog", samples, every, lambda each: each.backlog),
        _line("replicas", samples, every, lambda each: each.replicas),
    ]
    return "\n".join([f"[bold]{title}[/], {comparison.question.hours:g} h", *drawn])


def _line(
    name: str,
    samples: Sequence[Sample],
    every: Sequence[Sample],
    value: Callable[[Sample], int],
) -> str:
    top = max((value(each) for each in every), default=0)
    most = max((value(each) for each in samples), default=0)
    bars = sparkline([value(each) for each in samples], top=top)
    return f"  {name:<9}{bars:<{_LINE_COLUMNS}} at most {most}"
