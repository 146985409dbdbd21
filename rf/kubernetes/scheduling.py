"""Priority classes."""

from __future__ import annotations

from rf.shared.cards.changes import REFUSED, Changes
from rf.shared.cards.kinds import kubernetes_card
from rf.shared.cards.prices import Free
from rf.shared.cards.source import kubernetes

CARDS = (
    kubernetes_card(
        "kubernetes:scheduling.k8s.io/v1:PriorityClass",
        changes=Changes(
            source=(
                kubernetes('"Pod Priority and Preemption" (the API server refuses another value)'),
            ),
            properties={"value": REFUSED, "preemptionPolicy": REFUSED},
        ),
        price=Free(reason="an object of the API server"),
    ),
)
