"""Values of the chart kube-prometheus-stack 88.5.3, read against its values.yaml."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rendering.observability.alertmanager import CHANNELS_SECRET
from rendering.shared.quantities import cpu, memory
from scaleplan.cluster.machines import ResourceTotals
from scaleplan.observability import pods as monitoring_pods
from scaleplan.observability.alerts import ObservabilityPlan
from scaleplan.observability.pods import ALERTMANAGER_VOLUME_GIB, GRAFANA_VOLUME_GIB
from scaleplan.sizes import ObservabilitySettings

STORAGE_CLASS = "gp3"
NAMESPACE = "monitoring"
NODE_NAMESPACE = "monitoring-nodes"
"""node-exporter's own: it shares the machine's network and reads its files, which only the level
`privileged` allows. Nothing else runs there, and no secret is in it."""

ALERTMANAGER_ACCOUNT = "alertmanager"
GRAFANA_SECRET = "grafana-admin"  # noqa: S105 - the name of a Secret
PROMETHEUS_SERVICE = "kube-prometheus-stack-prometheus"
PROMETHEUS_PORT = 9090

DASHBOARD_LABEL = {"grafana_dashboard": "1"}
"""By which Grafana's side-car finds the ConfigMaps."""

FREE_STORAGE_PERCENT = 15
"""Left free of Prometheus' disk: it compacts before it deletes."""

_MANAGED_BY_EKS = ("kubeControllerManager", "kubeScheduler", "kubeEtcd", "kubeProxy")
"""EKS shows none of the first three; kube-proxy's metrics are on the node's loopback alone."""


def stack_values(
    settings: ObservabilitySettings,
    plan: ObservabilityPlan,
    *,
    node_selector: Mapping[str, str],
    alertmanager_config: Any,
    has_channels: bool,
    watches_citus: bool,
) -> dict[str, Any]:
    """All values. `alertmanager_config` may hold what is known only after a deployment."""
    return {
        "cleanPrometheusOperatorObjectNames": True,
        # Ours have a route and a runbook.
        "defaultRules": {
            "disabled": {
                "Watchdog": True,
                "InfoInhibitor": True,
                "KubePersistentVolumeFillingUp": True,
            }
        },
        **{part: {"enabled": False} for part in _MANAGED_BY_EKS},
        "prometheusOperator": {
            "nodeSelector": dict(node_selector),
            "resources": _resources(monitoring_pods.OPERATOR),
            "admissionWebhooks": {"patch": {"nodeSelector": dict(node_selector)}},
            "prometheusConfigReloader": {"resources": _resources(monitoring_pods.RELOADER)},
        },
        "prometheus": _prometheus(settings, plan, node_selector),
        "alertmanager": _alertmanager(settings, node_selector, alertmanager_config, has_channels),
        "grafana": _grafana(node_selector),
        "kube-state-metrics": _state_metrics(node_selector, watches_citus),
        "prometheus-node-exporter": {
            "namespaceOverride": NODE_NAMESPACE,
            "resources": _resources(monitoring_pods.NODE_EXPORTER),
            "prometheus": {
                "monitor": {
                    "relabelings": [
                        {
                            "sourceLabels": ["__meta_kubernetes_pod_node_name"],
                            "targetLabel": "node",
                        }
                    ]
                }
            },
        },
    }


def _prometheus(
    settings: ObservabilitySettings, plan: ObservabilityPlan, node_selector: Mapping[str, str]
) -> dict[str, Any]:
    interval = f"{plan.scrape_interval_seconds}s"
    nil_selectors = {
        f"{kind}SelectorNilUsesHelmValues": False
        for kind in ("rule", "serviceMonitor", "podMonitor", "probe", "scrapeConfig")
    }
    kept_gib = settings.volume_gib * (100 - FREE_STORAGE_PERCENT) // 100
    return {
        "podDisruptionBudget": {"enabled": settings.prometheus_replicas > 1},
        "prometheusSpec": {
            "replicas": settings.prometheus_replicas,
            "podAntiAffinity": "hard" if settings.prometheus_replicas > 1 else "soft",
            "nodeSelector": dict(node_selector),
            "scrapeInterval": interval,
            "evaluationInterval": interval,
            "retention": f"{settings.retention_days}d",
            "retentionSize": f"{kept_gib}GiB",
            "resources": {
                "requests": {
                    "cpu": f"{settings.cpu_millicores}m",
                    "memory": memory(settings.memory_mib),
                },
                # Memory as requested; of CPU a query may take what the node has spare.
                "limits": {"memory": memory(settings.memory_mib)},
            },
            "storageSpec": {"volumeClaimTemplate": _claim(settings.volume_gib)},
            **nil_selectors,
        },
    }


