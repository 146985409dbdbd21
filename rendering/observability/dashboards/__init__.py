"""Grafana's dashboards: an overview, and one a layer."""

from __future__ import annotations

from rendering.observability.alerting.subject import Subject
from rendering.observability.dashboards import layers, surroundings
from rendering.observability.dashboards.overview import overview
from rendering.observability.dashboards.panel import Board


def boards(subject: Subject) -> list[Board]:
    """All dashboards of a stack."""
    return [
        overview(subject),
        layers.applications(subject),
        layers.database(subject),
        layers.redis(subject),
        surroundings.queue(subject),
        surroundings.platform(subject),
        surroundings.edge(subject),
    ]


def dashboards(subject: Subject) -> dict[str, str]:
    """Each as JSON text, by name."""
    return {board.name: board.as_json() for board in boards(subject)}
