"""EKS add-ons: what must run before the first node joins, and what needs nodes to run on."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_aws as aws
from pulumi import ComponentResource, Input, Output, ResourceOptions

from components.identity.encryption import Keys
from components.identity.pod_role import PodRole, PodRoleArgs
from components.shared.chart_release import ON_SYSTEM_NODES
from components.shared.place import Place
from components.shared.versions import addon_version
from rendering.cluster.documents import volume_key_use
from scaleplan.cluster.controllers import controller
from scaleplan.cluster.machines import WARM_PREFIXES

NAMESPACE = "kube-system"
_MANAGED = "arn:aws:iam::aws:policy"

CNI_CONFIGURATION = {
    # Pod addresses come in /28 prefixes: 110 pods on a node instead of 29 on an m7g.large.
    "env": {"ENABLE_PREFIX_DELEGATION": "true", "WARM_PREFIX_TARGET": str(WARM_PREFIXES)},
    "enableNetworkPolicy": "true",
}

COREDNS_CONFIGURATION = {
    "replicaCount": controller("coredns").replicas,
    "nodeSelector": ON_SYSTEM_NODES,
    # Losing a zone leaves a name server in another. Preferred, not required: with one zone left,
    # names in that one are better than a pod that waits.
    "topologySpreadConstraints": [
        {
            "maxSkew": 1,
            "topologyKey": key,
            "whenUnsatisfiable": "ScheduleAnyway",
            "labelSelector": {"matchLabels": {"k8s-app": "kube-dns"}},
        }
        for key in ("topology.kubernetes.io/zone", "kubernetes.io/hostname")
    ],
    "podDisruptionBudget": {"enabled": True, "maxUnavailable": 1},
}


def ebs_csi_configuration(tags: Mapping[str, str]) -> dict[str, Any]:
    """Two controllers, and `tags` on every volume that they make: no provider's tags reach those.

    Of add-ons, EKS itself refuses a key that the add-on's schema doesn't have
    (`aws eks describe-addon-configuration`).
    """
    return {
        "controller": {
            "replicaCount": controller("ebs-csi-controller").replicas,
            "nodeSelector": ON_SYSTEM_NODES,
            "extraVolumeTags": dict(tags),
        },
    }


@dataclass(frozen=True, kw_only=True)
class NetworkAddonsArgs:
    """The control plane that the add-ons belong to."""

    place: Place

    cluster: Input[str]
    """The control plane's name as an output, so that it exists before its add-ons."""

    kubernetes_version: str
    """The control plane's version, as 1.35, which the add-ons' versions go by."""


class NetworkAddons(ComponentResource):
    """Pod network, Service network and pod credentials: a node without them is never ready."""

    def __init__(
        self, name: str, args: NetworkAddonsArgs, opts: ResourceOptions | None = None
    ) -> None:
        super().__init__("researchflow:cluster:NetworkAddons", name, {"addons": 3}, opts)
        identity = _addon(self, name, "eks-pod-identity-agent", args)
        role = PodRole(
            f"{name}-vpc-cni",
            PodRoleArgs(
                place=args.place,
                cluster_name=args.place.prefix,
                namespace=NAMESPACE,
                service_account="aws-node",
                managed_policy_arns={"network": f"{_MANAGED}/AmazonEKS_CNI_Policy"},
                associate=False,
            ),
            ResourceOptions(parent=self),
        )
        _addon(
            self,
            name,
            "vpc-cni",
            args,
            configuration=CNI_CONFIGURATION,
            identity=("aws-node", role.role_arn),
            wait_for=[identity, role],
        )
        _addon(self, name, "kube-proxy", args)
        self.register_outputs({})


@dataclass(frozen=True, kw_only=True)
class NodeAddonsArgs:
    """The control plane that the add-ons belong to, and the machines that they start on. The
    place's tags go on every volume, and the data key encrypts them."""

    place: Place
    keys: Keys

    cluster: Input[str]
    """The control plane's name as an output, so that it exists before its add-ons."""

    kubernetes_version: str
    """The control plane's version, as 1.35, which the add-ons' versions go by."""

    nodes: pulumi.Resource
    """The group of machines that the add-ons' pods start on."""


class NodeAddons(ComponentResource):
    """Names (CoreDNS) and volumes (EBS CSI driver). `names` is what most pods wait for."""

    names: pulumi.Resource

    def __init__(
        self, name: str, args: NodeAddonsArgs, opts: ResourceOptions | None = None
    ) -> None:
        super().__init__("researchflow:cluster:NodeAddons", name, {"addons": 2}, opts)
        self.names = _addon(
            self,
            name,
            "coredns",
            args,
            configuration=COREDNS_CONFIGURATION,
            wait_for=[args.nodes],
        )
        role = PodRole(
            f"{name}-ebs-csi",
            PodRoleArgs(
                place=args.place,
                cluster_name=args.place.prefix,
                namespace=NAMESPACE,
                service_account="ebs-csi-controller-sa",
                managed_policy_arns={
                    "volumes": f"{_MANAGED}/service-role/AmazonEBSCSIDriverPolicy"
                },
                policies={"key": Output.from_input(args.keys.data_arn).apply(volume_key_use)},
                associate=False,
            ),
            ResourceOptions(parent=self),
        )
        _addon(
            self,
            name,
            "aws-ebs-csi-driver",
            args,
            configuration=ebs_csi_configuration(args.place.tags),
            identity=("ebs-csi-controller-sa", role.role_arn),
            wait_for=[args.nodes, role],
        )
        self.register_outputs({})


def _addon(
    parent: ComponentResource,
    name: str,
    addon: str,
    args: NetworkAddonsArgs | NodeAddonsArgs,
    *,
    configuration: Mapping[str, Any] | None = None,
    identity: tuple[str, Input[str]] | None = None,
    wait_for: Sequence[pulumi.Resource] = (),
) -> aws.eks.Addon:
    associations = None
    if identity is not None:
        service_account, role_arn = identity
        associations = [
            aws.eks.AddonPodIdentityAssociationArgs(
                service_account=service_account, role_arn=role_arn
            )
        ]
    return aws.eks.Addon(
        f"{name}-{addon}",
        cluster_name=args.cluster,
        addon_name=addon,
        addon_version=addon_version(addon, args.kubernetes_version),
        configuration_values=json.dumps(configuration, sort_keys=True) if configuration else None,
        pod_identity_associations=associations,
        # The add-on owns its objects: a hand-made change is overwritten, never a failed update.
        resolve_conflicts_on_create="OVERWRITE",
        resolve_conflicts_on_update="OVERWRITE",
        opts=ResourceOptions(parent=parent, depends_on=list(wait_for)),
    )
