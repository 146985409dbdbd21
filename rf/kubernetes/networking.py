"""Network policies."""

from __future__ import annotations

from rf.shared.cards.changes import Unruled
from rf.shared.cards.kinds import kubernetes_card
from rf.shared.cards.prices import Free

CARDS = (
    kubernetes_card(
        "kubernetes:networking.k8s.io/v1:NetworkPolicy",
        changes=Unruled(),
        price=Free(reason="an object of the API server"),
    ),
)
