"""Observability: metrics of every layer, alerts that reach somebody, dashboards, own alarms."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_aws as aws
import pulumi_kubernetes as k8s
from pulumi import ComponentResource, Input, Output, ResourceOptions
from pulumi_kubernetes.apiextensions import CustomResource

from components.cluster.handle import ClusterHandle
from components.database.credentials import RoleCredentials
from components.identity.encryption import Keys
from components.network.network_policies import NetworkPolicies, NetworkPoliciesArgs
from components.observability.alarms import Alarms, AlarmsArgs, metric_alarm
from components.observability.alert_topics import AlertTopics, AlertTopicsArgs
from components.observability.exporters import Exporters, ExportersArgs, PostgresTarget, RedisTarget
from components.observability.prometheus_stack import PrometheusStack, PrometheusStackArgs
from components.shared.chart_release import (
    ON_SYSTEM_NODES,
    apart,
    chart_release,
    disruption_budget,
    resources_of,
)
from components.shared.place import Place
from rendering.identity.key_policies import alarm_key_policy
from rendering.network.flow import Flow
from rendering.observability.alerting.rule import Route
from rendering.observability.alertmanager import HEARTBEAT
from rendering.observability.cloudwatch_alarms import Alarm, certificate_alarm, heartbeat_alarm
from rendering.observability.cloudwatch_exporter import GLOBAL_REGION
from rendering.observability.prometheus_stack import NAMESPACE, PROMETHEUS_PORT, PROMETHEUS_SERVICE
from rendering.observability.scrape_targets import Target
from scaleplan.cluster import charts
from scaleplan.layers import QueuePlan
from scaleplan.observability.alerts import AlertsSettings, ObservabilityPlan
from scaleplan.sizes import ObservabilitySettings, QueueSettings

PAGE, TICKET = str(Route.PAGE), str(Route.TICKET)
_TOPIC_NAMES = {PAGE: "pages", TICKET: "tickets", HEARTBEAT: HEARTBEAT}
KEY_DELETION_DAYS = 30


def topic_names() -> list[str]:
    """How the names of the topics end, the prefix before them."""
    return list(_TOPIC_NAMES.values())


@dataclass(frozen=True, kw_only=True)
class ObservabilityArgs:
    """Everything that is watched, by which rules, and who is told."""

    place: Place
    keys: Keys
    cluster: ClusterHandle

    settings: ObservabilitySettings
    """Copies, disk, memory and retention of Prometheus and Alertmanager."""

    plan: ObservabilityPlan
    """Intervals and thresholds of the plan."""

    alerts: AlertsSettings
    """Where pages and tickets go, and who subscribes by mail."""

    channels: Mapping[str, Input[str]]
    """Secrets of Slack and PagerDuty, by the file that Alertmanager reads; empty where neither is
    asked for."""

    rule_groups: Sequence[Mapping[str, Any]]
    """Recording and alerting rules of Prometheus, rendered from the plan and the stack's sizes."""

    dashboards: Mapping[str, str]
    """Grafana's dashboards, JSON by name, rendered from the same."""

    targets: Sequence[Target]
    """Monitors of what has metrics of its own, rendered from the same."""

    alarms: Sequence[Alarm]
    """CloudWatch's alarms, rendered from the same."""

    adapter_rules: Mapping[str, Any]
    """Rules by which the metrics adapter serves custom metrics, rendered from the same."""

    cloudwatch_config: str
    """The CloudWatch exporter's file, rendered from the same."""

    alertmanager_role: pulumi.Resource
    """The permission to publish to the topics, which Alertmanager's pods get when they are
    admitted."""

    cloudwatch_role: pulumi.Resource
    """The permission to read CloudWatch, which the exporter's pod gets when it is admitted."""

    instances: Sequence[Input[str]]
    """RDS identifiers, outputs of the instances themselves."""

    primary: str
    """The primary's identifier, as plain text."""

    certificates: Mapping[str, tuple[str, Input[str]]]
    """Region and ARN of each certificate, by what it is for; empty without a domain."""

    cache: RedisTarget
    """The cache's Redis."""

    queue: RedisTarget
    """The queue's Redis."""

    servers: Sequence[PostgresTarget]
    """PostgreSQL servers: RDS's instances and Citus' coordinator."""

    monitor: RoleCredentials
    """The role that the servers' statistics are read by."""

    queue_plan: QueuePlan
    """The plan's queues by name, whose jobs are counted."""

    jobs: QueueSettings
    """What carries the jobs, and the libraries whose keys are read."""

    replicas: int
    """How many pods the metrics adapter has."""

    watches_citus: bool
    """Whether there is a coordinator of Citus to watch."""

    flows: Sequence[Flow]
    """The table of allowed connections."""

    event_rules_page: bool
    """Whether the stack has rules of EventBridge that page."""


