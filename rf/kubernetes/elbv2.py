"""The load balancer controller's bindings of pods to target groups."""

from __future__ import annotations

from rf.shared.cards.changes import Unruled
from rf.shared.cards.kinds import kubernetes_card
from rf.shared.cards.prices import Free

CARDS = (
    kubernetes_card(
        "kubernetes:elbv2.k8s.aws/v1beta1:TargetGroupBinding",
        changes=Unruled(),
        price=Free(reason="part of the load balancer"),
    ),
)