def _alertmanager(
    settings: ObservabilitySettings,
    node_selector: Mapping[str, str],
    config: Any,
    has_channels: bool,
) -> dict[str, Any]:
    return {
        "serviceAccount": {"name": ALERTMANAGER_ACCOUNT},
        "podDisruptionBudget": {"enabled": settings.alertmanager_replicas > 1},
        "config": config,
        "alertmanagerSpec": {
            "replicas": settings.alertmanager_replicas,
            "podAntiAffinity": "hard" if settings.alertmanager_replicas > 1 else "soft",
            "nodeSelector": dict(node_selector),
            "resources": _resources(monitoring_pods.ALERTMANAGER),
            "storage": {"volumeClaimTemplate": _claim(ALERTMANAGER_VOLUME_GIB)},
            "secrets": [CHANNELS_SECRET] if has_channels else [],
        },
    }


def _grafana(node_selector: Mapping[str, str]) -> dict[str, Any]:
    return {
        "nodeSelector": dict(node_selector),
        "admin": {"existingSecret": GRAFANA_SECRET},
        "resources": _resources(monitoring_pods.GRAFANA),
        "persistence": {
            "enabled": True,
            "storageClassName": STORAGE_CLASS,
            "size": f"{GRAFANA_VOLUME_GIB}Gi",
        },
        # One pod on one volume: the new one can't mount it while the old one runs.
        "deploymentStrategy": {"type": "Recreate"},
        # fsGroup does the same without a container that runs as root.
        "initChownData": {"enabled": False},
        "testFramework": {"enabled": False},
        "defaultDashboardsEditable": False,
        "sidecar": {"resources": _resources(monitoring_pods.GRAFANA_SIDECAR)},
    }


def _state_metrics(node_selector: Mapping[str, str], watches_citus: bool) -> dict[str, Any]:
    values: dict[str, Any] = {
        "nodeSelector": dict(node_selector),
        "resources": _resources(monitoring_pods.STATE_METRICS),
    }
    if watches_citus:
        values["rbac"] = {
            "extraRules": [
                {
                    "apiGroups": ["stackgres.io"],
                    "resources": ["sgbackups"],
                    "verbs": ["list", "watch"],
                }
            ]
        }
        values["customResourceState"] = {"enabled": True, "config": _backup_state()}
    return values


def _backup_state() -> dict[str, Any]:
    """When each backup of Citus ended (StackGres 1.18, SGBackup `status.process.timing.end`)."""
    return {
        "kind": "CustomResourceStateMetrics",
        "spec": {
            "resources": [
                {
                    "groupVersionKind": {
                        "group": "stackgres.io",
                        "version": "v1",
                        "kind": "SGBackup",
                    },
                    "metricNamePrefix": "stackgres_backup",
                    "labelsFromPath": {
                        "name": ["metadata", "name"],
                        "cluster": ["spec", "sgCluster"],
                    },
                    "metrics": [
                        {
                            "name": "end_timestamp_seconds",
                            "help": "When the backup ended",
                            "each": {
                                "type": "Gauge",
                                "gauge": {"path": ["status", "process", "timing", "end"]},
                            },
                        }
                    ],
                }
            ]
        },
    }


def _claim(gib: int) -> dict[str, Any]:
    return {
        "spec": {
            "storageClassName": STORAGE_CLASS,
            "accessModes": ["ReadWriteOnce"],
            "resources": {"requests": {"storage": f"{gib}Gi"}},
        }
    }


def _resources(amounts: ResourceTotals) -> dict[str, Any]:
    """Requests, and twice the memory at most; of CPU each may take what the node has spare."""
    return {
        "requests": {"cpu": cpu(amounts.cpu_millicores), "memory": memory(amounts.memory_mib)},
        "limits": {"memory": memory(amounts.memory_mib * 2)},
    }
