"""Rules of namespaces: what their pods may be, whom they talk to, how many there may be."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ..network.reach import WORLD
from ..shared.objects import APPLICATIONS, WITH_PODS, labels_of, named
from ..shared.rule import Resource, Rule, RuleLayer, StackResources
from ..shared.tokens import LIMIT_RANGE, NAMESPACE, NETWORK_POLICY, RELEASE, RESOURCE_QUOTA
from ..shared.values import at, listed

LESS_RESTRICTED: Mapping[str, str] = {
    "citus": "baseline",
    "monitoring-nodes": "privileged",
}
"""Namespaces whose pods need more than `restricted`: StackGres sets no seccomp profile on its own,
and the node exporter reads the machine."""


NOT_CLOSED: Mapping[str, str] = {
    "citus": "Patroni, backups and StackGres' Jobs ask whom they need, which is listed nowhere; who"
    " asks its servers is bounded by a policy of theirs",
    "kube-system": "EKS' own pods, and those of whoever else has a part of the cluster there",
    "monitoring-nodes": "the node exporter is on its machine's network, which no policy reaches",
}
"""Namespaces without a default deny, and why; what the program itself runs there has a policy."""

BOTH_WAYS = {"Ingress", "Egress"}


def _namespace_level(resource: Resource, stack: StackResources) -> Iterator[str]:
    name = str(at(resource.inputs, "metadata.name"))
    wanted = LESS_RESTRICTED.get(name, "restricted")
    level = at(resource.inputs, "metadata.labels[pod-security.kubernetes.io/enforce]")
    if level not in ("restricted", wanted):
        yield f"enforces {level or 'no level'} of Pod Security, not {wanted}"


def _of_namespace(name: str, stack: StackResources, token: str) -> Iterator[Mapping[str, Any]]:
    for each in stack.of_type(token):
        if at(each.inputs, "metadata.namespace") == name:
            yield each.inputs


def _default_deny(resource: Resource, stack: StackResources) -> Iterator[str]:
    name = str(at(resource.inputs, "metadata.name"))
    if resource.type == RELEASE:
        # One that the release makes; where the program has made it, its own resource is judged.
        name = str(at(resource.inputs, "namespace"))
        if any(at(each.inputs, "metadata.name") == name for each in stack.of_type(NAMESPACE)):
            return
    if name in NOT_CLOSED:
        return
    for policy in _of_namespace(name, stack, NETWORK_POLICY):
        spec = at(policy, "spec", {})
        everyone = at(spec, "podSelector", {}) == {}
        silent = not listed(spec, "ingress") and not listed(spec, "egress")
        if everyone and silent and set(listed(spec, "policyTypes")) >= BOTH_WAYS:
            return
    yield f"lets any pod of {name} talk to any other, and to the internet"


def _selected(resource: Resource, stack: StackResources) -> Iterator[str]:
    namespace, _ = named(resource)
    labels = labels_of(resource)
    closed: set[str] = set()
    for policy in _of_namespace(namespace, stack, NETWORK_POLICY):
        wanted = at(policy, "spec.podSelector.matchLabels", {})
        if wanted.items() <= labels.items():
            closed |= set(listed(policy, "spec.policyTypes"))
    for direction in sorted(BOTH_WAYS - closed):
        yield f"has pods whose {direction.lower()} no NetworkPolicy bounds"


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
    name = at(resource.inputs, "metadata.name")
    if name != APPLICATIONS:
        return
    hard: dict[str, Any] = {}
    for each in _of_namespace(name, stack, RESOURCE_QUOTA):
        hard |= at(each, "spec.hard", {})
    for key in ("requests.cpu", "requests.memory", "limits.memory", "pods"):
        if key not in hard:
            yield f"has no quota of {key}"
    for key in ("loadbalancers", "nodeports"):
        if str(at(hard, f"[services.{key}]")) != "0":
            yield f"may open {key} of its own"
    if not list(_of_namespace(name, stack, LIMIT_RANGE)):
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
        demand="Every namespace of the program and of its charts denies what no policy allows.",
        reason="One pod taken over would reach every store.",
        source="NIST SP 800-53, SC-7(5); EKS best practices, Network security",
        remedy="give it `NetworkPolicies`, which begin with the default deny",
        types=(NAMESPACE, RELEASE),
        check=_default_deny,
        whole_stack=True,
    ),
    Rule(
        id="pods-have-flows",
        layer=RuleLayer.WORKLOADS,
        demand="A NetworkPolicy selects every pod of the program, for what comes in and goes out.",
        reason="The job that distributes tables has Citus' superuser's password, and all of the"
        " internet to tell it to.",
        source="NIST SP 800-53, SC-7(5); Kubernetes docs, Network Policies, isolation of pods",
        remedy="give its pods a row in `rendering/network/flow_table.py`, and its namespace"
        " `NetworkPolicies`",
        types=WITH_PODS,
        check=_selected,
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
