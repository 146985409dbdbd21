"""Rows of the flow table: what Prometheus reads, who reads Prometheus, and whom alerts go to."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Network

from rendering.citus import names as citus_names
from rendering.network.application_flows import (
    CITUS,
    CONNECTED,
    PGBOUNCER_PODS,
    POD_IDENTITY_AGENT,
    POD_IDENTITY_PORT,
    PUBLIC_ADDRESSES,
    WEB_PODS,
)
from rendering.network.controller_flows import (
    HTTPS_PORT,
    KEDA_OPERATOR,
    KUBELET_PORT,
    NAME_LABEL,
    api_server_flows,
    dns_flows,
)
from rendering.network.flow import Flow, Networks, Pods, flows_of
from rendering.observability.exporters import (
    CLOUDWATCH_EXPORTER_PORT,
    POSTGRES_EXPORTER_PORT,
    REDIS_EXPORTER_PORT,
)
from rendering.observability.prometheus_stack import NAMESPACE
from rendering.observability.scrape_targets import KEDA_METRICS_PORT
from rendering.shared.endpoints import METRICS_PORT

# Of the chart at its pinned version (charts/kube-prometheus-stack and its sub-charts).
PROMETHEUS_PORT = 9090
ALERTMANAGER_PORT = 9093
ALERTMANAGER_MESH_PORT = 9094
GRAFANA_PORT = 3000
STATE_METRICS_PORT = 8080
OPERATOR_PORT = 10250
NODE_EXPORTER_PORT = 9100
RELOADER_PORT = 8080
ADAPTER_PORT = 6443
COREDNS_METRICS_PORT = 9153
KARPENTER_METRICS_PORT = 8080

_EXPORTER_PART = "researchflow.io/exporter"


def _named(name: str, *, label: str = NAME_LABEL, value: str | None = None) -> Pods:
    return Pods(name=name, namespace=NAMESPACE, labels=((label, value or name),))


PROMETHEUS = _named("prometheus")
ALERTMANAGER = _named("alertmanager")
GRAFANA = _named("grafana")
STATE_METRICS = _named("kube-state-metrics")
OPERATOR = _named("prometheus-operator", label="app", value="kube-prometheus-stack-operator")
WEBHOOK_JOBS = (
    _named("webhook-create", label="app", value="kube-prometheus-stack-admission-create"),
    _named("webhook-patch", label="app", value="kube-prometheus-stack-admission-patch"),
)
"""Jobs of the release that make the webhook's certificate."""

ADAPTER = _named("prometheus-adapter")
CACHE_EXPORTER = _named("redis-exporter-cache", label="app")
QUEUE_EXPORTER = _named("redis-exporter-queue", label="app")
POSTGRES_EXPORTERS = _named("postgres-exporters", label=_EXPORTER_PART, value="postgres")
CLOUDWATCH_EXPORTER = _named("cloudwatch-exporter", label="app")

EXPORTER_LABELS = {"postgres": {_EXPORTER_PART: "postgres"}}
"""Of the exporters that share rows: there are as many as there are servers."""

COREDNS = Pods(
    name="DNS", namespace="kube-system", labels=(("k8s-app", "kube-dns"),), guarded=False
)
KARPENTER = Pods(
    name="Karpenter",
    namespace="kube-system",
    labels=((NAME_LABEL, "karpenter"),),
    guarded=False,
)


@dataclass(frozen=True, kw_only=True)
class MonitoringTopology:
    """What these rows depend on: networks, the stores' ports, and which layers a stack has."""

    vpc: IPv4Network
    services: IPv4Network
    data: tuple[IPv4Network, ...]
    redis_port: int
    database_port: int
    pooler_metrics_port: int
    keda: bool
    karpenter: bool
    citus: bool


def monitoring_flows(site: MonitoringTopology) -> list[Flow]:
    """All rows of the monitoring namespace."""
    return [
        *_scrapes(site),
        *_readers(site),
        *_exporters(site),
        *_alerts(),
        *_basics(site),
    ]


