"""Whether pods fit their nodes, and addresses their subnets, by `scaleplan.cluster.nodes`."""

from __future__ import annotations

from collections.abc import Iterable

from scaleplan.applications.workloads import APPLICATIONS
from scaleplan.capacity.result import CapacityTerm, CheckName, CheckResult, Loss
from scaleplan.capacity.survivors import lost_with_zone
from scaleplan.cluster.nodes import ALL_POOLS, UNITS, NodeTerm, managed_terms, node_terms
from scaleplan.load import Load
from scaleplan.settings import Settings

_KARPENTER = "what Karpenter may buy"
"""Its limits are reckoned from the same pods."""


def check_nodes(settings: Settings, load: Load, loss: Loss | None) -> CheckResult:
    """CPU, memory, pods and addresses of every pool at its maximum, rollouts included.

    The group's nodes come back in the zones that are left, and Karpenter buys there; until then
    what stands must hold every application at its minimum.
    """
    del load
    terms = [_term(each) for each in node_terms(settings) if each.pool != ALL_POOLS]
    if loss is Loss.AZ:
        terms += [
            _term(each, before="until the zone's nodes are replaced: ")
            for each in managed_terms(_least_on_what_is_left(settings))
        ]
    return CheckResult(name=CheckName.NODES, terms=tuple(terms))


def check_addresses(settings: Settings, load: Load, loss: Loss | None) -> CheckResult:
    """Addresses of one zone's private subnet with every node of the stack in it.

    That is the worst of any loss already.
    """
    del load, loss
    subnets: Iterable[NodeTerm] = (each for each in node_terms(settings) if each.pool == ALL_POOLS)
    return CheckResult(name=CheckName.ADDRESSES, terms=tuple(_term(each) for each in subnets))


def _least_on_what_is_left(settings: Settings) -> Settings:
    group = settings.nodes.system
    left = max(1, group.min_nodes - lost_with_zone(group.min_nodes))
    nodes = settings.nodes.model_copy(
        update={"system": group.model_copy(update={"min_nodes": left})}
    )
    workloads = {
        each.name: (workload := each.settings_of(settings)).model_copy(
            update={"max_replicas": workload.min_replicas}
        )
        for each in APPLICATIONS
    }
    return settings.model_copy(update={"nodes": nodes, **workloads})


def _term(term: NodeTerm, before: str = "") -> CapacityTerm:
    whose = f" for {term.pod}" if term.pod else ""
    return CapacityTerm(
        name=f"{before}{term.resource} of {term.where}{whose}",
        working="all pods at their maxima, with surge",
        value=term.needed,
        unit=UNITS[term.resource],
        limit=term.available,
        limit_working=term.where,
        follows=_KARPENTER in term.where,
    )
