"""Prometheus, Alertmanager and Grafana by their chart, in a namespace of their own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_kubernetes as k8s
import pulumi_random as random
from pulumi import ComponentResource, Input, Output, ResourceOptions
from pulumi_kubernetes.apiextensions import CustomResource

from components.cluster.handle import ClusterHandle
from components.shared.chart_release import ON_SYSTEM_NODES, chart_release, definitions_release
from components.shared.computed_text import computed_text
from components.shared.place import Place
from rendering.observability.alertmanager import CHANNELS_SECRET, Topics, alertmanager_config
from rendering.observability.prometheus_stack import (
    DASHBOARD_LABEL,
    GRAFANA_SECRET,
    NAMESPACE,
    NODE_NAMESPACE,
    stack_values,
)
from scaleplan.cluster import charts
from scaleplan.observability.alerts import AlertsSettings, ObservabilityPlan
from scaleplan.sizes import ObservabilitySettings

GRAFANA_PASSWORD_LENGTH = 32
LEVEL_LABEL = "pod-security.kubernetes.io/enforce"


@dataclass(frozen=True, kw_only=True)
class PrometheusStackArgs:
    """What the chart runs, what it evaluates and shows, and whom it tells."""

    place: Place
    cluster: ClusterHandle

    settings: ObservabilitySettings
    """Copies, disk, memory and retention of Prometheus and Alertmanager."""

    plan: ObservabilityPlan
    """Intervals and thresholds of the plan."""

    alerts: AlertsSettings
    """Where pages and tickets go."""

    topics: Mapping[str, Input[str]]
    """ARNs of the topics, by route."""

    alertmanager_role: pulumi.Resource
    """The permission to publish to the topics, which Alertmanager's pods get when they are
    admitted."""

    channels: Mapping[str, Input[str]]
    """Secrets of the other ways, by the file that Alertmanager reads; empty for none."""

    rule_groups: Sequence[Mapping[str, Any]]
    """Recording and alerting rules that Prometheus evaluates."""

    dashboards: Mapping[str, str]
    """Dashboards that Grafana shows, JSON by name."""

    watches_citus: bool
    """Whether there is a coordinator of Citus to watch."""


class PrometheusStack(ComponentResource):
    """The chart's release, which `ready` stands for: it defines the kinds of monitors and rules."""

    namespace: Output[str]
    namespace_ready: pulumi.Resource
    ready: pulumi.Resource
    grafana_password: Output[str]

    def __init__(
        self, name: str, args: PrometheusStackArgs, opts: ResourceOptions | None = None
    ) -> None:
        settings = args.settings
        summary = {
            "prometheusReplicas": settings.prometheus_replicas,
            "alertmanagerReplicas": settings.alertmanager_replicas,
            "retentionDays": settings.retention_days,
            "alerts": sum("alert" in rule for group in args.rule_groups for rule in group["rules"]),
            "dashboards": len(args.dashboards),
        }
        super().__init__("researchflow:observability:PrometheusStack", name, summary, opts)
        self._name, self._args = name, args
        namespace = self._build_namespace("namespace", NAMESPACE, "restricted")
        nodes = self._build_namespace("node-namespace", NODE_NAMESPACE, "privileged")
        self.namespace_ready = namespace
        self.namespace = namespace.metadata.name.apply(str)
        self.grafana_password = self._build_password()
        secrets = [self._build_grafana_secret(), *self._build_channels()]
        definitions = self._build_definitions(namespace)
        first = [nodes, args.alertmanager_role, *secrets, definitions]
        self.ready = self._build_release(first)
        self._build_rules()
        self._build_dashboards()
        self.register_outputs({"namespace": self.namespace})

    def _build_namespace(self, role: str, name: str, level: str) -> k8s.core.v1.Namespace:
        return k8s.core.v1.Namespace(
            f"{self._name}-{role}",
            metadata=k8s.meta.v1.ObjectMetaArgs(name=name, labels={LEVEL_LABEL: level}),
            # Deleting a namespace deletes all in it.
            opts=ResourceOptions(
                parent=self, protect=self._args.place.protect, depends_on=[self._args.cluster.ready]
            ),
        )

    def _build_password(self) -> Output[str]:
        return Output.secret(
            computed_text(
                random.RandomPassword(
                    f"{self._name}-grafana",
                    length=GRAFANA_PASSWORD_LENGTH,
                    special=False,
                    opts=ResourceOptions(parent=self),
                ).result
            )
        )

    def _build_grafana_secret(self) -> pulumi.Resource:
        return self._build_secret(
            "grafana",
            GRAFANA_SECRET,
            {"admin-user": "admin", "admin-password": self.grafana_password},
        )

    def _build_channels(self) -> list[pulumi.Resource]:
        """What Alertmanager reads from files, and no configuration shows."""
        channels = self._args.channels
        return [self._build_secret("channels", CHANNELS_SECRET, channels)] if channels else []

    def _build_secret(
        self, role: str, name: str, values: Mapping[str, Input[str]]
    ) -> pulumi.Resource:
        return k8s.core.v1.Secret(
            f"{self._name}-{role}",
            metadata=k8s.meta.v1.ObjectMetaArgs(name=name, namespace=self.namespace),
            string_data={key: Output.secret(value) for key, value in values.items()},
            opts=ResourceOptions(parent=self),
        )

    def _build_definitions(self, namespace: pulumi.Resource) -> pulumi.Resource:
        return definitions_release(
            self,
            f"{self._name}-crds",
            charts.PROMETHEUS_DEFINITIONS,
            namespace=NAMESPACE,
            protect=self._args.place.protect,
            wait_for=[namespace],
        )

    def _build_release(self, after: Sequence[pulumi.Resource]) -> pulumi.Resource:
        args = self._args
        config = Output.all(**args.topics).apply(
            lambda arns: alertmanager_config(args.alerts, args.place.region, Topics(**arns))
        )
        return chart_release(
            self,
            f"{self._name}-release",
            charts.KUBE_PROMETHEUS_STACK,
            namespace=NAMESPACE,
            images=args.place.images,
            wait_for=[args.cluster.ready, *after],
            values=stack_values(
                args.settings,
                args.plan,
                node_selector=ON_SYSTEM_NODES,
                alertmanager_config=config,
                has_channels=bool(args.channels),
                watches_citus=args.watches_citus,
            ),
        )

    def _build_rules(self) -> None:
        CustomResource(
            f"{self._name}-rules",
            api_version="monitoring.coreos.com/v1",
            kind="PrometheusRule",
            metadata=k8s.meta.v1.ObjectMetaArgs(name="researchflow", namespace=self.namespace),
            spec={"groups": [dict(group) for group in self._args.rule_groups]},
            opts=ResourceOptions(parent=self, depends_on=[self.ready]),
        )

    def _build_dashboards(self) -> None:
        # One ConfigMap each: together they would come near the megabyte that an object may have.
        for dashboard, text in self._args.dashboards.items():
            k8s.core.v1.ConfigMap(
                f"{self._name}-dashboard-{dashboard}",
                metadata=k8s.meta.v1.ObjectMetaArgs(
                    name=f"dashboard-{dashboard}",
                    namespace=self.namespace,
                    labels=DASHBOARD_LABEL,
                ),
                data={f"{dashboard}.json": text},
                opts=ResourceOptions(parent=self),
            )
