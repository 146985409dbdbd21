"""Grafana's dashboards."""

from rendering.alerting.subject import Subject


def dashboards(subject: Subject) -> dict[str, str]:
    return {}
