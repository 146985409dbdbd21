"""One ComponentResource per layer of the plan. Reads no config and calls no AWS."""

from components.artifacts import Artifacts
from components.audit import Audit
from components.authority import Authority
from components.break_glass import BreakGlass
from components.broker import Broker
from components.cache import Cache
from components.citus import Citus
from components.cluster import Cluster
from components.collaboration import Collaboration
from components.connections import Connections
from components.database import Database
from components.database_bootstrap import DatabaseBootstrap
from components.database_credentials import DatabaseCredentials
from components.database_migration import DatabaseMigration
from components.disaster_recovery import DisasterRecovery
from components.dns import Dns
from components.edge import Edge
from components.encryption import Encryption
from components.external_dns import ExternalDns
from components.home_cell import HomeCell
from components.ingress import Ingress
from components.network import Network
from components.observability import Observability
from components.orchestrator import Orchestrator
from components.pgbouncer import Pgbouncer
from components.platform import Platform
from components.pooler_admin import PoolerAdmin, PoolerAdminArgs
from components.pooler_reconnect import PoolerReconnect
from components.primary_site import PrimarySite
from components.queue import Queue
from components.registry import Registry
from components.site_certificate import SiteCertificate
from components.site_entry import SiteEntry
from components.temporal import Temporal
from components.web import Web
from components.worker import Worker

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
    "PoolerAdmin",
    "PoolerAdminArgs",
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
