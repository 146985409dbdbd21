"""What the NetworkPolicies of a recorded plan let through, judged as Kubernetes does."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network

POLICY = "kubernetes:networking.k8s.io/v1:NetworkPolicy"


SOMEWHERE = IPv4Address("198.51.100.1")
"""In no network that a policy names, so that labels alone decide."""


@dataclass(frozen=True)
class Pod:
    """A pod as policies see it."""

    namespace: str
    labels: tuple[tuple[str, str], ...]
    address: IPv4Address = SOMEWHERE


class Reachability:
    """Connections that the plan's policies allow. A pod that no policy selects may do anything."""

    def __init__(self, plan):
        self._policies = [resource.inputs for resource in plan.of_type(POLICY)]

    def allows(self, source, destination, port, protocol="TCP"):
        """Whether both ends let a connection to `port` through; an end may be an address."""
        use = {"port": port, "protocol": protocol}
        return self._opens(source, destination, use, ("egress", "to")) and self._opens(
            destination, source, use, ("ingress", "from")
        )

    def lets_out(self, source, destination, port, protocol="TCP"):
        """Whether the source's own policies let the connection out."""
        use = {"port": port, "protocol": protocol}
        return self._opens(source, destination, use, ("egress", "to"))

    def _opens(self, pod, peer, use, side):
        if not isinstance(pod, Pod):
            return True
        direction, key = side
        policies = [
            policy
            for policy in self._policies
            if policy["metadata"]["namespace"] == pod.namespace
            and direction.capitalize() in policy["spec"]["policyTypes"]
            and _selects(policy["spec"].get("podSelector"), dict(pod.labels))
        ]
        if not policies:
            return True
        return any(
            ("ports" not in rule or use in rule["ports"])
            and any(_is_peer(each, peer, pod.namespace) for each in rule[key])
            for policy in policies
            for rule in policy["spec"].get(direction, [])
        )


def _is_peer(written, peer, namespace):
    block = written.get("ipBlock")
    if block:
        address = peer.address if isinstance(peer, Pod) else peer
        excepted = any(address in IPv4Network(each) for each in block.get("except", []))
        return address in IPv4Network(block["cidr"]) and not excepted
    if not isinstance(peer, Pod):
        return False
    selector = written.get("namespaceSelector")
    here = (
        peer.namespace == selector["matchLabels"]["kubernetes.io/metadata.name"]
        if selector
        else peer.namespace == namespace
    )
    return here and _selects(written.get("podSelector"), dict(peer.labels))


def _selects(selector, labels):
    wanted = (selector or {}).get("matchLabels", {})
    return all(labels.get(key) == value for key, value in wanted.items())
