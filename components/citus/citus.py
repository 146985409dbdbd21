"""Citus on the cluster: operator, nodes, sharded database, backups and the job that distributes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi_kubernetes as k8s
from pulumi import ComponentResource, Input, Output, Resource, ResourceOptions

from components.citus.backups import CitusBackups, CitusBackupsArgs
from components.citus.data_nodes import DataNodes, DataNodesArgs
from components.citus.distribution_job import DistributionJob, DistributionJobArgs
from components.citus.operator import ShardingOperator, ShardingOperatorArgs
from components.citus.sharded_cluster import CitusCluster, CitusClusterArgs
from components.cluster.handle import ClusterHandle
from components.database.credentials import RoleCredentials
from components.identity.authority import Authority
from components.identity.encryption import Keys
from components.network.network_policies import NetworkPolicies, NetworkPoliciesArgs
from components.shared.place import Place
from rendering.citus.names import COORDINATOR_HOST, NAMESPACE, PORT, READERS_HOST
from rendering.database.roles import RoleKey
from rendering.network.flow import Flow
from scaleplan.catalog import Architecture, load_catalog
from scaleplan.citus.data_nodes import max_connections, placements, pod_resources, pods_by_zone
from scaleplan.citus.sharding import ShardingSettings
from scaleplan.sizes import CitusSettings, PgbouncerSettings
from scaleplan.tables import ShardingPlan


@dataclass(frozen=True, kw_only=True)
class CitusArgs:
    """Where Citus runs and how large, whose tables it holds, and who may log in."""

    place: Place
    keys: Keys
    cluster: ClusterHandle

    subnet_ids: Input[list[str]]
    """Private subnets of its nodes, in the order of the place's zones."""

    architecture: Architecture
    """The processor family of its nodes."""

    stage: ShardingSettings
    """How far the stack is on its way to Citus: whether tables are distributed by themselves, and
    the backup that it is made from, if any."""

    settings: CitusSettings
    """Instances, the class of their nodes, volumes and backups."""

    plan: ShardingPlan
    """The tables that are distributed, or copied to every server, and by which column."""

    pgbouncer: PgbouncerSettings
    """Pods and pools of PgBouncer, whose connections the servers must take."""

    pooler_port: int
    """The port at which PgBouncer's pods reconnect when a table was distributed."""

    pooler_admin_password: Input[str]
    """The password of PgBouncer's console, by which they are made to."""

    database: str
    """The name of the database."""

    roles: Mapping[RoleKey, RoleCredentials]
    """The roles that may log in, as on RDS."""

    statement_timeouts: Mapping[RoleKey, int]
    """The longest statement of each role, in seconds."""

    client_namespace: Input[str]
    """The namespace that connections come from."""

    authority: Authority
    """The in-cluster authority, which signs the servers' certificate."""

    backup_roles: Sequence[Resource]
    """By which the servers write their backups: pods get them when they are admitted."""

    flows: Sequence[Flow]
    """The table of allowed connections."""

    backups_copy: Input[str] | None = None
    """The bucket that another stack's backups are copied to, which a recovery site restores from
    and goes on with; None for a bucket of the stack's own."""


