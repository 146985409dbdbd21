"""The values that charts are given: each key in use, listed with the file it was found in.

A chart ignores a key that it does not know: one misspelt, or dropped by a new version, installs
something else than what is written here. A key that is not listed is refused. Raising a
version means reading its values file again and moving the version here too.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from typing import Any

from rendering.shared.chart_images import image_keys
from rendering.shared.chart_keys import ChartValues
from rendering.workflows.temporal_keys import TEMPORAL_KEYS


class UnlistedChartValue(ValueError):  # noqa: N818 - says what is wrong, as callers read it
    """A chart is given a key that its list doesn't have, or is installed at another version."""


def check_values(chart: str, version: str, values: Mapping[str, Any]) -> None:
    """Raise UnlistedChartValue unless every key of `values` is listed for that chart and version.

    Those of images are listed with these (`scaleplan.images.charts`). Keys are written with dots,
    `settings.clusterName`. A list's items are not looked into.
    """
    listed = CHART_VALUES.get(chart)
    if listed is None:
        raise UnlistedChartValue(f"chart {chart}: no list of its values' keys")
    if listed.version != version:
        raise UnlistedChartValue(
            f"chart {chart} {version}: its values' keys are listed for {listed.version}; "
            f"compare them with the new values file ({listed.source})"
        )
    of_images = image_keys(chart, version)
    unknown = [key for key in keys_of(values) if key not in of_images and not listed.allows(key)]
    if unknown:
        key = unknown[0]
        near = difflib.get_close_matches(key, listed.keys, n=1)
        hint = f"; nearest: {near[0]}" if near else ""
        raise UnlistedChartValue(
            f"chart {chart} {version}: {', '.join(unknown)} not among its listed keys{hint}"
        )


def keys_of(values: Mapping[str, Any], above: str = "") -> Iterator[str]:
    """The key of every leaf, with dots; an empty object is a leaf."""
    for key, value in values.items():
        path = f"{above}.{key}" if above else key
        if isinstance(value, Mapping) and value:
            yield from keys_of(value, path)
        else:
            yield path


