"""One ComponentResource per layer of the plan. Reads no config and calls no AWS."""

from components.applications.artifacts import Artifacts
from components.applications.collaboration import Collaboration
from components.applications.connections import Connections
from components.applications.orchestrator import Orchestrator
from components.applications.registry import Registry
from components.applications.web import Web
from components.applications.worker import Worker
from components.citus.citus import Citus
from components.cluster.cluster import Cluster
from components.cluster.platform import Platform
from components.database.bootstrap import DatabaseBootstrap
from components.database.credentials import DatabaseCredentials
from components.database.database import Database
from components.database.migration import DatabaseMigration
from components.database.pgbouncer import Pgbouncer
from components.database.pooler_admin import PoolerAdmin
from components.database.pooler_reconnect import PoolerReconnect
from components.edge.dns import Dns, HomeCell
from components.edge.edge import Edge
from components.edge.external_dns import ExternalDns
from components.edge.ingress import Ingress
from components.edge.site_certificate import SiteCertificate
from components.edge.site_entry import SiteEntry
from components.identity.audit import Audit
from components.identity.authority import Authority
from components.identity.break_glass import BreakGlass
from components.identity.encryption import Encryption
from components.identity.pod_roles import PodRoles
from components.network.network import Network
from components.observability.observability import Observability
from components.queue.broker import Broker
from components.queue.queue import Queue
from components.recovery.disaster_recovery import DisasterRecovery
from components.recovery.primary_site import PrimarySite
from components.redis.cache import Cache
from components.workflows.temporal import Temporal

__all__ = [
    "Artifacts",
    "Audit",
    "Authority",
    "BreakGlass",
    "Broker",
    "Cache",
    "Citus",
    "Cluster",
    "Collaboration",
    "Connections",
    "Database",
    "DatabaseBootstrap",
    "DatabaseCredentials",
    "DatabaseMigration",
    "DisasterRecovery",
    "Dns",
    "Edge",
    "Encryption",
    "ExternalDns",
    "HomeCell",
    "Ingress",
    "Network",
    "Observability",
    "Orchestrator",
    "Pgbouncer",
    "Platform",
    "PodRoles",
    "PoolerAdmin",
    "PoolerReconnect",
    "PrimarySite",
    "Queue",
    "Registry",
    "SiteCertificate",
    "SiteEntry",
    "Temporal",
    "Web",
    "Worker",
]
