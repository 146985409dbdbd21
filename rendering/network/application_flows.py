"""Rows of the flow table: what the applications, PgBouncer and the database's Jobs talk to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network

from rendering.citus import names as citus_names
from rendering.network.controller_flows import HTTPS_PORT, dns_flows
from rendering.network.flow import Flow, Networks, Pods, flows_of
from rendering.shared.endpoints import COLLABORATION, NAMESPACE, ORCHESTRATOR, WEB
from scaleplan.applications.workloads import WORKER


def application_pods(application: str) -> Pods:
    """Pods of the applications' namespace by the label that their Service selects."""
    return Pods(name=application, namespace=NAMESPACE, labels=(("app", application),))


ORCHESTRATOR_PODS = application_pods(ORCHESTRATOR.application)
WORKER_PODS = application_pods(WORKER)
COLLABORATION_PODS = application_pods(COLLABORATION.application)
WEB_PODS = application_pods(WEB.application)
PGBOUNCER_PODS = application_pods("pgbouncer")
BOOTSTRAP_PODS = application_pods("database-bootstrap")
MIGRATION_PODS = application_pods("database-migration")
RECONNECT_PODS = application_pods("pooler-reconnect")

CONNECTED = (ORCHESTRATOR_PODS, WORKER_PODS, COLLABORATION_PODS)
"""Applications that use database, cache and queue; the frontend's pods serve files alone."""

CITUS = Pods(name="Citus", namespace=citus_names.NAMESPACE, guarded=False)
"""Its servers have a policy of their own, beside the operator's objects."""

DISTRIBUTION_PODS = Pods(
    name=citus_names.DISTRIBUTION,
    namespace=citus_names.NAMESPACE,
    labels=(("app", citus_names.DISTRIBUTION),),
)
"""The job that distributes tables, beside those servers, with the superuser's password."""

POD_IDENTITY_AGENT = Networks(
    name="EKS Pod Identity agent", networks=(IPv4Network("169.254.170.23/32"),)
)
POD_IDENTITY_PORT = 80
"""Where the agent of each node gives pods their AWS credentials (EKS user guide, "EKS Pod
Identity", considerations)."""

PRIVATE_NETWORKS = tuple(
    IPv4Network(text)
    for text in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "169.254.0.0/16")
)
PUBLIC_ADDRESSES = Networks(
    name="public addresses", networks=(IPv4Network("0.0.0.0/0"),), without=PRIVATE_NETWORKS
)
"""S3 answers on public addresses, also by its gateway endpoint; literature services and AI models
are out there. Nothing private is among them, so a pod gets no further into the VPC by this."""


@dataclass(frozen=True, kw_only=True)
class StoreNetworks:
    """Where the stores are, and at which ports.

    `balancer` are the load balancer's subnets, `data` those of databases, caches and brokers.
    `job_port` is the broker's where there is one. `citus` says that tenants' data is on Citus.
    """

    balancer: tuple[IPv4Network, ...]
    data: tuple[IPv4Network, ...]
    database_port: int
    cache_port: int
    session_port: int
    job_port: int
    pooler_port: int
    citus: bool


def application_flows(stores: StoreNetworks) -> list[Flow]:
    """All rows of the applications' namespace but those of names."""
    return [*_requests(stores), *_stores(stores), *_databases(stores)]


def _requests(stores: StoreNetworks) -> list[Flow]:
    balancer = Networks(name="load balancer", networks=stores.balancer)
    served = {
        ORCHESTRATOR_PODS: ORCHESTRATOR.port,
        COLLABORATION_PODS: COLLABORATION.port,
        WEB_PODS: WEB.port,
    }
    return [
        Flow(source=balancer, destination=pods, ports=(port,), why="requests and health checks")
        for pods, port in served.items()
    ]


def _stores(stores: StoreNetworks) -> list[Flow]:
    cache = Networks(name="cache", networks=stores.data)
    queue = Networks(name="queue", networks=stores.data)
    artifacts = (ORCHESTRATOR_PODS, WORKER_PODS)
    sessions = (ORCHESTRATOR_PODS, COLLABORATION_PODS)
    return [
        *dns_flows((*CONNECTED, PGBOUNCER_PODS, BOOTSTRAP_PODS, MIGRATION_PODS, RECONNECT_PODS)),
        *flows_of(CONNECTED, PGBOUNCER_PODS, (stores.pooler_port,), "the database, pooled"),
        *flows_of(
            (RECONNECT_PODS, *((DISTRIBUTION_PODS,) if stores.citus else ())),
            PGBOUNCER_PODS,
            (stores.pooler_port,),
            "new server connections, after tables have changed",
        ),
        *flows_of(CONNECTED, cache, (stores.cache_port,), "cached answers; the editors' channel"),
        *flows_of(artifacts, queue, (stores.job_port,), "jobs"),
        *flows_of(sessions, queue, (stores.session_port,), "sessions"),
        *flows_of(artifacts, POD_IDENTITY_AGENT, (POD_IDENTITY_PORT,), "credentials of AWS"),
        *flows_of(artifacts, PUBLIC_ADDRESSES, (HTTPS_PORT,), "artifacts in S3; outside services"),
    ]


def _databases(stores: StoreNetworks) -> list[Flow]:
    """Servers themselves: for PgBouncer, and for the Jobs that mustn't go through it."""
    rds = Networks(name="RDS", networks=stores.data)
    direct: Sequence[tuple[Pods, str]] = (
        (PGBOUNCER_PODS, "server connections"),
        (MIGRATION_PODS, "migrations, past the pooler"),
    )
    rows = [
        Flow(source=pods, destination=rds, ports=(stores.database_port,), why=why)
        for pods, why in (*direct, (BOOTSTRAP_PODS, "roles and extensions"))
    ]
    if stores.citus:
        # The Service's port and the pod's: the operator's Services select by labels that change
        # with a failover, so no label is named, and every Service of the namespace is compared.
        ports = (citus_names.PORT, citus_names.SERVER_PORT)
        rows += [Flow(source=pods, destination=CITUS, ports=ports, why=why) for pods, why in direct]
    return rows
