"""The NetworkPolicies of a namespace, from the one table of flows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi_kubernetes as k8s
from pulumi import ComponentResource, Resource, ResourceOptions

from rendering.network.flow import Flow, Networks, Opening, Peer, PodPolicy, Pods, pod_policies

NAMESPACE_LABEL = "kubernetes.io/metadata.name"
"""Kubernetes sets it on every namespace."""

DEFAULT_DENY = "default-deny"


@dataclass(frozen=True, kw_only=True)
class NetworkPoliciesArgs:
    """One namespace, and what its pods may open to whom."""

    namespace: str
    """The namespace that gets the policies."""

    flows: Sequence[Flow]
    """The whole table of allowed connections, of which the rows with pods of the namespace
    count."""

    closed: bool
    """Whether pods that no row names are refused everything too."""

    namespace_ready: Resource
    """What makes the namespace."""


class NetworkPolicies(ComponentResource):
    """One policy a set of pods, each naming both directions: what isn't listed is refused."""

    def __init__(
        self, name: str, args: NetworkPoliciesArgs, opts: ResourceOptions | None = None
    ) -> None:
        policies = pod_policies(args.flows, args.namespace)
        summary = {"policies": len(policies), "closed": args.closed}
        super().__init__("researchflow:network:NetworkPolicies", name, summary, opts)
        self._name, self._args = name, args
        if args.closed:
            self._policy(DEFAULT_DENY, _spec(k8s.meta.v1.LabelSelectorArgs()))
        for policy in policies:
            self._policy(policy.pods.name, _pods_spec(policy))
        self.register_outputs({})

    def _policy(self, name: str, spec: k8s.networking.v1.NetworkPolicySpecArgs) -> None:
        args = self._args
        k8s.networking.v1.NetworkPolicy(
            f"{self._name}-{name}",
            metadata=k8s.meta.v1.ObjectMetaArgs(name=f"{name}-flows", namespace=args.namespace),
            spec=spec,
            opts=ResourceOptions(parent=self, depends_on=[args.namespace_ready]),
        )


def _pods_spec(policy: PodPolicy) -> k8s.networking.v1.NetworkPolicySpecArgs:
    namespace = policy.pods.namespace
    return _spec(
        _selector(policy.pods),
        ingress=[
            k8s.networking.v1.NetworkPolicyIngressRuleArgs(
                from_=_peers(opening.peer, namespace), ports=_ports(opening)
            )
            for opening in policy.ingress
        ],
        egress=[
            k8s.networking.v1.NetworkPolicyEgressRuleArgs(
                to=_peers(opening.peer, namespace), ports=_ports(opening)
            )
            for opening in policy.egress
        ],
    )


def _spec(
    selector: k8s.meta.v1.LabelSelectorArgs,
    ingress: list[k8s.networking.v1.NetworkPolicyIngressRuleArgs] | None = None,
    egress: list[k8s.networking.v1.NetworkPolicyEgressRuleArgs] | None = None,
) -> k8s.networking.v1.NetworkPolicySpecArgs:
    return k8s.networking.v1.NetworkPolicySpecArgs(
        pod_selector=selector,
        policy_types=["Ingress", "Egress"],
        # The API drops an empty list, and the next deployment would find it missing.
        ingress=ingress or None,
        egress=egress or None,
    )


def _selector(pods: Pods) -> k8s.meta.v1.LabelSelectorArgs:
    return k8s.meta.v1.LabelSelectorArgs(match_labels=dict(pods.labels) or None)


def _peers(peer: Peer, namespace: str) -> list[k8s.networking.v1.NetworkPolicyPeerArgs]:
    if isinstance(peer, Networks):
        return [
            k8s.networking.v1.NetworkPolicyPeerArgs(
                ip_block=k8s.networking.v1.IPBlockArgs(
                    cidr=str(network), except_=[str(each) for each in peer.without] or None
                )
            )
            for network in peer.networks
        ]
    elsewhere = None
    if peer.namespace != namespace:
        elsewhere = k8s.meta.v1.LabelSelectorArgs(match_labels={NAMESPACE_LABEL: peer.namespace})
    return [
        k8s.networking.v1.NetworkPolicyPeerArgs(
            namespace_selector=elsewhere, pod_selector=_selector(peer)
        )
    ]


def _ports(opening: Opening) -> list[k8s.networking.v1.NetworkPolicyPortArgs]:
    return [
        k8s.networking.v1.NetworkPolicyPortArgs(protocol=protocol, port=port)
        for protocol, port in opening.ports
    ]
