"""The sharded cluster itself, as objects of the operator, and what guards its servers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_kubernetes as k8s
from pulumi import ComponentResource, Input, Output, ResourceOptions

from components.database.credentials import RoleCredentials
from components.identity.authority import Authority
from components.identity.encryption import Keys
from components.shared.place import Place
from rendering.citus import names
from rendering.citus.postgres import postgres_config_spec
from rendering.citus.roles import citus_roles_sql
from rendering.citus.sharded_cluster import (
    instance_profile_spec,
    object_storage_spec,
    roles_script_spec,
    sharded_cluster_spec,
)
from rendering.database.roles import RoleKey
from rendering.observability.prometheus_stack import NAMESPACE as MONITORING_NAMESPACE
from scaleplan.citus.data_nodes import VOLUME_IOPS, VOLUME_MIB_PER_SECOND, Placement
from scaleplan.citus.sharding import ShardingSettings
from scaleplan.cluster.machines import ResourceTotals

_STABLE, _ALPHA, _STORAGE = (f"stackgres.io/{version}" for version in ("v1", "v1alpha1", "v1beta1"))
_ROLES_SQL = "roles.sql"


@dataclass(frozen=True, kw_only=True)
class CitusClusterArgs:
    """The servers in their groups, who may log in, and where backups go."""

    place: Place
    keys: Keys

    namespace: Input[str]
    """The namespace of the servers, which exists already."""

    client_namespace: Input[str]
    """The namespace that connections come from; no other gets in, but monitoring's."""

    groups: Sequence[Placement]
    """Groups of servers, a primary and its copies each; the first is the coordinator."""

    pod: ResourceTotals
    """CPU and memory that each server may use."""

    volume_gib: int
    """The volume of each server, in GiB; it never shrinks."""

    max_connections: int
    """The most connections that a server takes."""

    backups_kept: int
    """How many daily backups are kept."""

    database: str
    """The name of the database."""

    sharding: ShardingSettings
    """The backup that the servers are made from, if any."""

    postgres_version: str
    """PostgreSQL's minor version, as 16.13, which the operator knows."""

    roles: Mapping[RoleKey, RoleCredentials]
    """The roles that may log in, as on RDS."""

    statement_timeouts: Mapping[RoleKey, int]
    """The longest statement of each role, in seconds."""

    backup_bucket: Input[str]
    """The name of the bucket of backups and archived logs."""

    authority: Authority
    """The in-cluster authority, which signs the servers' certificate."""

    operator: pulumi.Resource
    """What has brought the kinds that the servers are objects of."""

    wait_for: Sequence[pulumi.Resource]
    """What servers need when they start: nodes, and roles for their backups."""


