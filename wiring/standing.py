"""What stands in every phase of a stack, and what serves users stands on."""

from __future__ import annotations

from dataclasses import dataclass

from pulumi import ResourceOptions

from components.applications.artifacts import Artifacts
from components.applications.registry import Registry
from components.cluster.cluster import Cluster
from components.cluster.platform import Platform
from components.database.credentials import DatabaseCredentials
from components.database.database import Database
from components.edge.dns import Dns
from components.edge.ingress import Ingress
from components.identity.authority import Authority
from components.identity.break_glass import BreakGlass
from components.identity.encryption import Encryption
from components.network.network import Network
from components.queue.broker import Broker
from components.queue.queue import Queue
from components.recovery.primary_site import PrimarySite
from components.redis.cache import Cache
from wiring.site import Site


@dataclass(frozen=True, kw_only=True)
class Standing:
    """The layers that a recovery site has while it waits; any other stack has them from the start.

    `primary` is the stack that a recovery site takes over from, None for any other.
    """

    site: Site
    on_aws: ResourceOptions
    on_cluster: ResourceOptions
    primary: PrimarySite | None
    encryption: Encryption
    network: Network
    registry: Registry
    artifacts: Artifacts
    cluster: Cluster
    database: Database
    break_glass: BreakGlass
    credentials: DatabaseCredentials
    cache: Cache
    queue: Queue
    broker: Broker | None
    platform: Platform
    authority: Authority
    dns: Dns | None
    ingress: Ingress