_LISTS = (
    ChartValues(
        chart="keda",
        version="2.20.2",
        source="kedacore/charts v2.20.2, keda/values.yaml",
        keys=frozenset(
            {
                "crds.additionalAnnotations.*",
                "metricsServer.replicaCount",
                "nodeSelector.*",
                "operator.replicaCount",
                "podDisruptionBudget.metricServer",
                "podDisruptionBudget.metricServer.*",
                "podDisruptionBudget.operator",
                "podDisruptionBudget.operator.*",
                "podDisruptionBudget.webhooks",
                "podDisruptionBudget.webhooks.*",
                "prometheus.operator.enabled",
                "resources.metricServer.*",
                "resources.operator.*",
                "resources.webhooks.*",
                "topologySpreadConstraints.metricsServer",
                "topologySpreadConstraints.operator",
                "topologySpreadConstraints.webhooks",
                "watchNamespace",
                "webhooks.replicaCount",
            }
        ),
    ),
    ChartValues(
        chart="aws-load-balancer-controller",
        version="3.5.0",
        source="kubernetes-sigs/aws-load-balancer-controller v3.5.0, "
        "helm/aws-load-balancer-controller/values.yaml",
        keys=frozenset(
            {
                "clusterName",
                "controllerConfig.featureGates.*",
                "createIngressClassResource",
                "enableBackendSecurityGroup",
                "enableServiceMutatorWebhook",
                "enableShield",
                "enableWaf",
                "enableWafv2",
                "ingressClassParams.create",
                "nodeSelector.*",
                "podDisruptionBudget",
                "podDisruptionBudget.*",
                "region",
                "replicaCount",
                "resources.*",
                "serviceAccount.name",
                "vpcId",
                "watchNamespace",
                "webhookConfig.disableIngressValidation",
            }
        ),
    ),
    TEMPORAL_KEYS,
    ChartValues(
        chart="metrics-server",
        version="3.13.1",
        source="kubernetes-sigs/metrics-server 3.13.1, charts/metrics-server/values.yaml",
        keys=frozenset(
            {
                "nodeSelector.*",
                "podDisruptionBudget.enabled",
                "podDisruptionBudget.maxUnavailable",
                "podDisruptionBudget.unhealthyPodEvictionPolicy",
                "replicas",
                "resources.*",
                "topologySpreadConstraints",
            }
        ),
    ),
    ChartValues(
        chart="external-dns",
        version="1.21.1",
        source="kubernetes-sigs/external-dns external-dns-helm-chart-1.21.1, "
        "charts/external-dns/values.yaml",
        keys=frozenset(
            {
                "domainFilters",
                "env",
                "extraArgs.*",
                "managedRecordTypes",
                "nodeSelector.*",
                "policy",
                "provider.name",
                "registry",
                "resources.*",
                "serviceAccount.name",
                "sources",
                "txtOwnerId",
            }
        ),
    ),
    ChartValues(
        chart="karpenter-crd",
        version="1.14.1",
        source="aws/karpenter-provider-aws v1.14.1, charts/karpenter-crd/values.yaml",
        keys=frozenset({"additionalAnnotations.*"}),
    ),
    ChartValues(
        chart="prometheus-operator-crds",
        version="31.0.1",
        source="prometheus-community/helm-charts prometheus-operator-crds-31.0.1, "
        "charts/prometheus-operator-crds/values.yaml",
        keys=frozenset({"crds.annotations.*"}),
    ),
    ChartValues(
        chart="karpenter",
        version="1.14.1",
        source="aws/karpenter-provider-aws v1.14.1, charts/karpenter/values.yaml",
        keys=frozenset(
            {
                "controller.resources.*",
                "nodeSelector.*",
                "replicas",
                "serviceAccount.name",
                "settings.clusterName",
                "settings.eksControlPlane",
                "settings.interruptionQueue",
            }
        ),
    ),
    ChartValues(
        chart="kube-prometheus-stack",
        version="88.5.3",
        source="prometheus-community/helm-charts cf408a2, charts/kube-prometheus-stack/values.yaml"
        " and those of its sub-charts kube-state-metrics 8.4.0, prometheus-node-exporter 4.56.1 and"
        " grafana 12.11.1 (grafana-community/helm-charts), charts/*/values.yaml",
        keys=frozenset(
            {
                "alertmanager.alertmanagerSpec.nodeSelector.*",
                "alertmanager.alertmanagerSpec.podAntiAffinity",
                "alertmanager.alertmanagerSpec.replicas",
                "alertmanager.alertmanagerSpec.resources.*",
                "alertmanager.alertmanagerSpec.secrets",
                "alertmanager.alertmanagerSpec.storage.*",
                "alertmanager.config",
                "alertmanager.config.*",
                "alertmanager.podDisruptionBudget.enabled",
                "alertmanager.serviceAccount.name",
                "cleanPrometheusOperatorObjectNames",
                "defaultRules.disabled.*",
                "grafana.admin.existingSecret",
                "grafana.defaultDashboardsEditable",
                "grafana.deploymentStrategy.*",
                "grafana.initChownData.enabled",
                "grafana.nodeSelector.*",
                "grafana.persistence.enabled",
                "grafana.persistence.size",
                "grafana.persistence.storageClassName",
                "grafana.resources.*",
                "grafana.sidecar.resources.*",
                "grafana.testFramework.enabled",
                "kube-state-metrics.customResourceState.config.*",
                "kube-state-metrics.customResourceState.enabled",
                "kube-state-metrics.nodeSelector.*",
                "kube-state-metrics.rbac.extraRules",
                "kube-state-metrics.resources.*",
                "kubeControllerManager.enabled",
                "kubeEtcd.enabled",
                "kubeProxy.enabled",
                "kubeScheduler.enabled",
                "prometheus-node-exporter.namespaceOverride",
                "prometheus-node-exporter.prometheus.monitor.relabelings",
                "prometheus-node-exporter.resources.*",
                "prometheus.podDisruptionBudget.enabled",
                "prometheus.prometheusSpec.evaluationInterval",
                "prometheus.prometheusSpec.nodeSelector.*",
                "prometheus.prometheusSpec.podAntiAffinity",
                "prometheus.prometheusSpec.podMonitorSelectorNilUsesHelmValues",
                "prometheus.prometheusSpec.probeSelectorNilUsesHelmValues",
                "prometheus.prometheusSpec.replicas",
                "prometheus.prometheusSpec.resources.*",
                "prometheus.prometheusSpec.retention",
                "prometheus.prometheusSpec.retentionSize",
                "prometheus.prometheusSpec.ruleSelectorNilUsesHelmValues",
                "prometheus.prometheusSpec.scrapeConfigSelectorNilUsesHelmValues",
                "prometheus.prometheusSpec.scrapeInterval",
                "prometheus.prometheusSpec.serviceMonitorSelectorNilUsesHelmValues",
                "prometheus.prometheusSpec.storageSpec.*",
                "prometheusOperator.admissionWebhooks.patch.nodeSelector.*",
                "prometheusOperator.nodeSelector.*",
                "prometheusOperator.prometheusConfigReloader.resources.*",
                "prometheusOperator.resources.*",
            }
        ),
    ),
    ChartValues(
        chart="prometheus-adapter",
        version="5.3.0",
        source="prometheus-community/helm-charts cf408a2, charts/prometheus-adapter/values.yaml",
        keys=frozenset(
            {
                "nodeSelector.*",
                "podDisruptionBudget.enabled",
                "podDisruptionBudget.maxUnavailable",
                "podDisruptionBudget.unhealthyPodEvictionPolicy",
                "prometheus.port",
                "prometheus.url",
                "replicas",
                "resources.*",
                "rules.custom",
                "rules.default",
                "rules.external",
                "topologySpreadConstraints",
            }
        ),
    ),
    ChartValues(
        chart="stackgres-operator",
        version="1.18.6",
        source="ongres/stackgres 1.18.6, stackgres-k8s/install/helm/stackgres-operator/values.yaml",
        keys=frozenset(
            {
                "allowedNamespaces",
                "deploy.collector",
                "deploy.operator",
                "deploy.restapi",
                "jobs.nodeSelector.*",
                "operator.nodeSelector.*",
                "operator.resources.*",
            }
        ),
    ),
)

CHART_VALUES: Mapping[str, ChartValues] = {listed.chart: listed for listed in _LISTS}
"""By the chart's own short name."""
