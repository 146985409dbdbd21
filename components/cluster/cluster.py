"""The EKS cluster: control plane, add-ons, and the node group that carries the controllers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from ipaddress import IPv4Network

import pulumi
import pulumi_aws as aws
from pulumi import ComponentResource, Input, Output, ResourceOptions

from components.cluster.access import ClusterAccess, ClusterAccessArgs
from components.cluster.addons import (
    NetworkAddons,
    NetworkAddonsArgs,
    NodeAddons,
    NodeAddonsArgs,
)
from components.cluster.handle import ClusterHandle
from components.cluster.image_copies import ImageCopies, ImageCopiesArgs
from components.cluster.node_group import NodeGroup, NodeGroupArgs
from components.identity.encryption import Keys
from components.shared.computed_text import computed_text
from components.shared.place import Place
from rendering.cluster.documents import NODE_TRUST, cluster_trust, secrets_key_use
from rendering.cluster.kubeconfig import kubeconfig
from scaleplan.applications.pods import SYSTEM_POOL
from scaleplan.catalog import Architecture
from scaleplan.identity.access import AccessSettings
from scaleplan.settings import SERVICE_CIDR
from scaleplan.sizes import NodesSettings

LOG_RETENTION_DAYS = 90
"""A quarter of audit log, as long as the flow logs."""

LOG_TYPES = ("api", "audit", "authenticator", "controllerManager", "scheduler")
"""All that EKS has (EKS API, `LogType`)."""

_MANAGED = "arn:aws:iam::aws:policy"
NODE_POLICIES = {
    "worker": f"{_MANAGED}/AmazonEKSWorkerNodePolicy",
    "images": f"{_MANAGED}/AmazonEC2ContainerRegistryPullOnly",
    "session": f"{_MANAGED}/AmazonSSMManagedInstanceCore",
}
"""A node joins, pulls images, and can be entered by Session Manager when all else fails. What the
CNI plugin may do is not here: it has a role of its own, so no pod inherits it from the node."""


@dataclass(frozen=True, kw_only=True)
class ClusterArgs:
    """Where control plane and nodes stand, how large the nodes are, and who gets in. The place's
    tags go on the machines."""

    place: Place
    keys: Keys

    kubernetes_version: str
    """The control plane's minor version, as 1.35; nodes and add-ons follow it."""

    private_subnet_ids: Input[list[str]]
    """Subnets of control plane and nodes, one a zone."""

    settings: NodesSettings
    """The managed group of controllers, and whether Karpenter adds nodes."""

    architecture: Architecture
    """The nodes' processor family."""

    public_api_cidrs: tuple[IPv4Network, ...]
    """Networks that may reach the API server from outside; nobody when empty."""

    access: AccessSettings
    """People by the ARN of their role or user, and what each may do."""

    viewed_namespace: str
    """The only namespace that its viewers see."""

    image_copies: Mapping[str, str | None] = field(default_factory=dict)
    """Registries that nodes pull from copies of, by their hosts, each with the ARN of its login's
    secret or None; none by default."""


