"""Who reaches PgBouncer, and whom it reaches."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from ipaddress import IPv4Network

import pulumi_kubernetes as k8s

from components.pgbouncer_pod import APPLICATION, METRICS_PORT
from components.pod_template import selector

MONITORING_NAMESPACE = "monitoring"
"""Where Prometheus runs; nobody else reads the metrics."""

_NAMESPACE_LABEL = "kubernetes.io/metadata.name"


def pgbouncer_network(
    *,
    listen_port: int,
    client_applications: Sequence[str],
    server_networks: Sequence[IPv4Network],
    server_port: int,
    server_namespaces: Mapping[str, Sequence[int]],
) -> k8s.networking.v1.NetworkPolicySpecArgs:
    """Clients in, databases and the cluster's DNS out, nothing else.

    A policy sees a pod's own port: clients of the Service's 5432 arrive at `listen_port`.
    `server_namespaces` has the ports of databases inside the cluster.
    """
    clients = k8s.networking.v1.NetworkPolicyPeerArgs(
        pod_selector=k8s.meta.v1.LabelSelectorArgs(
            match_expressions=[
                k8s.meta.v1.LabelSelectorRequirementArgs(
                    key="app", operator="In", values=list(client_applications)
                )
            ]
        )
    )
    databases = [
        k8s.networking.v1.NetworkPolicyPeerArgs(
            ip_block=k8s.networking.v1.IPBlockArgs(cidr=str(network))
        )
        for network in server_networks
    ]
    return k8s.networking.v1.NetworkPolicySpecArgs(
        pod_selector=k8s.meta.v1.LabelSelectorArgs(match_labels=selector(APPLICATION)),
        policy_types=["Ingress", "Egress"],
        ingress=[
            k8s.networking.v1.NetworkPolicyIngressRuleArgs(
                from_=[clients], ports=[_port(listen_port)]
            ),
            k8s.networking.v1.NetworkPolicyIngressRuleArgs(
                from_=[_namespace(MONITORING_NAMESPACE)], ports=[_port(METRICS_PORT)]
            ),
        ],
        egress=[
            k8s.networking.v1.NetworkPolicyEgressRuleArgs(to=databases, ports=[_port(server_port)]),
            *(
                # Without a selector of pods: the node's agent sees the Service's address, which it
                # knows only when the policy's selector fits the Service's own.
                k8s.networking.v1.NetworkPolicyEgressRuleArgs(
                    to=[_namespace(namespace)], ports=[_port(port) for port in ports]
                )
                for namespace, ports in server_namespaces.items()
            ),
            k8s.networking.v1.NetworkPolicyEgressRuleArgs(
                to=[_namespace("kube-system", {"k8s-app": "kube-dns"})],
                ports=[_port(53, "UDP"), _port(53, "TCP")],
            ),
        ],
    )


def _namespace(
    name: str, pods: dict[str, str] | None = None
) -> k8s.networking.v1.NetworkPolicyPeerArgs:
    return k8s.networking.v1.NetworkPolicyPeerArgs(
        namespace_selector=k8s.meta.v1.LabelSelectorArgs(match_labels={_NAMESPACE_LABEL: name}),
        pod_selector=k8s.meta.v1.LabelSelectorArgs(match_labels=pods) if pods else None,
    )


def _port(number: int, protocol: str = "TCP") -> k8s.networking.v1.NetworkPolicyPortArgs:
    return k8s.networking.v1.NetworkPolicyPortArgs(port=number, protocol=protocol)
