"""`rf simulate`: the workers and their autoscaler under the plan's loads."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import typer

from rf.shared.files import can_write_in
from rf.shared.plan import RecordedPlan
from rf.simulate.comparison import Comparison, compare
from rf.simulate.errors import PlotError
from rf.simulate.plot import write_plot
from rf.simulate.question import Question
from rf.simulate.view import show


def check_plot(path: Path | None) -> None:
    """Raise PlotError for a path that can't become a PNG, before anything is simulated."""
    if path is None:
        return
    if path.suffix.lower() != ".png":
        raise PlotError(f"{path}: a plot is a PNG, so its name ends in .png")
    if not path.parent.is_dir():
        raise PlotError(f"{path}: there is no directory {path.parent}")
    if path.is_dir() or not can_write_in(path.parent):
        raise PlotError(f"{path} can't be written")


def compared(plan: RecordedPlan, question: Question, plot: Path | None) -> Comparison:
    """Simulate, and write the plot if one is asked for. Raises PlotError or SimulationError."""
    comparison = compare(plan, question)
    if plot is not None:
        try:
            write_plot(comparison, plot)
        except OSError as error:
            raise PlotError(f"{plot}: {error.strerror or error}") from error
    return comparison


def report(comparison: Comparison, plot: Path | None, *, as_json: bool) -> None:
    """Print what came of it, as JSON or for people."""
    if as_json:
        text = json.dumps(comparison.to_json(), sort_keys=True, indent=1, ensure_ascii=False)
        sys.stdout.write(text + "\n")
        return
    show(comparison)
    if plot is not None:
        typer.echo(f"Plot: {plot}")
