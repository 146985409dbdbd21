"""Rules of EKS' add-ons: what enforces network policies, and what resolves names."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from ..shared.rule import Resource, Rule, RuleLayer, StackResources
from ..shared.tokens import ADDON
from ..shared.values import at, is_true, listed

SPREAD_OVER = {"topology.kubernetes.io/zone", "kubernetes.io/hostname"}


def _configuration(resource: Resource) -> Mapping[str, Any]:
    return json.loads(at(resource.inputs, "configurationValues", "{}"))


def _enforces_policies(resource: Resource, stack: StackResources) -> Iterator[str]:
    if at(resource.inputs, "addonName") != "vpc-cni":
        return
    if not is_true(_configuration(resource), "enableNetworkPolicy"):
        yield "enforces no NetworkPolicy: each of them is accepted, and none holds"


def _names_survive(resource: Resource, stack: StackResources) -> Iterator[str]:
    if at(resource.inputs, "addonName") != "coredns":
        return
    found = _configuration(resource)
    if at(found, "replicaCount", 2) < 2:
        yield "resolves names by one pod"
    spread = {at(each, "topologyKey") for each in listed(found, "topologySpreadConstraints")}
    if not spread >= SPREAD_OVER:
        yield "may have all its pods on one machine"
    if at(found, "podDisruptionBudget.enabled", True) is not True:
        yield "may lose all its pods to one drain"


RULES = (
    Rule(
        id="network-policies-enforced",
        layer=RuleLayer.CLUSTER,
        demand="The network plugin enforces NetworkPolicies.",
        reason="Off, which is its default, all other rules about who talks to whom are paper.",
        source="EKS user guide, Limit Pod traffic with Kubernetes network policies",
        remedy="set enableNetworkPolicy in `components/cluster/addons.py`",
        types=(ADDON,),
        check=_enforces_policies,
    ),
    Rule(
        id="names-survive-machine",
        layer=RuleLayer.CLUSTER,
        demand="CoreDNS has two pods, spread over machines and zones, of which one goes at a time.",
        reason="Without names no pod finds its database, whatever else still runs.",
        source="EKS best practices, Reliability, Scale CoreDNS",
        remedy="keep its configuration in `components/cluster/addons.py`",
        types=(ADDON,),
        check=_names_survive,
    ),
)
