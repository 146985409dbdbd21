"""Rows of the flow table: whom KEDA and metrics-server talk to, and who talks to them.

The API server is no pod: a NetworkPolicy can't name it. It is reached at the first Service address
(the address that pods dial; the rules are applied before it is translated) and at its interfaces,
which stand somewhere in the VPC, and it calls from those. So "API server" here means that one
Service address and the VPC on the port in question; that other machines of the VPC stay out is the
security groups' work.
"""

from __future__ import annotations

from ipaddress import IPv4Network

from rendering.network.flow import Flow, Networks, Pods, flows_of

HTTPS_PORT = 443
DNS_PORT = 53
KUBELET_PORT = 10250

# Of the charts at their pinned versions (kedacore/charts keda/templates, 2.20.2;
# metrics-server 3.13.1).
KEDA_GRPC_PORT = 9666
KEDA_METRICS_API_PORT = 6443
KEDA_WEBHOOK_PORT = 9443
METRICS_SERVER_PORT = 10250

NAME_LABEL = "app.kubernetes.io/name"


def _controller(name: str, namespace: str) -> Pods:
    return Pods(name=name, namespace=namespace, labels=((NAME_LABEL, name),))


KEDA_OPERATOR = _controller("keda-operator", "keda")
KEDA_METRICS_API = _controller("keda-operator-metrics-apiserver", "keda")
KEDA_WEBHOOKS = _controller("keda-admission-webhooks", "keda")
METRICS_SERVER = _controller("metrics-server", "kube-system")

DNS = Pods(name="DNS", namespace="kube-system", labels=(("k8s-app", "kube-dns"),), guarded=False)
"""The cluster's own, an EKS add-on."""


def keda_flows(vpc: IPv4Network, services: IPv4Network, queue_port: int) -> list[Flow]:
    """KEDA's three parts: the operator alone reaches the queue, the others the operator or nobody.

    The queue is a name whose addresses may change, so it is the VPC on the queue's port.
    """
    parts = (KEDA_OPERATOR, KEDA_METRICS_API, KEDA_WEBHOOKS)
    inside = vpc_network(vpc)
    return [
        *_basics(parts, vpc, services),
        *flows_of([KEDA_OPERATOR], inside, (queue_port,), "the queue's length"),
        *flows_of([KEDA_METRICS_API], KEDA_OPERATOR, (KEDA_GRPC_PORT,), "metrics of the queue"),
        *flows_of([inside], KEDA_METRICS_API, (KEDA_METRICS_API_PORT,), "API server asks metrics"),
        *flows_of([inside], KEDA_WEBHOOKS, (KEDA_WEBHOOK_PORT,), "API server asks the webhook"),
    ]


def metrics_server_flows(vpc: IPv4Network, services: IPv4Network) -> list[Flow]:
    """metrics-server asks each node's kubelet and is asked by the API server."""
    inside = vpc_network(vpc)
    return [
        *_basics((METRICS_SERVER,), vpc, services),
        *flows_of([METRICS_SERVER], inside, (KUBELET_PORT,), "each node's kubelet"),
        *flows_of([inside], METRICS_SERVER, (METRICS_SERVER_PORT,), "API server asks metrics"),
    ]


def dns_flows(clients: tuple[Pods, ...]) -> list[Flow]:
    """Names for these pods, by both protocols: long answers come by TCP."""
    return flows_of(clients, DNS, (DNS_PORT,), "names", ("UDP", "TCP"))


def api_server_flows(
    clients: tuple[Pods, ...], vpc: IPv4Network, services: IPv4Network
) -> list[Flow]:
    """The API server for these pods."""
    first = IPv4Network(services.network_address + 1)
    servers = (Networks(name="API server's Service", networks=(first,)), vpc_network(vpc))
    return [
        flow
        for server in servers
        for flow in flows_of(clients, server, (HTTPS_PORT,), "API server")
    ]


def _basics(clients: tuple[Pods, ...], vpc: IPv4Network, services: IPv4Network) -> list[Flow]:
    return [*dns_flows(clients), *api_server_flows(clients, vpc, services)]


def vpc_network(vpc: IPv4Network) -> Networks:
    """Where the API server calls from, and whatever else has an address there."""
    return Networks(name="VPC", networks=(vpc,))
