"""Disruption budgets."""

from __future__ import annotations

from rf.shared.cards.changes import Unruled
from rf.shared.cards.kinds import closed_by_server, kubernetes_card
from rf.shared.cards.prices import Free

CARDS = (
    kubernetes_card(
        "kubernetes:policy/v1:PodDisruptionBudget",
        values=closed_by_server(
            {"spec.unhealthyPodEvictionPolicy": frozenset({"IfHealthyBudget", "AlwaysAllow"})}
        ),
        changes=Unruled(),
        price=Free(reason="an object of the API server"),
    ),
)
