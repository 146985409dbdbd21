"""The cache: Redis in cluster mode, encrypted, evicting what is least used when it is full."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi_aws as aws
from pulumi import ComponentResource, Output, ResourceOptions

from components.identity.encryption import Keys
from components.network.network import DataNetwork
from components.redis.foundation import (
    PARAMETER_FAMILY,
    REDIS_ENGINE,
    REDIS_PORT,
    REDIS_VERSION,
    RedisFoundation,
    RedisFoundationArgs,
)
from components.shared.computed_text import computed_text
from components.shared.place import Place
from rendering.redis.access import EXPORTER, cache_users
from scaleplan.sizes import CacheSettings
from scaleplan.windows import CACHE_MAINTENANCE

EVICTION_POLICY = "allkeys-lru"
"""The plan's ("Redis Cluster Configuration"): everything in a pure cache can be computed again."""


@dataclass(frozen=True, kw_only=True)
class CacheArgs:
    """Where the cache stands and how large it is; the data key encrypts it and can't change
    later."""

    place: Place
    keys: Keys
    network: DataNetwork

    settings: CacheSettings
    """The class of the nodes, the shards, and the copies of each."""


class Cache(ComponentResource):
    """A replication group in cluster mode, from one shard up: toggling it later is a migration.

    Shards and replicas are added and removed in place. Clients must speak the cluster protocol and
    start from `configuration_endpoint`; `urls` has one login an application.
    """

    configuration_endpoint: Output[str]
    port: int
    urls: dict[str, Output[str]]
    exporter_password: Output[str]

    def __init__(self, name: str, args: CacheArgs, opts: ResourceOptions | None = None) -> None:
        settings = args.settings
        summary = {
            "nodeClass": settings.node_class,
            "shards": settings.shards,
            "replicasPerShard": settings.replicas_per_shard,
        }
        super().__init__("researchflow:data:Cache", name, summary, opts)
        group_id = f"{args.place.prefix}-cache"
        foundation = RedisFoundation(
            f"{name}-foundation",
            RedisFoundationArgs(
                keys=args.keys,
                network=args.network,
                group_id=group_id,
                users=cache_users(),
            ),
            opts=ResourceOptions(parent=self),
        )
        group = self._replication_group(name, group_id, args, foundation)
        self.configuration_endpoint = computed_text(group.configuration_endpoint_address)
        self.port = REDIS_PORT
        self.urls = foundation.urls(self.configuration_endpoint)
        self.exporter_password = foundation.passwords[EXPORTER]
        self.register_outputs({"configurationEndpoint": self.configuration_endpoint})

    def _replication_group(
        self, name: str, group_id: str, args: CacheArgs, foundation: RedisFoundation
    ) -> aws.elasticache.ReplicationGroup:
        settings = args.settings
        return aws.elasticache.ReplicationGroup(
            f"{name}-group",
            replication_group_id=group_id,
            description=f"{args.place.prefix} cache",
            engine=REDIS_ENGINE,
            engine_version=REDIS_VERSION,
            cluster_mode="enabled",
            node_type=settings.node_class,
            num_node_groups=settings.shards,
            replicas_per_node_group=settings.replicas_per_shard,
            # AWS refuses cluster mode without it, also where there is no replica to fail over to.
            automatic_failover_enabled=True,
            # A copy stands in another zone than its primary; in which, AWS decides. They could be
            # named by shard only, and then a changed number of shards would replace the group.
            multi_az_enabled=settings.replicas_per_shard > 0,
            parameter_group_name=self._parameter_group(name),
            port=REDIS_PORT,
            subnet_group_name=foundation.subnet_group_name,
            security_group_ids=[foundation.security_group_id],
            user_group_ids=[foundation.user_group_id],
            at_rest_encryption_enabled=True,
            kms_key_id=args.keys.data_arn,
            transit_encryption_enabled=True,
            transit_encryption_mode="required",
            # No snapshots: a restored cache would hold stale answers, an empty one fills itself.
            snapshot_retention_limit=0,
            maintenance_window=CACHE_MAINTENANCE.weekly(),
            auto_minor_version_upgrade=True,
            apply_immediately=False,
            log_delivery_configurations=foundation.log_deliveries,
            opts=ResourceOptions(parent=self, protect=args.place.protect),
        )

    def _parameter_group(self, name: str) -> Output[str]:
        return aws.elasticache.ParameterGroup(
            f"{name}-{PARAMETER_FAMILY}",
            family=PARAMETER_FAMILY,
            description="Cluster mode, least recently used keys go first",
            parameters=[
                aws.elasticache.ParameterGroupParameterArgs(name="cluster-enabled", value="yes"),
                aws.elasticache.ParameterGroupParameterArgs(
                    name="maxmemory-policy", value=EVICTION_POLICY
                ),
            ],
            opts=ResourceOptions(parent=self),
        ).name
