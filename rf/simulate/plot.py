"""Backlog and replicas over time as a PNG."""
# ruff: noqa: PLC0415 - matplotlib takes a second to load, and only a plot needs it

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from rf.shared.errors import InputError
from rf.shared.files import can_write_in, replaced
from rf.simulate.comparison import Comparison

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_INCHES = (11, 7)
_DOTS_PER_INCH = 110


class PlotError(InputError):
    """A path that no plot can be written to."""


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


def write_png(figure: Figure, path: Path) -> None:
    """Write a figure's file. Raises PlotError where that can't be done."""
    try:
        # Without the library's name and version the same figure gives the same bytes.
        with replaced(path) as file:
            figure.savefig(file, format="png", dpi=_DOTS_PER_INCH, metadata={"Software": None})
    except OSError as error:
        raise PlotError(f"{path}: {error.strerror or error}") from error


def write_plot(comparison: Comparison, path: Path) -> None:
    """Write the file. Raises PlotError where that can't be done."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=_INCHES, layout="constrained")
    FigureCanvasAgg(figure)
    backlog, replicas = figure.subplots(2, 1, sharex=True)
    start = comparison.demand.measured_from
    # Thinner from one to the next, so that lines upon each other are all seen.
    widths = range(len(comparison.strategies), 0, -1)
    for strategy, width in zip(comparison.strategies, widths, strict=True):
        samples = strategy.result.samples
        minutes = [(each.at - start) / 60 for each in samples]
        waiting, ready = [each.backlog for each in samples], [each.ready for each in samples]
        (line,) = backlog.step(minutes, waiting, where="post", linewidth=width)
        drawn = {"where": "post", "linewidth": width, "color": line.get_color()}
        replicas.step(minutes, ready, label=strategy.title, **drawn)
        replicas.step(minutes, [each.replicas for each in samples], linestyle=":", **drawn)
    question = comparison.question
    burst = f", burst of {question.burst}" if question.burst else ""
    figure.suptitle(
        f"{comparison.stack} ({comparison.size}): {comparison.theory.jobs_per_hour:g} jobs/hour"
        f" of {question.job_seconds:g} s{burst}"
    )
    backlog.set_ylabel("waiting jobs")
    replicas.set_ylabel("workers: ready, and (dotted) asked for")
    replicas.set_xlabel("minutes")
    replicas.legend()
    for axes in (backlog, replicas):
        axes.set_ylim(bottom=0)
        axes.yaxis.get_major_locator().set_params(integer=True)
        axes.grid(visible=True, alpha=0.3)
    write_png(figure, path)
