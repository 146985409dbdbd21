"""Monitors as the Prometheus operator makes scrape configurations of them, on this machine's pods.

It takes its targets from the API server; here they are given. The labels that it sets itself, and
before a monitor's own relabelings, are those of prometheus-operator v0.93 (pkg/prometheus/
promcfg.go: generatePodMonitorConfig, generateServiceMonitorConfig, generateScrapeConfig).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

Document = Mapping[str, Any]
Relabeling = Mapping[str, Any]

_META = "__meta_kubernetes_"


@dataclass(frozen=True, kw_only=True)
class RunningPod:
    """A pod, as it were: `ports` are addresses on this machine by the names of the pod's ports."""

    namespace: str
    name: str
    container: str
    labels: Mapping[str, str]
    ports: Mapping[str, str]
    node: str = "node-1"
    services: Sequence[Document] = field(default_factory=tuple)


def scrape_config(monitor: Document, pods: Iterable[RunningPod]) -> dict[str, Any]:
    """The configuration of a PodMonitor's or ServiceMonitor's one endpoint.

    Raises ValueError where it selects none of the pods, and so would scrape nothing.
    """
    metadata, spec = monitor["metadata"], monitor["spec"]
    of_services = monitor["kind"] == "ServiceMonitor"
    (endpoint,) = spec["endpoints" if of_services else "podMetricsEndpoints"]
    port = endpoint.get("targetPort" if of_services else "port")
    namespaces = spec.get("namespaceSelector", {}).get("matchNames", [metadata["namespace"]])
    wanted = spec["selector"]["matchLabels"]
    targets: list[dict[str, Any]] = []
    for pod in pods:
        if pod.namespace not in namespaces or port not in pod.ports:
            continue
        if of_services:
            targets += [
                _target(pod, port, {"service_name": service["metadata"]["name"]})
                for service in pod.services
                if _matches(service["metadata"].get("labels", {}), wanted)
            ]
        elif _matches(pod.labels, wanted):
            targets.append(_target(pod, port, {}))
    name = f"{metadata['namespace']}/{metadata['name']}"
    if not targets:
        raise ValueError(f"{monitor['kind']} {name} selects no pod")
    own = {"namespace": "namespace", "pod_container_name": "container", "pod_name": "pod"}
    if of_services:
        own["service_name"] = "service"
    return {
        "job_name": f"{monitor['kind']}/{name}",
        "metrics_path": endpoint.get("path", "/metrics"),
        "honor_labels": endpoint.get("honorLabels", False),
        "static_configs": targets,
        "relabel_configs": [
            *(
                {"source_labels": [f"{_META}{source}"], "target_label": target}
                for source, target in own.items()
            ),
            {"target_label": "endpoint", "replacement": port},
            *map(_relabeling, endpoint.get("relabelings", [])),
        ],
    }


def http_scrape_config(document: Document, addresses: Mapping[str, str]) -> dict[str, Any]:
    """The configuration of a ScrapeConfig; `addresses` are this machine's for those it names."""
    metadata, spec = document["metadata"], document["spec"]
    relabelings = [_relabeling(each) for each in spec["relabelings"]]
    for each in relabelings:
        if each.get("replacement") in addresses:
            each["replacement"] = addresses[each["replacement"]]
    found: list[dict[str, str]] = []
    for discovery in spec["httpSDConfigs"]:
        url = discovery["url"]
        for name, address in addresses.items():
            url = url.replace(f"//{name}/", f"//{address}/")
        found.append({"url": url, "refresh_interval": discovery["refreshInterval"]})
    return {
        "job_name": f"scrapeConfig/{metadata['namespace']}/{metadata['name']}",
        "metrics_path": spec["metricsPath"],
        "http_sd_configs": found,
        "relabel_configs": relabelings,
    }


def _matches(labels: Mapping[str, str], wanted: Mapping[str, str]) -> bool:
    return wanted.items() <= labels.items()


def _target(pod: RunningPod, port: str, more: Mapping[str, str]) -> dict[str, Any]:
    known = {
        "namespace": pod.namespace,
        "pod_name": pod.name,
        "pod_container_name": pod.container,
        "pod_node_name": pod.node,
        **more,
    }
    return {
        "targets": [pod.ports[port]],
        "labels": {f"{_META}{key}": value for key, value in known.items()},
    }


def _relabeling(relabeling: Relabeling) -> dict[str, Any]:
    """As Prometheus spells it: the operator's keys are the same in camel case."""
    return {
        re.sub(r"(?<=[a-z])([A-Z])", lambda match: f"_{match[1].lower()}", key): value
        for key, value in relabeling.items()
    }
