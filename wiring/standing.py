"""What stands in every phase of a stack, and what serves users stands on."""

from __future__ import annotations

from dataclasses import dataclass

from pulumi import ResourceOptions

from components.artifacts import Artifacts
from components.authority import Authority
from components.break_glass import BreakGlass
from components.broker import Broker
from components.cache import Cache
from components.cluster import Cluster
from components.database import Database
from components.database_credentials import DatabaseCredentials
from components.dns import Dns
from components.encryption import Encryption
from components.ingress import Ingress
from components.network import Network
from components.platform import Platform
from components.primary_site import PrimarySite
from components.queue import Queue
from components.registry import Registry
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
