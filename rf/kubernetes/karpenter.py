"""Karpenter's node pools and classes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from rf.shared.cards.changes import Unruled
from rf.shared.cards.kinds import kubernetes_card
from rf.shared.cards.permissions import ServiceLinkedRole
from rf.shared.cards.prices import Free, Priced
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


CARDS = (
    kubernetes_card(
        NODE_CLASS,
        changes=Unruled(),
        price=Free(reason="paid as the nodes"),
    ),
    kubernetes_card(
        NODE_POOL,
        changes=Unruled(),
        price=Priced(
            keys=(
                "ec2:",
                "ebs:",
            ),
            count=USAGE,
        ),
    ),
)