class Observability(ComponentResource):
    """Prometheus, Alertmanager and Grafana, exporters, CloudWatch's alarms, and the topics of all.

    Nobody reaches it from outside: Grafana and Prometheus are for `kubectl port-forward`.
    `metrics_ready` is what an autoscaler on requests waits for.
    """

    namespace: Output[str]
    metrics_ready: pulumi.Resource
    grafana_password: Output[str]
    topic_arns: dict[str, Output[str]]

    def __init__(
        self, name: str, args: ObservabilityArgs, opts: ResourceOptions | None = None
    ) -> None:
        summary = {
            "alarms": len(args.alarms),
            "targets": len(args.targets),
            "pages": str(args.alerts.page),
            "tickets": str(args.alerts.ticket),
        }
        super().__init__("researchflow:observability:Observability", name, summary, opts)
        self._name, self._args = name, args
        self.topic_arns = self._build_topics()
        self._build_alarms()
        stack = self._build_stack()
        self.namespace = stack.namespace
        NetworkPolicies(
            f"{name}-network",
            NetworkPoliciesArgs(
                namespace=NAMESPACE,
                flows=args.flows,
                closed=True,
                namespace_ready=stack.namespace_ready,
            ),
            ResourceOptions(parent=self),
        )
        self.grafana_password = stack.grafana_password
        self._build_targets(stack)
        self._build_exporters(stack)
        self.metrics_ready = self._build_adapter(stack)
        self.register_outputs({"topicArns": self.topic_arns})

    def _build_topics(self) -> dict[str, Output[str]]:
        args = self._args
        topics = AlertTopics(
            f"{self._name}-topics",
            AlertTopicsArgs(
                place=args.place,
                names=topic_names(),
                subscribed=[_TOPIC_NAMES[PAGE], _TOPIC_NAMES[TICKET]],
                emails=args.alerts.emails,
                key_arn=args.keys.logs_arn,
                event_rules=[_TOPIC_NAMES[PAGE]] if args.event_rules_page else (),
            ),
            ResourceOptions(parent=self),
        )
        return {route: topics.arns[topic] for route, topic in _TOPIC_NAMES.items()}

    def _build_alarms(self) -> None:
        args = self._args
        heartbeat = heartbeat_alarm(f"{args.place.prefix}-{HEARTBEAT}")
        alarms = [*args.alarms, heartbeat]
        parent = Alarms(
            f"{self._name}-alarms",
            AlarmsArgs(
                place=args.place,
                keys=args.keys,
                alarms={
                    route: [alarm for alarm in alarms if str(alarm.route) == route]
                    for route in (PAGE, TICKET)
                },
                topics={route: self.topic_arns[route] for route in (PAGE, TICKET)},
                instances=args.instances,
                primary=args.primary,
            ),
            ResourceOptions(parent=self),
        )
        abroad = any(region != args.place.region for region, _ in args.certificates.values())
        global_topic = self._build_global_topic() if abroad else self.topic_arns[PAGE]
        days = args.plan.certificate_days.critical
        for key, (region, arn) in args.certificates.items():
            # An alarm stands where its metric is, and so does the topic it tells.
            elsewhere = region != args.place.region
            metric_alarm(
                f"{self._name}-certificate-{key}",
                args.place.prefix,
                certificate_alarm(key, "", days),
                global_topic if elsewhere else self.topic_arns[PAGE],
                parent,
                region=region if elsewhere else None,
                dimensions={"CertificateArn": arn},
            )

    def _build_global_topic(self) -> Output[str]:
        """Pages from us-east-1, with a key there: no key serves two regions."""
        args = self._args
        key = aws.kms.Key(
            f"{self._name}-global",
            description=f"{args.place.prefix} alarms in {GLOBAL_REGION}",
            enable_key_rotation=True,
            deletion_window_in_days=KEY_DELETION_DAYS,
            policy=alarm_key_policy(args.place.account_id),
            region=GLOBAL_REGION,
            opts=ResourceOptions(parent=self, protect=args.place.protect),
        )
        return AlertTopics(
            f"{self._name}-global-topics",
            AlertTopicsArgs(
                place=args.place,
                names=[_TOPIC_NAMES[PAGE]],
                subscribed=[_TOPIC_NAMES[PAGE]],
                emails=args.alerts.emails,
                key_arn=key.arn,
                region=GLOBAL_REGION,
            ),
            ResourceOptions(parent=self),
        ).arns[_TOPIC_NAMES[PAGE]]

    def _build_stack(self) -> PrometheusStack:
        args = self._args
        return PrometheusStack(
            f"{self._name}-stack",
            PrometheusStackArgs(
                place=args.place,
                cluster=args.cluster,
                settings=args.settings,
                plan=args.plan,
                alerts=args.alerts,
                topics=self.topic_arns,
                alertmanager_role=args.alertmanager_role,
                channels=args.channels,
                rule_groups=args.rule_groups,
                dashboards=args.dashboards,
                watches_citus=args.watches_citus,
            ),
            ResourceOptions(parent=self),
        )

    def _build_targets(self, stack: PrometheusStack) -> None:
        for target in self._args.targets:
            CustomResource(
                f"{self._name}-target-{target.name}",
                api_version="monitoring.coreos.com/v1",
                kind=target.kind,
                metadata=k8s.meta.v1.ObjectMetaArgs(name=target.name, namespace=stack.namespace),
                spec=dict(target.spec),
                opts=ResourceOptions(parent=self, depends_on=[stack.ready]),
            )

    def _build_exporters(self, stack: PrometheusStack) -> None:
        args = self._args
        Exporters(
            f"{self._name}-exporters",
            ExportersArgs(
                images=args.place.images,
                namespace=stack.namespace,
                interval_seconds=args.plan.scrape_interval_seconds,
                queue_plan=args.queue_plan,
                jobs=args.jobs,
                cache=args.cache,
                queue=args.queue,
                servers=args.servers,
                monitor=args.monitor,
                cloudwatch_config=args.cloudwatch_config,
                cloudwatch_role=args.cloudwatch_role,
                after=[stack.ready],
            ),
            ResourceOptions(parent=self),
        )

    def _build_adapter(self, stack: PrometheusStack) -> pulumi.Resource:
        replicas = self._args.replicas
        return chart_release(
            self,
            f"{self._name}-adapter",
            charts.PROMETHEUS_ADAPTER,
            namespace=NAMESPACE,
            images=self._args.place.images,
            wait_for=[stack.ready],
            values={
                "replicas": replicas,
                "nodeSelector": ON_SYSTEM_NODES,
                "topologySpreadConstraints": apart("prometheus-adapter"),
                "podDisruptionBudget": {"enabled": replicas > 1, **disruption_budget(replicas)},
                "prometheus": {
                    "url": f"http://{PROMETHEUS_SERVICE}.{NAMESPACE}.svc",
                    "port": PROMETHEUS_PORT,
                },
                "rules": dict(self._args.adapter_rules),
                "resources": resources_of("prometheus-adapter"),
            },
        )
