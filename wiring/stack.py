"""What a stack is made of: settings and plan first, then each layer from where it stands."""

from __future__ import annotations

from dataclasses import dataclass, field

import pulumi_aws as aws
from pulumi import ResourceOptions

from components.applications.artifacts import Artifacts
from components.applications.connections import Connections
from components.applications.registry import Registry
from components.applications.web import Web
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
from components.edge.ingress import Ingress
from components.edge.site_certificate import SiteCertificate
from components.identity.authority import Authority
from components.identity.break_glass import BreakGlass
from components.identity.encryption import Encryption, Keys
from components.identity.pod_roles import PodRoles
from components.network.network import DataNetwork, Network
from components.observability.observability import Observability
from components.queue.broker import Broker
from components.queue.queue import Queue
from components.recovery.disaster_recovery import DisasterRecovery
from components.recovery.primary_site import PrimarySite
from components.redis.cache import Cache
from components.shared.place import Place
from components.workflows.temporal import Temporal
from scaleplan.images.image import ImageSource
from scaleplan.model import Plan
from scaleplan.settings import Settings
from scaleplan.sizes import QueueEngine


@dataclass(kw_only=True)
class Stack:
    """One object from the program's first line to its last, which gains each layer as it is made.

    A layer that a stack may lack is None there. Any other is missing until it stands: whoever
    reads it earlier gets an AttributeError that names it, in the first test of the program.
    """

    settings: Settings
    plan: Plan
    account_id: str
    on_aws: ResourceOptions
    on_cluster: ResourceOptions = field(init=False)

    primary_site: PrimarySite | None = None
    """The stack that a recovery site takes over from."""

    encryption: Encryption = field(init=False)
    network: Network = field(init=False)
    registry: Registry = field(init=False)
    artifacts: Artifacts = field(init=False)
    cluster: Cluster = field(init=False)
    pod_roles: PodRoles = field(init=False)
    database: Database = field(init=False)
    break_glass: BreakGlass = field(init=False)
    credentials: DatabaseCredentials = field(init=False)
    cache: Cache = field(init=False)
    queue: Queue = field(init=False)
    broker: Broker | None = None
    platform: Platform = field(init=False)
    authority: Authority = field(init=False)
    home_cell: HomeCell | None = None
    dns: Dns | None = None
    site_certificate: SiteCertificate | None = None
    ingress: Ingress = field(init=False)

    pooler_admin: PoolerAdmin = field(init=False)
    citus: Citus | None = None
    """There from the moment that its servers stand, not only where they serve."""

    bootstrap: DatabaseBootstrap = field(init=False)
    migration: DatabaseMigration | None = None
    pgbouncer: Pgbouncer = field(init=False)
    pooler_reconnect: PoolerReconnect | None = None
    connections: Connections = field(init=False)
    observability: Observability = field(init=False)
    temporal: Temporal | None = None
    web: Web = field(init=False)
    edge: Edge | None = None
    recovery: DisasterRecovery | None = None

    @property
    def place(self) -> Place:
        """Where it stands in AWS."""
        return Place(
            prefix=self.settings.prefix,
            account_id=self.account_id,
            region=self.settings.region,
            availability_zones=self.settings.availability_zones,
            tags=stack_tags(self.settings),
            protect=self.settings.protect_data,
            images=self._images,
        )

    @property
    def _images(self) -> ImageSource:
        hosts = frozenset(self.settings.pull_through_cache.credentials)
        registry = f"{self.account_id}.dkr.ecr.{self.settings.region}.amazonaws.com"
        return ImageSource(copies=f"{registry}/{self.settings.prefix}", hosts=hosts)

    @property
    def keys(self) -> Keys:
        """Its customer keys."""
        return self.encryption.keys

    @property
    def data_network(self) -> DataNetwork:
        """The data subnets, open to the cluster's pods alone."""
        return DataNetwork(
            vpc_id=self.network.vpc_id,
            subnet_ids=self.network.data_subnet_ids,
            client_security_group_id=self.cluster.handle.security_group_id,
        )

    @property
    def serving_citus(self) -> Citus | None:
        """Citus, where tenants' data is on it."""
        return self.citus if self.settings.sharding.serving else None

    @property
    def has_broker(self) -> bool:
        """Whether RabbitMQ carries the jobs."""
        return self.settings.queue.engine is QueueEngine.RABBITMQ


def stack_tags(settings: Settings) -> dict[str, str]:
    """Tags that say whose something is: for the bill, and for whoever finds it."""
    return {"managed-by": "pulumi", "project": settings.project, "stack": settings.stack}


def default_tags(settings: Settings) -> aws.ProviderDefaultTagsArgs:
    """Tags of everything in AWS that can carry them.

    They don't reach machines and disks, which AWS or Karpenter makes: those are handed
    `stack_tags` (Terraform AWS provider, resource tagging, "default_tags").
    """
    return aws.ProviderDefaultTagsArgs(tags=stack_tags(settings))
