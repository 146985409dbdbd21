"""What layers need of the cluster."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pulumi import Input, Resource


@dataclass(frozen=True, kw_only=True)
class ClusterHandle:
    """A cluster that stands: what runs in it or reaches it is told of it by this."""

    name: str
    """The physical name. It is plain text, so it orders nothing: `ready` does."""

    kubernetes_version: str
    """Of the control plane, as 1.35."""

    ready: Resource
    """What pods wait for: nodes, network and names then work."""

    machines_wait_for: Sequence[Resource]
    """What a machine needs when it joins: the network add-ons and its role's policies. Names it
    needs none: CoreDNS itself starts on machines that are there before it."""

    security_group_id: Input[str]
    """The group of nodes and pods, which EKS makes."""

    node_role_arn: Input[str]
    """The role of every node, of managed groups and of Karpenter alike."""

    node_role_name: Input[str]
    """Its name."""
