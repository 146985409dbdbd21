"""Karpenter's node pools and classes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from rf.shared.cards.changes import IN_PLACE, REFUSED, RESTART, Changes, PropertyRule
from rf.shared.cards.kinds import kubernetes_card
from rf.shared.cards.permissions import ServiceLinkedRole
from rf.shared.cards.prices import Free, Priced
from rf.shared.cards.source import FactSource
from rf.shared.cards.without import USAGE

NODE_POOL = "kubernetes:karpenter.sh/v1:NodePool"
NODE_CLASS = "kubernetes:karpenter.k8s.aws/v1:EC2NodeClass"

SPOT = ServiceLinkedRole(principal="spot.amazonaws.com", name="AWSServiceRoleForEC2Spot")
"""What EC2 lends spot machines by, to whomever."""


def requirement(pool: Mapping[str, Any], key: str) -> list[str]:
    """The values that a pool requires of a key, or none."""
    requirements: Iterable[Mapping[str, Any]] = pool["spec"]["template"]["spec"]["requirements"]
    return next(
        (list(each["values"]) for each in requirements if each["key"].endswith(f"/{key}")), []
    )


def cores(quantity: str) -> float:
    """CPUs of a Kubernetes quantity such as `76000m` or `76`."""
    text = str(quantity)
    return int(text[:-1]) / 1000 if text.endswith("m") else float(text)


_KARPENTER = FactSource(name="Karpenter", page='"Disruption", "Drift"', version="1.14")
_DRIFTED = PropertyRule(
    effect=RESTART,
    outage="nodes that differ are replaced one after another, as their budgets allow",
)
_REFERENCE_KEPT = PropertyRule(
    effect=REFUSED,
    why="the node pool's schema calls it immutable",
    way=(
        "make a node pool of another name beside it, with the other class",
        "take the old one away: Karpenter drains its nodes and the new pool takes the pods",
    ),
)
_DRIFTING_CLASS = Changes(source=(_KARPENTER,), properties={"spec": _DRIFTED})
_DRIFTING_POOL = Changes(
    source=(_KARPENTER, FactSource(name="Karpenter", page="CRD NodePool", version="1.14")),
    properties={
        "spec.template": _DRIFTED,
        "spec.template.spec.nodeClassRef.group": _REFERENCE_KEPT,
        "spec.template.spec.nodeClassRef.kind": _REFERENCE_KEPT,
        "spec": IN_PLACE,
    },
)


CARDS = (
    kubernetes_card(
        NODE_CLASS,
        changes=_DRIFTING_CLASS,
        price=Free(reason="paid as the nodes"),
    ),
    kubernetes_card(
        NODE_POOL,
        changes=_DRIFTING_POOL,
        price=Priced(
            keys=(
                "ec2:",
                "ebs:",
            ),
            count=USAGE,
        ),
    ),
)
