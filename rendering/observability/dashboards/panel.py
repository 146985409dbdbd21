"""The form of a dashboard: rows of graphs, each with its thresholds drawn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from grafana_foundation_sdk.builders import common, prometheus, timeseries
from grafana_foundation_sdk.builders import dashboard as grafana
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models.common import GraphThresholdsStyleMode
from grafana_foundation_sdk.models.dashboard import Threshold, ThresholdsMode

from rendering.observability.alerting.rule import Graded

WIDTH = 8
HEIGHT = 8
"""Three graphs a row of Grafana's 24 columns."""

CALM, WARNING, CRITICAL = "green", "orange", "red"


@dataclass(frozen=True, kw_only=True)
class Graph:
    """A graph of queries with their legends; `unit` is one of Grafana's names.

    `thresholds` are those of the alert on it; where low is bad they are drawn `below`.
    """

    title: str
    queries: tuple[tuple[str, str], ...]
    unit: str = "short"
    thresholds: Graded | None = None
    below: bool = False


def single(
    title: str,
    expression: str,
    legend: str,
    unit: str = "short",
    thresholds: Graded | None = None,
    *,
    below: bool = False,
) -> Graph:
    """A graph of one query."""
    return Graph(
        title=title,
        queries=((expression, legend),),
        unit=unit,
        thresholds=thresholds,
        below=below,
    )


@dataclass(frozen=True, kw_only=True)
class Board:
    """A dashboard: rows of graphs by title."""

    name: str
    title: str
    rows: tuple[tuple[str, tuple[Graph, ...]], ...]

    def graphs(self) -> list[Graph]:
        """All graphs, row by row."""
        return [graph for _, graphs in self.rows for graph in graphs]

    def as_json(self) -> str:
        """The dashboard as Grafana's side-car takes it, the same text for the same board."""
        built = (
            grafana.Dashboard(self.title)
            .uid(f"researchflow-{self.name}")
            .tags(["researchflow"])
            .timezone("utc")
            .refresh("1m")
            .time("now-6h", "now")
            .readonly()
        )
        for title, graphs in self.rows:
            built = built.with_row(grafana.Row(title))
            for graph in graphs:
                built = built.with_panel(_panel(graph))
        return JSONEncoder(sort_keys=True, indent=1).encode(built.build())


def _panel(graph: Graph) -> timeseries.Panel:
    panel = (
        timeseries.Panel()
        .title(graph.title)
        .unit(graph.unit)
        .height(HEIGHT)
        .span(WIDTH)
        .min(0)
        .thresholds(
            grafana.ThresholdsConfig().mode(ThresholdsMode.ABSOLUTE).steps(list(_steps(graph)))
        )
    )
    if graph.thresholds is not None:
        panel = panel.thresholds_style(
            common.GraphThresholdsStyleConfig().mode(GraphThresholdsStyleMode.LINE)
        )
    for number, (expression, legend) in enumerate(graph.queries):
        panel = panel.with_target(
            prometheus.Dataquery()
            .expr(expression)
            .legend_format(legend)
            .ref_id(chr(ord("A") + number))
        )
    return panel


def _steps(graph: Graph) -> Sequence[Threshold]:
    grade = graph.thresholds
    if grade is None:
        return [Threshold(value=None, color=CALM)]
    if graph.below:
        return [
            Threshold(value=None, color=CRITICAL),
            Threshold(value=grade.critical, color=WARNING),
            Threshold(value=grade.warning, color=CALM),
        ]
    return [
        Threshold(value=None, color=CALM),
        Threshold(value=grade.warning, color=WARNING),
        Threshold(value=grade.critical, color=CRITICAL),
    ]
