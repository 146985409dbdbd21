"""NetworkPolicies of the controllers, from the flows that they need."""

from __future__ import annotations

import pulumi_kubernetes as k8s

from rendering.controller_flows import ControllerPolicy, Flow, Pods

NAMESPACE_LABEL = "kubernetes.io/metadata.name"
"""Kubernetes sets it on every namespace."""


def network_policy_spec(policy: ControllerPolicy) -> k8s.networking.v1.NetworkPolicySpecArgs:
    """Both directions are named, so that what isn't listed is refused."""
    return k8s.networking.v1.NetworkPolicySpecArgs(
        pod_selector=_selector(policy.pods),
        policy_types=["Ingress", "Egress"],
        ingress=[
            k8s.networking.v1.NetworkPolicyIngressRuleArgs(from_=[_peer(flow)], ports=[_port(flow)])
            for flow in policy.ingress
        ],
        egress=[
            k8s.networking.v1.NetworkPolicyEgressRuleArgs(to=[_peer(flow)], ports=[_port(flow)])
            for flow in policy.egress
        ],
    )


def _selector(pods: Pods) -> k8s.meta.v1.LabelSelectorArgs:
    return k8s.meta.v1.LabelSelectorArgs(match_labels=dict(pods.labels))


def _peer(flow: Flow) -> k8s.networking.v1.NetworkPolicyPeerArgs:
    if not isinstance(flow.peer, Pods):
        return k8s.networking.v1.NetworkPolicyPeerArgs(
            ip_block=k8s.networking.v1.IPBlockArgs(cidr=str(flow.peer))
        )
    namespace = None
    if flow.peer.namespace is not None:
        namespace = k8s.meta.v1.LabelSelectorArgs(
            match_labels={NAMESPACE_LABEL: flow.peer.namespace}
        )
    return k8s.networking.v1.NetworkPolicyPeerArgs(
        namespace_selector=namespace, pod_selector=_selector(flow.peer)
    )


def _port(flow: Flow) -> k8s.networking.v1.NetworkPolicyPortArgs:
    return k8s.networking.v1.NetworkPolicyPortArgs(protocol=flow.protocol, port=flow.port)
