"""Refuses a stack whose pods don't fit its nodes, with the term that is short and what would do.

Refused while the config is read, as a number out of its range is, unless `allowCapacityRisk` names
the check: then it is that check's failure, reported and accepted with the others.
"""

from __future__ import annotations

from dataclasses import replace

from scaleplan.applications.pods import SYSTEM_POOL
from scaleplan.capacity.result import CheckName
from scaleplan.cluster.nodes import ALL_POOLS, NodeTerm, managed_terms, short_terms
from scaleplan.config.mistakes import Mistake
from scaleplan.settings import Settings

MOST_NODES = 100
"""Upper bound of `minNodes`."""


def node_mistakes(settings: Settings, prefix: str) -> list[Mistake]:
    """One mistake for each short term that nobody has accepted; keys are `prefix:section.leaf`."""
    accepted = settings.allow_capacity_risk
    short = [term for term in short_terms(settings) if check_of(term) not in accepted]
    least = least_nodes(settings) if any(term.pool == SYSTEM_POOL for term in short) else None
    return [_mistake(settings, prefix, term, least) for term in short]


def check_of(term: NodeTerm) -> CheckName:
    """The check that a term belongs to: a zone's subnet is one of its own."""
    return CheckName.ADDRESSES if term.pool == ALL_POOLS else CheckName.NODES


def least_nodes(settings: Settings) -> int | None:
    """Fewest system nodes that hold their pods at the maxima; None when no number does."""
    for count in range(settings.nodes.system.min_nodes, MOST_NODES + 1):
        if not any(term.short for term in managed_terms(_with_nodes(settings, count))):
            return count
    return None


def _with_nodes(settings: Settings, count: int) -> Settings:
    group = settings.nodes.system.model_copy(update={"min_nodes": count})
    nodes = settings.nodes.model_copy(update={"system": group})
    return settings.model_copy(update={"nodes": nodes})


def _mistake(settings: Settings, prefix: str, term: NodeTerm, least: int | None) -> Mistake:
    mistake = _named(settings, prefix, term, least)
    accept = f"; or accept it by name, allowCapacityRisk: [{check_of(term)}]"
    return replace(mistake, allowed=f"{mistake.allowed}{accept}")


def _named(settings: Settings, prefix: str, term: NodeTerm, least: int | None) -> Mistake:
    if term.pool == SYSTEM_POOL:
        return _too_few_nodes(settings, prefix, term, least)
    if term.pod is None:
        allowed = f"nodes that fit their subnets; {term}"
        return Mistake(key=f"{prefix}:nodes", value=term.pool, allowed=allowed)
    leaf = "cpuMillicores" if term.resource == "CPU" else "memoryMib"
    return Mistake(
        key=f"{prefix}:{term.pod}.{leaf}",
        value=str(term.needed),
        allowed=f"what a machine that Karpenter buys leaves to one pod; {term}",
        nearest=str(term.available),
    )


def _too_few_nodes(settings: Settings, prefix: str, term: NodeTerm, least: int | None) -> Mistake:
    group = settings.nodes.system
    if least is None:
        return Mistake(
            key=f"{prefix}:nodes.system.instanceClass",
            value=group.instance_class,
            allowed=f"a class that holds the largest pod; {term}",
        )
    return Mistake(
        key=f"{prefix}:nodes.system.minNodes",
        value=str(group.min_nodes),
        allowed=f"{least} or more, to hold all pods at their maxima; {term}",
        nearest=str(least),
    )
