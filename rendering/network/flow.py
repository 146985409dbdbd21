"""What a flow is, and how a table of flows becomes NetworkPolicies.

A row names both ends once. The source's policy lets it out, the destination's lets it in, and what
no row names is refused in both directions. The rows themselves are in
`rendering.network.flow_table`.

Two things of the VPC CNI decide how rows are written. It holds no kubelet's probe up, so probes
need no row. And it sees a connection to a Service before the address is translated, so it also
admits the Services whose own selector fits the row's labels
(aws/amazon-network-policy-controller-k8s, pkg/resolvers/endpoints.go): pods behind a Service are
named by that selector's labels and no others.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network
from typing import Literal

Protocol = Literal["TCP", "UDP"]


@dataclass(frozen=True, kw_only=True)
class Pods:
    """Pods of one namespace by their labels; all of its pods where no label is given.

    `guarded` pods get a policy from the table. The others are someone else's, whose own traffic
    is not the table's business: their name may stand in a row, but nothing restricts them.
    """

    name: str
    namespace: str
    labels: tuple[tuple[str, str], ...] = ()
    guarded: bool = True


@dataclass(frozen=True, kw_only=True)
class Networks:
    """Addresses that are no pod's, by network, without some networks inside them."""

    name: str
    networks: tuple[IPv4Network, ...]
    without: tuple[IPv4Network, ...] = ()


Peer = Pods | Networks


@dataclass(frozen=True, kw_only=True)
class Flow:
    """One row: `source` may open connections to `ports` of `destination`, `why` in few words.

    The ports are the destination's own: of its pods, not of a Service before them.
    """

    source: Peer
    destination: Peer
    ports: tuple[int, ...]
    why: str
    protocol: Protocol = "TCP"


@dataclass(frozen=True, kw_only=True)
class Opening:
    """One way in or out of a policy: a peer and what of it may be used."""

    peer: Peer
    ports: tuple[tuple[Protocol, int], ...]


@dataclass(frozen=True, kw_only=True)
class PodPolicy:
    """All that one set of pods may do; everything else, in both directions, is refused to it."""

    pods: Pods
    ingress: tuple[Opening, ...]
    egress: tuple[Opening, ...]


def pod_policies(flows: Iterable[Flow], namespace: str) -> list[PodPolicy]:
    """The policies of that namespace, one for each guarded set of pods, in order of appearance."""
    table = list(flows)
    ends = [end for flow in table for end in (flow.source, flow.destination)]
    guarded = dict.fromkeys(
        end for end in ends if isinstance(end, Pods) and end.guarded and end.namespace == namespace
    )
    return [
        PodPolicy(
            pods=pods,
            ingress=_openings((flow.source, flow) for flow in table if flow.destination == pods),
            egress=_openings((flow.destination, flow) for flow in table if flow.source == pods),
        )
        for pods in guarded
    ]


def flows_of(
    sources: Sequence[Peer],
    destination: Peer,
    ports: tuple[int, ...],
    why: str,
    protocols: Sequence[Protocol] = ("TCP",),
) -> list[Flow]:
    """The same row for several sources, and for each protocol."""
    return [
        Flow(source=source, destination=destination, ports=ports, why=why, protocol=protocol)
        for source in sources
        for protocol in protocols
    ]


def _openings(ways: Iterable[tuple[Peer, Flow]]) -> tuple[Opening, ...]:
    """One opening a peer, with the ports of all its rows."""
    ports: dict[Peer, dict[tuple[Protocol, int], None]] = {}
    for peer, flow in ways:
        used = ports.setdefault(peer, {})
        used.update(dict.fromkeys((flow.protocol, port) for port in flow.ports))
    return tuple(Opening(peer=peer, ports=tuple(used)) for peer, used in ports.items())
