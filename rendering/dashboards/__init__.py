"""Grafana's dashboards: an overview, and one a layer."""

from __future__ import annotations

from rendering.alerting.subject import Subject
from rendering.dashboards import layers, surroundings
from rendering.dashboards.overview import overview
from rendering.dashboards.panel import Board


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
