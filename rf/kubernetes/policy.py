"""Disruption budgets."""

from __future__ import annotations

from rf.shared.cards.changes import IN_PLACE, Changes
from rf.shared.cards.kinds import closed_by_server, kubernetes_card
from rf.shared.cards.prices import Free
from rf.shared.cards.source import kubernetes

CARDS = (
    kubernetes_card(
        "kubernetes:policy/v1:PodDisruptionBudget",
        values=closed_by_server(
            {"spec.unhealthyPodEvictionPolicy": frozenset({"IfHealthyBudget", "AlwaysAllow"})}
        ),
        changes=Changes(
            source=(kubernetes('"Specifying a Disruption Budget for your Application"'),),
            properties={"spec": IN_PLACE},
        ),
        price=Free(reason="an object of the API server"),
    ),
)
