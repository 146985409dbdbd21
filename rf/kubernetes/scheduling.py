"""Priority classes."""

from __future__ import annotations

from rf.shared.cards.changes import IN_PLACE, REFUSED, Changes, PropertyRule
from rf.shared.cards.kinds import kubernetes_card
from rf.shared.cards.prices import Free
from rf.shared.cards.source import kubernetes

_FIXED = PropertyRule(
    effect=REFUSED,
    outage="none of pods that run; in the second between, no pod of the class can be made",
    why="the API server takes no other one; pods that run keep the number they started with",
    way=(
        "delete the class, which touches no pod that runs",
        "make it again with the new value; `replaceOnChanges` with `deleteBeforeReplace` on it does"
        " both in one update",
    ),
)


CARDS = (
    kubernetes_card(
        "kubernetes:scheduling.k8s.io/v1:PriorityClass",
        changes=Changes(
            alone="the API server has one of a name",
            source=(
                kubernetes('"Pod Priority and Preemption" (the API server refuses another value)'),
            ),
            properties={
                "value": _FIXED,
                "preemptionPolicy": _FIXED,
                "description": IN_PLACE,
                "globalDefault": IN_PLACE,
            },
        ),
        price=Free(reason="an object of the API server"),
    ),
)
