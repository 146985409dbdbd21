"""What Prometheus scrapes: the specs of the operator's ServiceMonitor, PodMonitor, ScrapeConfig.

Prometheus takes every monitor of every namespace (the chart's selectors are nil), so none carries
the release's label.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from rendering.citus import names as citus_names
from rendering.observability.alerting.subject import APPLICATION_NAMESPACE, Subject
from rendering.shared.endpoints import METRICS_PATH
from rendering.workflows import temporal_names
from scaleplan.applications.workloads import SERVED, WORKFLOW_WORKER

METRICS_PORT_NAME = "metrics"

KEDA_NAMESPACE = "keda"
KEDA_METRICS_PORT = 8080
KARPENTER_NAMESPACE = "kube-system"
"""Of the charts at their pinned versions (kedacore/charts keda/values.yaml; karpenter values.yaml).
"""


@dataclass(frozen=True, kw_only=True)
class Target:
    """One object of the operator that says what to scrape."""

    name: str
    kind: Literal["ServiceMonitor", "PodMonitor"]
    spec: Mapping[str, Any]


def stack_targets(subject: Subject) -> list[Target]:
    """Everything that shows metrics of its own; the exporters bring their monitors themselves."""
    seconds = subject.plan.observability.scrape_interval_seconds
    targets = [
        *(
            Target(name=name, kind="ServiceMonitor", spec=service_monitor(name, seconds))
            for name in SERVED
        ),
        Target(
            name="worker",
            kind="PodMonitor",
            # Workers take no requests, so there is no Service.
            spec=pod_monitor("worker", METRICS_PORT_NAME, seconds, service="worker"),
        ),
        Target(
            name="pgbouncer",
            kind="PodMonitor",
            spec=pod_monitor("pgbouncer", METRICS_PORT_NAME, seconds),
        ),
    ]
    if subject.uses_keda:
        targets.append(_controller("keda", KEDA_NAMESPACE, "keda-operator", "metrics", seconds))
    if subject.has_coordinator:
        targets.append(Target(name="patroni", kind="PodMonitor", spec=_patroni(seconds)))
    if subject.settings.workflows.enabled:
        targets += _workflows(seconds)
    if subject.settings.nodes.karpenter:
        targets.append(
            _controller("karpenter", KARPENTER_NAMESPACE, "karpenter", "http-metrics", seconds)
        )
    return targets


def _patroni(interval_seconds: int) -> dict[str, Any]:
    """Of every server of Citus: whether it is a primary, and whether it goes on without a lock."""
    return {
        "namespaceSelector": {"matchNames": [citus_names.NAMESPACE]},
        "selector": {"matchLabels": citus_names.SERVER_LABELS},
        "podMetricsEndpoints": [
            {
                "port": citus_names.PATRONI_PORT_NAME,
                "path": METRICS_PATH,
                "interval": f"{interval_seconds}s",
                "relabelings": [
                    {
                        "action": "keep",
                        "sourceLabels": ["__meta_kubernetes_pod_container_name"],
                        "regex": citus_names.PATRONI_CONTAINER,
                    }
                ],
            }
        ],
    }


def _workflows(interval_seconds: int) -> list[Target]:
    servers = {
        "namespaceSelector": {"matchNames": [temporal_names.NAMESPACE]},
        "selector": {"matchLabels": {"app.kubernetes.io/name": temporal_names.RELEASE}},
        "podMetricsEndpoints": [
            {"port": METRICS_PORT_NAME, "path": METRICS_PATH, "interval": f"{interval_seconds}s"}
        ],
    }
    return [
        Target(name="temporal", kind="PodMonitor", spec=servers),
        Target(
            name=WORKFLOW_WORKER,
            kind="PodMonitor",
            spec=pod_monitor(
                WORKFLOW_WORKER, METRICS_PORT_NAME, interval_seconds, service=WORKFLOW_WORKER
            ),
        ),
    ]


def _controller(
    name: str, namespace: str, application: str, port: str, interval_seconds: int
) -> Target:
    return Target(
        name=name,
        kind="PodMonitor",
        spec={
            "namespaceSelector": {"matchNames": [namespace]},
            "selector": {"matchLabels": {"app.kubernetes.io/name": application}},
            "podMetricsEndpoints": [
                {
                    "port": port,
                    "path": METRICS_PATH,
                    "interval": f"{interval_seconds}s",
                    # Its series are of other namespaces and pods, and say of which.
                    "honorLabels": True,
                }
            ],
        },
    )


def service_monitor(application: str, interval_seconds: int) -> dict[str, Any]:
    """Of an application behind a Service; the operator sets `service`, `pod` and `namespace`."""
    return {
        "namespaceSelector": {"matchNames": [APPLICATION_NAMESPACE]},
        "selector": {"matchLabels": {"app": application}},
        "endpoints": [
            {
                # The pod's port: the Service leads requests alone, and to another one.
                "targetPort": METRICS_PORT_NAME,
                "path": METRICS_PATH,
                "interval": f"{interval_seconds}s",
                # What the pod says of itself must not take the place of what the cluster knows.
                "honorLabels": False,
            }
        ],
    }


def pod_monitor(
    application: str, port: str, interval_seconds: int, *, service: str | None = None
) -> dict[str, Any]:
    """Of pods without a Service; `service` is then set as if they had one."""
    return {
        "namespaceSelector": {"matchNames": [APPLICATION_NAMESPACE]},
        **_monitor(application, port, interval_seconds, {"service": service} if service else {}),
    }


def exporter_monitor(
    application: str, interval_seconds: int, target_labels: dict[str, str]
) -> dict[str, Any]:
    """Of an exporter beside the monitor."""
    return _monitor(application, METRICS_PORT_NAME, interval_seconds, target_labels)


def _monitor(
    application: str, port: str, interval_seconds: int, target_labels: dict[str, str]
) -> dict[str, Any]:
    return {
        "selector": {"matchLabels": {"app": application}},
        "podMetricsEndpoints": [
            {
                "port": port,
                "path": METRICS_PATH,
                "interval": f"{interval_seconds}s",
                "relabelings": [
                    {"action": "replace", "targetLabel": label, "replacement": value}
                    for label, value in sorted(target_labels.items())
                ],
            }
        ],
    }


def cache_nodes(exporter_address: str, interval_seconds: int) -> dict[str, Any]:
    """Every node of the cache by way of one exporter, which knows the cluster's nodes.

    redis_exporter lists them at /discover-cluster-nodes, and asks the one that `target` names at
    /scrape (exporter/http.go).
    """
    return {
        "httpSDConfigs": [
            {"url": f"http://{exporter_address}/discover-cluster-nodes", "refreshInterval": "1m"}
        ],
        "metricsPath": "/scrape",
        "scrapeInterval": f"{interval_seconds}s",
        "relabelings": [
            {"sourceLabels": ["__address__"], "targetLabel": "__param_target"},
            {"sourceLabels": ["__param_target"], "targetLabel": "instance"},
            {"targetLabel": "__address__", "replacement": exporter_address},
            {"targetLabel": "store", "replacement": "cache"},
        ],
    }
