"""Who may talk to KEDA and metrics-server, and to whom they may talk.

The API server is no pod: a NetworkPolicy can't name it. It is reached at the first Service address
(the address that pods dial; the rules are applied before it is translated) and at its interfaces,
which stand somewhere in the VPC, and it calls from those. So "API server" here means that one
Service address and the VPC on the port in question; that other machines of the VPC stay out is the
security groups' work. A kubelet's probes are never held up by a policy of the VPC CNI.
"""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Network

HTTPS_PORT = 443
DNS_PORT = 53
KUBELET_PORT = 10250

# Of the charts at their pinned versions (kedacore/charts keda/templates, 2.20.2;
# metrics-server 3.13.1).
KEDA_GRPC_PORT = 9666
KEDA_METRICS_API_PORT = 6443
KEDA_WEBHOOK_PORT = 9443
METRICS_SERVER_PORT = 10250

KEDA_OPERATOR = "keda-operator"
KEDA_METRICS_API = "keda-operator-metrics-apiserver"
KEDA_WEBHOOKS = "keda-admission-webhooks"
METRICS_SERVER = "metrics-server"
NAME_LABEL = "app.kubernetes.io/name"


@dataclass(frozen=True, kw_only=True)
class Pods:
    """Pods by labels, in the policy's own namespace unless another is named."""

    labels: tuple[tuple[str, str], ...]
    namespace: str | None = None


@dataclass(frozen=True, kw_only=True)
class Flow:
    """One allowed direction between the policy's pods and `peer`; protocols are TCP or UDP."""

    peer: Pods | IPv4Network
    port: int
    protocol: str = "TCP"


@dataclass(frozen=True, kw_only=True)
class ControllerPolicy:
    """Everything else, in both directions, is refused to these pods."""

    name: str
    pods: Pods
    ingress: tuple[Flow, ...]
    egress: tuple[Flow, ...]


def keda_policies(
    vpc: IPv4Network, services: IPv4Network, queue_ports: tuple[int, ...]
) -> list[ControllerPolicy]:
    """KEDA's three parts: the operator alone reaches the queue, the others the operator or nobody.

    The queue is a name whose addresses may change, so it is the VPC on the queue's ports.
    """
    everyone = (*_names(), *_api_server(vpc, services))
    operator, metrics_api = _named(KEDA_OPERATOR), _named(KEDA_METRICS_API)
    return [
        ControllerPolicy(
            name=KEDA_OPERATOR,
            pods=operator,
            ingress=(Flow(peer=metrics_api, port=KEDA_GRPC_PORT),),
            egress=(*everyone, *(Flow(peer=vpc, port=port) for port in queue_ports)),
        ),
        ControllerPolicy(
            name=KEDA_METRICS_API,
            pods=metrics_api,
            ingress=(Flow(peer=vpc, port=KEDA_METRICS_API_PORT),),
            egress=(*everyone, Flow(peer=operator, port=KEDA_GRPC_PORT)),
        ),
        ControllerPolicy(
            name=KEDA_WEBHOOKS,
            pods=_named(KEDA_WEBHOOKS),
            ingress=(Flow(peer=vpc, port=KEDA_WEBHOOK_PORT),),
            egress=everyone,
        ),
    ]


def metrics_server_policy(vpc: IPv4Network, services: IPv4Network) -> ControllerPolicy:
    """metrics-server asks each node's kubelet and is asked by the API server."""
    return ControllerPolicy(
        name=METRICS_SERVER,
        pods=_named(METRICS_SERVER),
        ingress=(Flow(peer=vpc, port=METRICS_SERVER_PORT),),
        egress=(*_names(), *_api_server(vpc, services), Flow(peer=vpc, port=KUBELET_PORT)),
    )


def _api_server(vpc: IPv4Network, services: IPv4Network) -> tuple[Flow, ...]:
    first = IPv4Network(services.network_address + 1)
    return (Flow(peer=first, port=HTTPS_PORT), Flow(peer=vpc, port=HTTPS_PORT))


def _names() -> tuple[Flow, ...]:
    servers = Pods(labels=(("k8s-app", "kube-dns"),), namespace="kube-system")
    return tuple(
        Flow(peer=servers, port=DNS_PORT, protocol=protocol) for protocol in ("UDP", "TCP")
    )


def _named(name: str) -> Pods:
    return Pods(labels=((NAME_LABEL, name),))
