"""Cost and bottleneck against users as a PNG, with the plan's thresholds."""
# ruff: noqa: PLC0415 - matplotlib takes a second to load, and only a chart needs it

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

from rf.simulate.plot import write_png
from rf.size.sweep import Point, thresholds
from scaleplan.model import load_plan

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_INCHES = (12, 7.5)


def write_chart(points: Sequence[Point], path: Path) -> None:
    """Write the file. Raises PlotError where that can't be done."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=_INCHES, layout="constrained")
    FigureCanvasAgg(figure)
    cost, limits = figure.subplots(2, 1, sharex=True, height_ratios=(3, 1.4))
    carried = [point for point in points if point.usd_per_month is not None]
    cost.plot(
        [point.users for point in carried],
        [point.usd_per_month for point in carried],
        color="0.6",
        zorder=1,
    )
    for base in dict.fromkeys(point.base for point in carried):
        of_base = [point for point in carried if point.base == base]
        cost.scatter(
            [point.users for point in of_base],
            [point.usd_per_month for point in of_base],
            label=f"from the plan's {base}",
            zorder=2,
        )
    cost.set_xscale("log")
    cost.set_yscale("log")
    cost.set_ylabel("USD a month, cheapest that passes")
    cost.legend(loc="lower right")
    names = list(dict.fromkeys(point.bottleneck or "none" for point in points))
    for symbol, group in (("o", carried), ("x", [p for p in points if p.usd_per_month is None])):
        limits.scatter(
            [point.users for point in group],
            [names.index(point.bottleneck or "none") for point in group],
            marker=symbol,
            color="C0" if symbol == "o" else "C3",
            label="gives out first" if symbol == "o" else "no configuration of one stack",
        )
    limits.set_yticks(range(len(names)), names)
    limits.set_xlabel("concurrent users, each as in the plan's twelve-month projection")
    limits.legend(loc="upper left")
    _draw_thresholds(cost, limits)
    for axes in (cost, limits):
        axes.grid(visible=True, alpha=0.3)
    figure.suptitle("Cost and bottleneck by users; the plan's thresholds dashed")
    write_png(figure, path)


def _draw_thresholds(cost: Axes, limits: Axes) -> None:
    at = groupby(thresholds(load_plan()), key=lambda threshold: threshold.users)
    for users, of_number in at:
        said = "; ".join(threshold.said for threshold in of_number)
        for axes in (cost, limits):
            axes.axvline(users, linestyle="--", color="0.5", linewidth=0.8)
        cost.text(
            users,
            0.98,
            f" {users:,}: {said}",
            rotation=90,
            fontsize=7,
            va="top",
            ha="right",
            transform=cost.get_xaxis_transform(),
        )