def _scrapes(site: MonitoringTopology) -> list[Flow]:
    machines = Networks(name="VPC", networks=(site.vpc,))
    rows = [
        *(flow for pods in (*CONNECTED, WEB_PODS) for flow in _scrape(pods, METRICS_PORT)),
        *_scrape(PGBOUNCER_PODS, site.pooler_metrics_port),
        *_scrape(STATE_METRICS, STATE_METRICS_PORT, STATE_METRICS_PORT + 1),
        *_scrape(OPERATOR, OPERATOR_PORT),
        *_scrape(GRAFANA, GRAFANA_PORT),
        *_scrape(ALERTMANAGER, ALERTMANAGER_PORT, RELOADER_PORT),
        *_scrape(PROMETHEUS, PROMETHEUS_PORT, RELOADER_PORT),
        *_scrape(CACHE_EXPORTER, REDIS_EXPORTER_PORT),
        *_scrape(QUEUE_EXPORTER, REDIS_EXPORTER_PORT),
        *_scrape(POSTGRES_EXPORTERS, POSTGRES_EXPORTER_PORT),
        *_scrape(CLOUDWATCH_EXPORTER, CLOUDWATCH_EXPORTER_PORT),
        *_scrape(COREDNS, COREDNS_METRICS_PORT),
        # On the machines' own network: no pod's address, so the VPC on their ports.
        *flows_of(
            [PROMETHEUS], machines, (KUBELET_PORT, NODE_EXPORTER_PORT), "metrics of machines"
        ),
    ]
    if site.keda:
        rows += _scrape(KEDA_OPERATOR, KEDA_METRICS_PORT)
    if site.karpenter:
        rows += _scrape(KARPENTER, KARPENTER_METRICS_PORT)
    if site.citus:
        rows += _scrape(CITUS, citus_names.PATRONI_PORT)
    return rows


def _scrape(pods: Pods, *ports: int) -> list[Flow]:
    return flows_of([PROMETHEUS], pods, ports, "metrics")


def _readers(site: MonitoringTopology) -> list[Flow]:
    api_server = Networks(name="VPC", networks=(site.vpc,))
    return [
        *flows_of([GRAFANA, ADAPTER], PROMETHEUS, (PROMETHEUS_PORT,), "queries"),
        *flows_of([GRAFANA], ALERTMANAGER, (ALERTMANAGER_PORT,), "alerts to show"),
        *flows_of([api_server], ADAPTER, (ADAPTER_PORT,), "API server asks metrics"),
        *flows_of([api_server], OPERATOR, (OPERATOR_PORT,), "API server asks the webhook"),
    ]


def _exporters(site: MonitoringTopology) -> list[Flow]:
    data = Networks(name="data subnets", networks=site.data)
    rows = [
        *flows_of([CACHE_EXPORTER, QUEUE_EXPORTER], data, (site.redis_port,), "statistics"),
        *flows_of([POSTGRES_EXPORTERS], data, (site.database_port,), "statistics"),
        *flows_of([CLOUDWATCH_EXPORTER], PUBLIC_ADDRESSES, (HTTPS_PORT,), "CloudWatch's metrics"),
    ]
    if site.citus:
        ports = (citus_names.PORT, citus_names.SERVER_PORT)
        rows += flows_of([POSTGRES_EXPORTERS], CITUS, ports, "statistics of the coordinator")
    return rows


def _alerts() -> list[Flow]:
    senders = [ALERTMANAGER, CLOUDWATCH_EXPORTER]
    return [
        *flows_of([PROMETHEUS], ALERTMANAGER, (ALERTMANAGER_PORT,), "alerts"),
        *flows_of(
            [ALERTMANAGER],
            ALERTMANAGER,
            (ALERTMANAGER_MESH_PORT,),
            "who sends which alert",
            ("TCP", "UDP"),
        ),
        *flows_of([ALERTMANAGER], PUBLIC_ADDRESSES, (HTTPS_PORT,), "SNS, PagerDuty, Slack"),
        *flows_of(senders, POD_IDENTITY_AGENT, (POD_IDENTITY_PORT,), "credentials of AWS"),
    ]


def _basics(site: MonitoringTopology) -> list[Flow]:
    """Names for whoever looks something up, and the API server for those that it is asked of."""
    ask_the_api = (PROMETHEUS, GRAFANA, STATE_METRICS, OPERATOR, ADAPTER, *WEBHOOK_JOBS)
    own = (ALERTMANAGER, CACHE_EXPORTER, QUEUE_EXPORTER, POSTGRES_EXPORTERS, CLOUDWATCH_EXPORTER)
    return [
        *dns_flows((*ask_the_api, *own)),
        *api_server_flows(ask_the_api, site.vpc, site.services),
    ]
