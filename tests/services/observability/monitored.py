"""What an exported stack watches: its exporters, who scrapes them, its rules and its dashboards."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from rendering.observability.alerting.subject import Subject
from rf.export.writer import files_of
from rf.shared.plan import RecordedPlan
from rf.shared.servers.redis_servers import RedisLayer, layer_of
from tests.configurations import BEFORE_CITUS
from tests.services.observability.monitors import Document
from tests.unit.observability.metric_sources import SOURCES, cloudwatch_source, metrics_of

STACK = "prod"
OVERRIDES = BEFORE_CITUS
"""With every library that pushes jobs, and before Citus serves: the readers are then a list."""


@dataclass(frozen=True, kw_only=True)
class Query:
    """A PromQL expression, and where it stands; `metrics` are the raw ones that it comes from."""

    place: str
    expression: str
    metrics: frozenset[str]


@dataclass(frozen=True, kw_only=True)
class Monitored:
    """The Kubernetes objects of an export, its `pgbouncer.ini`, what is asked of ElastiCache for
    `cache` and `queue`, and the values that the monitoring chart is given."""

    objects: tuple[Document, ...]
    pgbouncer_ini: str
    layers: Mapping[str, RedisLayer]
    values: Mapping[str, Any]

    def find(self, kind: str, name: str) -> Document:
        """The one object of that kind and name."""
        (found,) = [each for each in self.of_kind(kind) if each["metadata"]["name"] == name]
        return found

    def of_kind(self, kind: str) -> list[Document]:
        """All objects of a kind."""
        return [each for each in self.objects if each["kind"] == kind]

    @property
    def rule_groups(self) -> list[dict[str, Any]]:
        """The groups of the PrometheusRule."""
        (rules,) = self.of_kind("PrometheusRule")
        return rules["spec"]["groups"]

    @property
    def prometheus(self) -> Mapping[str, Any]:
        """What Prometheus itself is told, as the chart's `prometheusSpec`."""
        return self.values["prometheus"]["prometheusSpec"]

    @property
    def node_monitor(self) -> Document:
        """As the chart's own (prometheus-node-exporter, templates/servicemonitor.yaml), with the
        relabelings that it is given."""
        monitor = self.values["prometheus-node-exporter"]["prometheus"]["monitor"]
        labels = {"app.kubernetes.io/name": "prometheus-node-exporter"}
        return {
            "kind": "PodMonitor",
            "metadata": {"name": "node-exporter", "namespace": "monitoring-nodes"},
            "spec": {
                "selector": {"matchLabels": labels},
                "podMetricsEndpoints": [
                    {"port": "http-metrics", "relabelings": monitor["relabelings"]}
                ],
            },
        }

    def queries(self) -> list[Query]:
        """Every recorded metric by its labels, and every query of every dashboard."""
        recorded = [
            rule for group in self.rule_groups for rule in group["rules"] if "record" in rule
        ]
        sources: dict[str, list[str]] = {}
        for rule in recorded:
            sources.setdefault(rule["record"], []).append(rule["expr"])
        found = {
            _selector(rule["record"], rule.get("labels", {})): f"rule {rule['record']}"
            for rule in recorded
        }
        for panel, expression in self._panels():
            found.setdefault(expression, panel)
        return [
            Query(place=place, expression=expression, metrics=_raw([expression], sources))
            for expression, place in found.items()
        ]

    def _panels(self) -> Iterable[tuple[str, str]]:
        for config_map in self.of_kind("ConfigMap"):
            if "grafana_dashboard" not in config_map["metadata"].get("labels", {}):
                continue
            for text in config_map["data"].values():
                board = json.loads(text)
                for panel in board["panels"]:
                    for target in panel.get("targets", []):
                        yield f"{board['title']}: {panel['title']}", target["expr"]


def read_monitored(plan: RecordedPlan) -> Monitored:
    """The export of a plan."""
    texts = files_of(plan)
    resources = json.loads(texts["plan.json"])["resources"]
    return Monitored(
        objects=tuple(
            yaml.safe_load(text) for path, text in texts.items() if path.startswith("kubernetes/")
        ),
        pgbouncer_ini=texts["pgbouncer.ini"],
        layers={name: layer_of(name, resources) for name in ("cache", "queue")},
        values=yaml.safe_load(texts["helm/kube-prometheus-stack.yaml"])["values"],
    )


def metrics_by_exporter(subject: Subject) -> dict[str, frozenset[str]]:
    """The table of metrics: names by exporter."""
    sources = (*SOURCES, cloudwatch_source(subject))
    return {source.exporter: source.metrics for source in sources}


def _selector(record: str, labels: Mapping[str, str]) -> str:
    chosen = ",".join(f'{key}="{value}"' for key, value in labels.items())
    return f"{record}{{{chosen}}}" if chosen else record


def _raw(expressions: Iterable[str], recorded: Mapping[str, list[str]]) -> frozenset[str]:
    """The metrics that these come from at last, those of recorded ones in their place."""
    found: set[str] = set()
    for name in metrics_of(expressions):
        found |= _raw(recorded[name], recorded) if name in recorded else {name}
    return frozenset(found)