class Citus(ComponentResource):
    """The sharded database, from stage `parallel` on.

    `host` and `readers_host` speak TLS on `port`; certificates are of the in-program authority, for
    both.
    """

    host: Output[str]
    readers_host: Output[str]
    port: int
    backups: CitusBackups

    def __init__(self, name: str, args: CitusArgs, opts: ResourceOptions | None = None) -> None:
        settings = args.settings
        summary = {
            "stage": args.stage.stage.value,
            "coordinators": settings.coordinator_instances,
            "shardClusters": settings.shard_clusters,
            "instancesPerShardCluster": settings.instances_per_shard_cluster,
            "volumeGib": settings.volume_gib,
        }
        super().__init__("researchflow:data:Citus", name, summary, opts)
        self._name, self._args = name, args
        made = self._namespace()
        namespace = made.metadata.name.apply(str)
        # Of the job, whose password opens every server. Whom those may ask is open (see its rows).
        policies = NetworkPolicies(
            f"{name}-network",
            NetworkPoliciesArgs(
                namespace=NAMESPACE, flows=args.flows, closed=False, namespace_ready=made
            ),
            ResourceOptions(parent=self),
        )
        backups = self._backups()
        cluster = self._cluster(namespace, backups)
        DistributionJob(
            f"{name}-distribution",
            DistributionJobArgs(
                images=args.place.images,
                namespace=namespace,
                database=args.database,
                distributed_tables=args.plan.distributed_tables,
                reference_tables=args.plan.reference_tables,
                column=args.plan.distribution_column,
                authority_certificate=args.authority.certificate_pem,
                poolers=args.pgbouncer.replicas,
                pooler_port=args.pooler_port,
                pooler_admin_password=args.pooler_admin_password,
                suspended=not args.stage.serving,
                after=[cluster.cluster, policies],
            ),
            ResourceOptions(parent=self),
        )
        # Through the cluster's object, so that what connects is made after it.
        cluster_urn = Output.from_input(cluster.cluster.urn)
        self.host = cluster_urn.apply(lambda _: COORDINATOR_HOST)
        self.readers_host = cluster_urn.apply(lambda _: READERS_HOST)
        self.port = PORT
        self.backups = backups
        self.register_outputs(
            {
                "host": self.host,
                "readersHost": self.readers_host,
                "port": self.port,
                "backupBucketName": backups.bucket_name,
            }
        )

    def _namespace(self) -> k8s.core.v1.Namespace:
        return k8s.core.v1.Namespace(
            f"{self._name}-namespace",
            metadata=k8s.meta.v1.ObjectMetaArgs(
                name=NAMESPACE,
                # The operator's pods set no seccomp profile and drop no capability.
                labels={"pod-security.kubernetes.io/enforce": "baseline"},
            ),
            # Deleting a namespace deletes all in it.
            opts=ResourceOptions(
                parent=self, protect=self._args.place.protect, depends_on=[self._args.cluster.ready]
            ),
        )

    def _backups(self) -> CitusBackups:
        args = self._args
        return CitusBackups(
            f"{self._name}-backups",
            CitusBackupsArgs(
                place=args.place,
                keys=args.keys,
                copy_name=args.backups_copy,
            ),
            ResourceOptions(parent=self),
        )

    def _nodes(self) -> DataNodes:
        args = self._args
        return DataNodes(
            f"{self._name}-nodes",
            DataNodesArgs(
                place=args.place,
                keys=args.keys,
                cluster=args.cluster,
                subnet_ids=args.subnet_ids,
                instance_class=args.settings.instance_class,
                architecture=args.architecture,
                nodes_by_zone=list(
                    pods_by_zone(args.settings, args.place.availability_zones).values()
                ),
            ),
            ResourceOptions(parent=self),
        )

    def _cluster(self, namespace: Output[str], backups: CitusBackups) -> CitusCluster:
        args, settings = self._args, self._args.settings
        operator = ShardingOperator(
            f"{self._name}-operator",
            ShardingOperatorArgs(
                cluster=args.cluster,
                images=args.place.images,
                watch_namespace=namespace,
                flows=args.flows,
            ),
            ResourceOptions(parent=self),
        )
        return CitusCluster(
            f"{self._name}-cluster",
            CitusClusterArgs(
                place=args.place,
                keys=args.keys,
                namespace=namespace,
                client_namespace=args.client_namespace,
                groups=placements(settings, args.place.availability_zones),
                pod=pod_resources(load_catalog().instance_class(settings.instance_class)),
                volume_gib=settings.volume_gib,
                max_connections=max_connections(args.pgbouncer, settings.shard_clusters),
                backups_kept=settings.backup_retention_days,
                database=args.database,
                sharding=args.stage,
                postgres_version=settings.postgres_version,
                roles=args.roles,
                statement_timeouts=args.statement_timeouts,
                backup_bucket=backups.bucket_name,
                authority=args.authority,
                operator=operator.release,
                wait_for=[*self._nodes().groups, *args.backup_roles],
            ),
            ResourceOptions(parent=self),
        )