class CitusCluster(ComponentResource):
    """PostgreSQL with Citus, TLS only. Deleting it leaves the volumes, which are retained.

    The superuser's password is the operator's own, in the Secret named as the cluster.
    """

    cluster: pulumi.Resource

    def __init__(
        self, name: str, args: CitusClusterArgs, opts: ResourceOptions | None = None
    ) -> None:
        summary = {
            "groups": len(args.groups),
            "instances": sum(group.instances for group in args.groups),
            "memoryMib": args.pod.memory_mib,
            "maxConnections": args.max_connections,
        }
        super().__init__("researchflow:data:CitusCluster", name, summary, opts)
        self._name, self._args = name, args
        parts = [self._storage_class(), self._certificate(), *self._configuration()]
        self.cluster = k8s.apiextensions.CustomResource(
            name,
            api_version=_ALPHA,
            kind="SGShardedCluster",
            metadata=self._metadata(names.CLUSTER),
            spec=sharded_cluster_spec(
                args.groups,
                database=args.database,
                postgres_version=args.postgres_version,
                volume_gib=args.volume_gib,
                backups_kept=args.backups_kept,
                sharding=args.sharding,
            ),
            opts=ResourceOptions(
                parent=self,
                protect=args.place.protect,
                depends_on=[args.operator, *args.wait_for, *parts],
            ),
        )
        self._disruption_budgets()
        self._network_policy()
        self.register_outputs({})

    def _metadata(self, name: str) -> k8s.meta.v1.ObjectMetaArgs:
        return k8s.meta.v1.ObjectMetaArgs(name=name, namespace=self._args.namespace)

    def _storage_class(self) -> pulumi.Resource:
        return k8s.storage.v1.StorageClass(
            f"{self._name}-volumes",
            metadata=k8s.meta.v1.ObjectMetaArgs(name=names.STORAGE_CLASS),
            provisioner="ebs.csi.aws.com",
            parameters={
                "type": "gp3",
                "iops": str(VOLUME_IOPS),
                "throughput": str(VOLUME_MIB_PER_SECOND),
                "encrypted": "true",
                "kmsKeyId": self._args.keys.data_arn,
            },
            # A volume lives in one zone: it is made where its pod was put.
            volume_binding_mode="WaitForFirstConsumer",
            allow_volume_expansion=True,
            # A deleted cluster, or a scaled-in copy, leaves its data for someone to look at.
            reclaim_policy="Retain",
            opts=ResourceOptions(parent=self),
        )

    def _certificate(self) -> pulumi.Resource:
        certificate = self._args.authority.issue(
            f"{self._name}-server", names.server_names(), parent=self
        )
        return k8s.core.v1.Secret(
            f"{self._name}-server-certificate",
            metadata=self._metadata(names.SERVER_CERTIFICATE),
            type="kubernetes.io/tls",
            string_data={
                "tls.crt": certificate.certificate_pem,
                "tls.key": certificate.private_key_pem,
            },
            opts=ResourceOptions(parent=self),
        )

    def _configuration(self) -> list[pulumi.Resource]:
        args = self._args
        passwords = Output.all(**{role.user: role.password for role in args.roles.values()})
        roles = k8s.core.v1.Secret(
            f"{self._name}-roles",
            metadata=self._metadata(names.ROLES),
            string_data={
                _ROLES_SQL: Output.secret(passwords).apply(
                    lambda known: citus_roles_sql(args.database, known, args.statement_timeouts)
                )
            },
            opts=ResourceOptions(parent=self),
        )
        secret_name = roles.metadata.name.apply(str)
        return [
            self._custom(
                "roles",
                _STABLE,
                "SGScript",
                names.ROLES,
                roles_script_spec(args.database, secret_name, _ROLES_SQL),
            ),
            self._custom(
                "profile",
                _STABLE,
                "SGInstanceProfile",
                names.INSTANCE_PROFILE,
                instance_profile_spec(args.pod),
            ),
            self._custom(
                "postgres",
                _STABLE,
                "SGPostgresConfig",
                names.POSTGRES_CONFIG,
                postgres_config_spec(args.pod, args.volume_gib, args.max_connections),
            ),
            self._custom(
                "backups",
                _STORAGE,
                "SGObjectStorage",
                names.OBJECT_STORAGE,
                object_storage_spec(args.backup_bucket, args.place.region),
            ),
        ]

    def _custom(
        self, role: str, api_version: str, kind: str, name: str, spec: dict[str, Any]
    ) -> pulumi.Resource:
        return k8s.apiextensions.CustomResource(
            f"{self._name}-{role}",
            api_version=api_version,
            kind=kind,
            metadata=self._metadata(name),
            spec=spec,
            opts=ResourceOptions(parent=self, depends_on=[self._args.operator]),
        )

    def _disruption_budgets(self) -> None:
        """One server of a group at a time may leave for a drained node: the operator makes none.

        A group of one has no budget, which would block every drain. The number is one to keep, not
        one to lose: that one needs the pods' controller, and the operator at times takes a primary
        out of its StatefulSet.
        """
        for group in self._args.groups:
            if group.instances == 1:
                continue
            k8s.policy.v1.PodDisruptionBudget(
                f"{self._name}-{group.name}",
                metadata=self._metadata(names.group_name(group.name)),
                spec=k8s.policy.v1.PodDisruptionBudgetSpecArgs(
                    min_available=group.instances - 1,
                    selector=k8s.meta.v1.LabelSelectorArgs(
                        match_labels=names.pod_labels(group.name)
                    ),
                ),
                opts=ResourceOptions(parent=self),
            )

    def _network_policy(self) -> None:
        """A policy: clients (PgBouncer, migrations) reach PostgreSQL alone, monitoring what shows
        metrics too, and servers, jobs and operator one another.
        """
        k8s.networking.v1.NetworkPolicy(
            f"{self._name}-servers",
            metadata=self._metadata(f"{names.CLUSTER}-servers"),
            spec=k8s.networking.v1.NetworkPolicySpecArgs(
                pod_selector=k8s.meta.v1.LabelSelectorArgs(match_labels=names.SERVER_LABELS),
                policy_types=["Ingress"],
                ingress=[
                    k8s.networking.v1.NetworkPolicyIngressRuleArgs(
                        from_=[
                            k8s.networking.v1.NetworkPolicyPeerArgs(
                                pod_selector=k8s.meta.v1.LabelSelectorArgs()
                            ),
                            _namespace(names.OPERATOR_NAMESPACE),
                        ]
                    ),
                    # The port of the pod, to which the Service's 5433 leads.
                    _clients(self._args.client_namespace, names.SERVER_PORT),
                    # The exporter of the coordinator's statistics, and Prometheus.
                    _clients(MONITORING_NAMESPACE, names.SERVER_PORT, names.PATRONI_PORT),
                ],
            ),
            opts=ResourceOptions(parent=self),
        )


def _clients(namespace: Input[str], *ports: int) -> k8s.networking.v1.NetworkPolicyIngressRuleArgs:
    return k8s.networking.v1.NetworkPolicyIngressRuleArgs(
        from_=[_namespace(namespace)],
        ports=[
            k8s.networking.v1.NetworkPolicyPortArgs(port=port, protocol="TCP") for port in ports
        ],
    )


def _namespace(name: Input[str]) -> k8s.networking.v1.NetworkPolicyPeerArgs:
    return k8s.networking.v1.NetworkPolicyPeerArgs(
        namespace_selector=k8s.meta.v1.LabelSelectorArgs(
            match_labels={"kubernetes.io/metadata.name": name}
        )
    )
