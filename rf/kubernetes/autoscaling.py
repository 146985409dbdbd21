"""Autoscalers of pods."""

from __future__ import annotations

from rf.shared.cards.changes import Unruled
from rf.shared.cards.kinds import kubernetes_card
from rf.shared.cards.prices import Free

CARDS = (
    kubernetes_card(
        "kubernetes:autoscaling/v2:HorizontalPodAutoscaler",
        changes=Unruled(),
        price=Free(reason="an object of the API server"),
    ),
)
