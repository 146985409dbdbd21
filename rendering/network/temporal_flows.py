"""Rows of the flow table: Temporal's servers, its Jobs, and who asks it for work."""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import IPv4Network

from rendering.network.application_flows import (
    ORCHESTRATOR_PODS,
    PGBOUNCER_PODS,
    POD_IDENTITY_AGENT,
    POD_IDENTITY_PORT,
    PUBLIC_ADDRESSES,
    StoreNetworks,
    application_pods,
)
from rendering.network.controller_flows import HTTPS_PORT, KEDA_OPERATOR, dns_flows
from rendering.network.flow import Flow, Networks, Pods, flows_of
from rendering.network.monitoring_flows import PROMETHEUS
from rendering.shared.endpoints import METRICS_PORT
from rendering.workflows import temporal_names as names
from scaleplan.applications.workloads import WORKFLOW_WORKER

WORKFLOW_WORKER_PODS = application_pods(WORKFLOW_WORKER)


def _part(component: str) -> Pods:
    labels = tuple(names.role_labels(component).items())
    return Pods(name=f"temporal-{component}", namespace=names.NAMESPACE, labels=labels)


SERVERS = {role: _part(role) for role in names.MEMBERSHIP_PORTS}
JOBS = _part("database")
"""The Jobs of schema and namespace, which the chart labels alike."""
WEB = _part("web")


def temporal_flows(stores: StoreNetworks, *, keda: bool, web: bool) -> list[Flow]:
    """All rows of Temporal and of the workers of its workflows."""
    frontend = SERVERS["frontend"]
    callers: list[Pods] = [ORCHESTRATOR_PODS, WORKFLOW_WORKER_PODS, JOBS]
    callers += [KEDA_OPERATOR] if keda else []
    callers += [WEB] if web else []
    return [
        *flows_of(callers, frontend, (names.FRONTEND_PORT,), "workflows and their tasks"),
        *_among_servers(),
        *_database(stores.data, stores.database_port),
        *flows_of([PROMETHEUS], frontend, (names.METRICS_PORT,), "metrics"),
        *(
            flow
            for role, pods in SERVERS.items()
            if role != "frontend"
            for flow in flows_of([PROMETHEUS], pods, (names.METRICS_PORT,), "metrics")
        ),
        *dns_flows((*SERVERS.values(), JOBS, *((WEB,) if web else ()))),
        *_worker(stores),
    ]


def _among_servers() -> list[Flow]:
    """Each calls each by its address, and all agree on who has which shard."""
    rows: list[Flow] = []
    for role, pods in SERVERS.items():
        grpc = (names.GRPC_PORTS[role],) if role in names.GRPC_PORTS else ()
        ports = (*grpc, names.MEMBERSHIP_PORTS[role])
        rows += flows_of(list(SERVERS.values()), pods, ports, "shards, tasks and membership")
    return rows


def _database(networks: Sequence[IPv4Network], port: int) -> list[Flow]:
    rds = Networks(name="RDS", networks=tuple(networks))
    return flows_of([*SERVERS.values(), JOBS], rds, (port,), "its two databases, past the pooler")


def _worker(stores: StoreNetworks) -> list[Flow]:
    """What the orchestrator's activities reach, without requests from outside."""
    cache = Networks(name="cache", networks=stores.data)
    queue = Networks(name="queue", networks=stores.data)
    worker = [WORKFLOW_WORKER_PODS]
    return [
        *dns_flows(tuple(worker)),
        *flows_of(worker, PGBOUNCER_PODS, (stores.pooler_port,), "the database, pooled"),
        *flows_of(worker, cache, (stores.cache_port,), "cached answers"),
        *flows_of(worker, queue, (stores.job_port,), "jobs"),
        *flows_of(worker, POD_IDENTITY_AGENT, (POD_IDENTITY_PORT,), "credentials of AWS"),
        *flows_of(worker, PUBLIC_ADDRESSES, (HTTPS_PORT,), "artifacts in S3; outside services"),
        *flows_of([PROMETHEUS], WORKFLOW_WORKER_PODS, (METRICS_PORT,), "metrics"),
    ]
