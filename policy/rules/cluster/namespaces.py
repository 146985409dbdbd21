"""Rules of namespaces: what their pods may be, whom they talk to, how many there may be."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ..network.reach import WORLD
from ..shared.objects import APPLICATIONS
from ..shared.rule import Resource, Rule, RuleLayer, StackResources
from ..shared.tokens import LIMIT_RANGE, NAMESPACE, NETWORK_POLICY, RESOURCE_QUOTA
from ..shared.values import at, listed

LESS_RESTRICTED: Mapping[str, str] = {
    "citus": "baseline",
    "monitoring-nodes": "privileged",
}
"""Namespaces whose pods need more than `restricted`: StackGres sets no seccomp profile on its own,
and the node exporter reads the machine."""


def _namespace_level(resource: Resource, stack: StackResources) -> Iterator[str]:
    name = str(at(resource.inputs, "metadata.name"))
    wanted = LESS_RESTRICTED.get(name, "restricted")
    level = at(resource.inputs, "metadata.labels[pod-security.kubernetes.io/enforce]")
    if level not in ("restricted", wanted):
        yield f"enforces {level or 'no level'} of Pod Security, not {wanted}"


def _of_namespace(
    resource: Resource, stack: StackResources, token: str
) -> Iterator[Mapping[str, Any]]:
    name = at(resource.inputs, "metadata.name")
    for each in stack.of_type(token):
        if at(each.inputs, "metadata.namespace") == name:
            yield each.inputs


def _default_deny(resource: Resource, stack: StackResources) -> Iterator[str]:
    if at(resource.inputs, "metadata.name") in LESS_RESTRICTED:
        return
    for policy in _of_namespace(resource, stack, NETWORK_POLICY):
        spec = at(policy, "spec", {})
        everyone = at(spec, "podSelector", {}) == {}
        silent = not listed(spec, "ingress") and not listed(spec, "egress")
        if everyone and silent and {"Ingress", "Egress"} <= set(listed(spec, "policyTypes")):
            return
    yield "lets any pod talk to any other, and to the internet"


def _open_policy(resource: Resource, stack: StackResources) -> Iterator[str]:
    for rule in listed(resource.inputs, "spec.ingress"):
        for source in listed(rule, "from"):
            if at(source, "ipBlock.cidr") in WORLD:
                yield f"lets in {at(source, 'ipBlock.cidr')}"


NOT_OUTSIDE = ("10.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.168.0.0/16")
"""Private networks (RFC 1918), and where the machine's metadata and credentials are."""


def _names_peers(resource: Resource, stack: StackResources) -> Iterator[str]:
    for direction, key in (("ingress", "from"), ("egress", "to")):
        for rule in listed(resource.inputs, f"spec.{direction}"):
            if not listed(rule, key):
                yield f"has an {direction} rule that names nobody, which means everybody"


def _outside_alone(resource: Resource, stack: StackResources) -> Iterator[str]:
    for rule in listed(resource.inputs, "spec.egress"):
        for peer in listed(rule, "to"):
            if at(peer, "ipBlock.cidr") in WORLD:
                inside = set(NOT_OUTSIDE) - set(listed(peer, "ipBlock.except"))
                if inside:
                    yield f"lets its pods out to {', '.join(sorted(inside))} too"


def _bounded(resource: Resource, stack: StackResources) -> Iterator[str]:
    if at(resource.inputs, "metadata.name") != APPLICATIONS:
        return
    hard: dict[str, Any] = {}
    for each in _of_namespace(resource, stack, RESOURCE_QUOTA):
        hard |= at(each, "spec.hard", {})
    for key in ("requests.cpu", "requests.memory", "limits.memory", "pods"):
        if key not in hard:
            yield f"has no quota of {key}"
    for key in ("loadbalancers", "nodeports"):
        if str(at(hard, f"[services.{key}]")) != "0":
            yield f"may open {key} of its own"
    if not list(_of_namespace(resource, stack, LIMIT_RANGE)):
        yield "gives no limit to a container that names none"


RULES = (
    Rule(
        id="namespace-restricted",
        layer=RuleLayer.WORKLOADS,
        demand="Every namespace enforces Pod Security's level restricted, but where it can't.",
        reason="What the program doesn't declare, the API server refuses then.",
        source="Kubernetes docs, Pod Security Admission",
        remedy="label it pod-security.kubernetes.io/enforce: restricted",
        types=(NAMESPACE,),
        check=_namespace_level,
    ),
    Rule(
        id="network-default-deny",
        layer=RuleLayer.WORKLOADS,
        demand="Every namespace of restricted pods denies traffic that no policy allows.",
        reason="One pod taken over would reach every store.",
        source="NIST SP 800-53, SC-7(5); EKS best practices, Network security",
        remedy="give it `NetworkPolicies`, which begin with the default deny",
        types=(NAMESPACE,),
        check=_default_deny,
        whole_stack=True,
    ),
    Rule(
        id="network-policy-not-open",
        layer=RuleLayer.WORKLOADS,
        demand="No NetworkPolicy lets in every address.",
        reason="It takes back what the default deny denies, for pods that hold data.",
        source="EKS best practices, Network security; Kubernetes docs, Network Policies",
        remedy="name pods or subnets in `rendering/network/flow_table.py`",
        types=(NETWORK_POLICY,),
        check=_open_policy,
    ),
    Rule(
        id="namespace-bounded",
        layer=RuleLayer.WORKLOADS,
        demand="The applications' namespace has a quota and default limits.",
        reason="A typing error in a replica count must not starve the rest.",
        source="Kubernetes docs, Resource Quotas, and Limit Ranges",
        remedy="keep `components/cluster/namespace_capacity.py`",
        types=(NAMESPACE,),
        check=_bounded,
        whole_stack=True,
    ),
    Rule(
        id="network-policy-names-peers",
        layer=RuleLayer.WORKLOADS,
        demand="Every rule of a NetworkPolicy names whom it is about.",
        reason="An empty list is no list: it admits every pod of every namespace.",
        source="Kubernetes docs, Network Policies, Allow all ingress traffic",
        remedy="name pods, namespaces or blocks in `rendering/network/flow_table.py`",
        types=(NETWORK_POLICY,),
        check=_names_peers,
    ),
    Rule(
        id="egress-outside-alone",
        layer=RuleLayer.WORKLOADS,
        demand="Who may reach the internet reaches neither the network's inside nor the metadata.",
        reason="0.0.0.0/0 has the databases in it, and the machine's own credentials.",
        source="EKS best practices, Restrict access to the instance profile; RFC 1918",
        remedy="take the private networks and 169.254.0.0/16 out with `except`",
        types=(NETWORK_POLICY,),
        check=_outside_alone,
    ),
)