class Cluster(ComponentResource):
    """Control plane, add-ons and the system nodes; pods wait for the handle's `ready`.

    Whoever runs the first deployment becomes the cluster's administrator, because with access mode
    `API` somebody must be let in at creation, and the deployment itself needs to get in. Later
    administrators get access entries of their own. Both settings are fixed at creation.
    """

    handle: ClusterHandle
    endpoint: Output[str]
    certificate_authority: Output[str]
    kubeconfig: Output[str]

    def __init__(self, name: str, args: ClusterArgs, opts: ResourceOptions | None = None) -> None:
        summary = {
            "kubernetesVersion": args.kubernetes_version,
            "publicApi": bool(args.public_api_cidrs),
            "karpenter": args.settings.karpenter,
        }
        super().__init__("researchflow:cluster:Cluster", name, summary, opts)
        self._name, self._args = name, args
        cluster = self._control_plane()
        ClusterAccess(
            f"{name}-access",
            ClusterAccessArgs(
                cluster=cluster.name,
                admins=args.access.admins,
                viewers=args.access.viewers,
                previewers=args.access.previewers,
                viewed_namespace=args.viewed_namespace,
            ),
            ResourceOptions(parent=self),
        )
        node_role, node_policies = self._node_role()
        network = NetworkAddons(
            f"{name}-network",
            NetworkAddonsArgs(
                place=args.place,
                cluster=cluster.name,
                kubernetes_version=args.kubernetes_version,
            ),
            ResourceOptions(parent=self),
        )
        machines_wait_for = [network, *node_policies, *self._image_copies(node_role)]
        nodes = self._system_nodes(cluster, node_role, machines_wait_for)
        ready = self._on_nodes(cluster, nodes)
        self.endpoint = cluster.endpoint
        authority = cluster.certificate_authority
        self.certificate_authority = computed_text(
            authority.apply(lambda known: known.data if known else None)
        )
        self.kubeconfig = Output.all(
            endpoint=self.endpoint, certificate_authority=self.certificate_authority
        ).apply(lambda known: kubeconfig(args.place.prefix, args.place.region, **known))
        self.handle = ClusterHandle(
            name=args.place.prefix,
            kubernetes_version=args.kubernetes_version,
            ready=ready,
            machines_wait_for=machines_wait_for,
            security_group_id=cluster.vpc_config.cluster_security_group_id,
            node_role_arn=node_role.arn,
            node_role_name=node_role.name,
        )
        self._mark_security_group()
        self.register_outputs(
            {
                "clusterName": self.handle.name,
                "endpoint": self.endpoint,
                "securityGroupId": self.handle.security_group_id,
            }
        )

    def _control_plane(self) -> aws.eks.Cluster:
        name, args = self._name, self._args
        child = ResourceOptions(parent=self)
        # EKS would make the group itself, unencrypted and kept for ever, so it has to come first.
        logs = aws.cloudwatch.LogGroup(
            f"{name}-control-plane",
            name=f"/aws/eks/{args.place.prefix}/cluster",
            retention_in_days=LOG_RETENTION_DAYS,
            kms_key_id=args.keys.logs_arn,
            opts=child,
        )
        role = aws.iam.Role(
            f"{name}-control-plane",
            assume_role_policy=cluster_trust(args.place.account_id),
            opts=child,
        )
        policies = [
            aws.iam.RolePolicyAttachment(
                f"{name}-control-plane",
                role=role.name,
                policy_arn=f"{_MANAGED}/AmazonEKSClusterPolicy",
                opts=child,
            ),
            aws.iam.RolePolicy(
                f"{name}-control-plane-secrets",
                role=role.id,
                policy=Output.from_input(args.keys.cluster_arn).apply(secrets_key_use),
                opts=child,
            ),
        ]
        return aws.eks.Cluster(
            name,
            name=args.place.prefix,
            version=args.kubernetes_version,
            role_arn=role.arn,
            access_config=aws.eks.ClusterAccessConfigArgs(
                authentication_mode="API", bootstrap_cluster_creator_admin_permissions=True
            ),
            # The add-ons are installed pinned and configured; EKS's own copies would come first.
            bootstrap_self_managed_addons=False,
            vpc_config=self._api_access(),
            kubernetes_network_config=aws.eks.ClusterKubernetesNetworkConfigArgs(
                ip_family="ipv4", service_ipv4_cidr=str(SERVICE_CIDR)
            ),
            encryption_config=aws.eks.ClusterEncryptionConfigArgs(
                provider=aws.eks.ClusterEncryptionConfigProviderArgs(key_arn=args.keys.cluster_arn),
                resources=["secrets"],
            ),
            enabled_cluster_log_types=list(LOG_TYPES),
            # Extended support costs six times as much an hour; a version is upgraded before that.
            upgrade_policy=aws.eks.ClusterUpgradePolicyArgs(support_type="STANDARD"),
            deletion_protection=args.place.protect,
            opts=ResourceOptions(
                parent=self, protect=args.place.protect, depends_on=[logs, *policies]
            ),
        )

    def _api_access(self) -> aws.eks.ClusterVpcConfigArgs:
        public = [str(network) for network in self._args.public_api_cidrs]
        return aws.eks.ClusterVpcConfigArgs(
            subnet_ids=self._args.private_subnet_ids,
            endpoint_private_access=True,
            endpoint_public_access=bool(public),
            public_access_cidrs=public or None,
        )

    def _node_role(self) -> tuple[aws.iam.Role, list[aws.iam.RolePolicyAttachment]]:
        """The role of every node, of the managed group and of Karpenter alike."""
        role = aws.iam.Role(
            f"{self._name}-node",
            assume_role_policy=NODE_TRUST,
            opts=ResourceOptions(parent=self),
        )
        attachments = [
            aws.iam.RolePolicyAttachment(
                f"{self._name}-node-{key}",
                role=role.name,
                policy_arn=policy_arn,
                opts=ResourceOptions(parent=self),
            )
            for key, policy_arn in NODE_POLICIES.items()
        ]
        return role, attachments

    def _image_copies(self, role: aws.iam.Role) -> list[pulumi.Resource]:
        """What a node pulls others' images by, where it pulls copies."""
        args = self._args
        if not args.image_copies:
            return []
        return ImageCopies(
            f"{self._name}-images",
            ImageCopiesArgs(
                place=args.place,
                keys=args.keys,
                credentials=args.image_copies,
                node_role=role.name,
            ),
            ResourceOptions(parent=self),
        ).ready

    def _system_nodes(
        self, cluster: aws.eks.Cluster, role: aws.iam.Role, wait_for: Sequence[pulumi.Resource]
    ) -> NodeGroup:
        """The group that carries the controllers."""
        args = self._args
        return NodeGroup(
            f"{self._name}-system",
            NodeGroupArgs(
                place=args.place,
                keys=args.keys,
                pool=SYSTEM_POOL,
                cluster_name=cluster.name,
                kubernetes_version=args.kubernetes_version,
                role_arn=role.arn,
                subnet_ids=args.private_subnet_ids,
                settings=args.settings.system,
                architecture=args.architecture,
                wait_for=wait_for,
            ),
            ResourceOptions(parent=self),
        )

    def _on_nodes(self, cluster: aws.eks.Cluster, nodes: NodeGroup) -> pulumi.Resource:
        """Add-ons that run as pods, and what tells when pods find each other by name."""
        addons = NodeAddons(
            f"{self._name}-pods",
            NodeAddonsArgs(
                place=self._args.place,
                keys=self._args.keys,
                cluster=cluster.name,
                kubernetes_version=self._args.kubernetes_version,
                nodes=nodes.group,
            ),
            ResourceOptions(parent=self),
        )
        return addons.names

    def _mark_security_group(self) -> None:
        """The tag by which Karpenter finds its machines' security group, which EKS makes itself."""
        aws.ec2.Tag(
            f"{self._name}-security-group",
            resource_id=self.handle.security_group_id,
            key="karpenter.sh/discovery",
            value=self.handle.name,
            opts=ResourceOptions(parent=self),
        )
