"""The queue: Redis without cluster mode that refuses writes when full rather than lose a job."""

from __future__ import annotations

from collections.abc import Sequence
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
from rendering.redis.access import EXPORTER, SCALER, RedisUser
from scaleplan.recovery.times import QUEUE_SNAPSHOT_DAYS
from scaleplan.sizes import QueueSettings
from scaleplan.windows import QUEUE_MAINTENANCE, QUEUE_SNAPSHOT

EVICTION_POLICY = "noeviction"
"""What BullMQ demands ("Going to production"): any other policy loses jobs and locks."""


@dataclass(frozen=True, kw_only=True)
class QueueArgs:
    """Where the nodes stand, how many, and who logs in. They take the place's zones by turns; the
    data key encrypts them and can't change later."""

    place: Place
    keys: Keys
    network: DataNetwork

    settings: QueueSettings
    """The class and number of nodes, and the libraries that use them."""

    users: Sequence[RedisUser]
    """The logins; which there are depends on the libraries that use the queue."""


class Queue(ComponentResource):
    """A replication group with cluster mode disabled, because RQ can't run on a cluster.

    Two or more nodes stand in different zones and fail over by themselves; the primary's name
    stays. Replication is asynchronous: a failover may lose the last moments' writes.
    """

    primary_endpoint: Output[str]
    port: int
    urls: dict[str, Output[str]]
    exporter_password: Output[str]
    scaler_login: dict[str, Output[str]] | None

    def __init__(self, name: str, args: QueueArgs, opts: ResourceOptions | None = None) -> None:
        settings = args.settings
        summary = {"nodeClass": settings.node_class, "nodes": settings.nodes}
        super().__init__("researchflow:data:Queue", name, summary, opts)
        group_id = f"{args.place.prefix}-queue"
        foundation = RedisFoundation(
            f"{name}-foundation",
            RedisFoundationArgs(
                keys=args.keys,
                network=args.network,
                group_id=group_id,
                users=args.users,
            ),
            opts=ResourceOptions(parent=self),
        )
        group = self._replication_group(name, group_id, args, foundation)
        self.primary_endpoint = computed_text(group.primary_endpoint_address)
        self.port = REDIS_PORT
        self.urls = foundation.urls(self.primary_endpoint)
        self.exporter_password = foundation.passwords[EXPORTER]
        self.scaler_login = self._scaler_login(foundation)
        self.register_outputs({"primaryEndpoint": self.primary_endpoint})

    def _scaler_login(self, foundation: RedisFoundation) -> dict[str, Output[str]] | None:
        """What KEDA's redis trigger takes, where it reads this queue."""
        if SCALER not in foundation.passwords:
            return None
        return {
            "address": Output.concat(self.primary_endpoint, f":{self.port}"),
            "username": Output.from_input(SCALER),
            "password": foundation.passwords[SCALER],
        }

    def _replication_group(
        self, name: str, group_id: str, args: QueueArgs, foundation: RedisFoundation
    ) -> aws.elasticache.ReplicationGroup:
        has_standby = args.settings.nodes > 1
        return aws.elasticache.ReplicationGroup(
            f"{name}-group",
            replication_group_id=group_id,
            description=f"{args.place.prefix} job queues and sessions",
            engine=REDIS_ENGINE,
            engine_version=REDIS_VERSION,
            cluster_mode="disabled",
            node_type=args.settings.node_class,
            num_cache_clusters=args.settings.nodes,
            # The primary's first. AWS reads it when nodes are made and never moves one by it.
            preferred_cache_cluster_azs=_zones(args.place.availability_zones, args.settings.nodes),
            automatic_failover_enabled=has_standby,
            multi_az_enabled=has_standby,
            parameter_group_name=self._parameter_group(name),
            port=REDIS_PORT,
            subnet_group_name=foundation.subnet_group_name,
            security_group_ids=[foundation.security_group_id],
            user_group_ids=[foundation.user_group_id],
            at_rest_encryption_enabled=True,
            kms_key_id=args.keys.data_arn,
            transit_encryption_enabled=True,
            transit_encryption_mode="required",
            snapshot_retention_limit=QUEUE_SNAPSHOT_DAYS,
            snapshot_window=QUEUE_SNAPSHOT.times(),
            # A stack that is thrown away and made again would find the name of its snapshot taken.
            final_snapshot_identifier=f"{group_id}-final" if args.place.protect else None,
            maintenance_window=QUEUE_MAINTENANCE.weekly(),
            auto_minor_version_upgrade=True,
            apply_immediately=False,
            log_delivery_configurations=foundation.log_deliveries,
            opts=ResourceOptions(parent=self, protect=args.place.protect),
        )

    def _parameter_group(self, name: str) -> Output[str]:
        return aws.elasticache.ParameterGroup(
            f"{name}-{PARAMETER_FAMILY}",
            family=PARAMETER_FAMILY,
            description="Refuse writes when full: no job is evicted",
            parameters=[
                aws.elasticache.ParameterGroupParameterArgs(
                    name="maxmemory-policy", value=EVICTION_POLICY
                )
            ],
            opts=ResourceOptions(parent=self),
        ).name


def _zones(availability_zones: tuple[str, ...], nodes: int) -> list[str]:
    return [availability_zones[node % len(availability_zones)] for node in range(nodes)]
