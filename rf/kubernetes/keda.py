"""KEDA's scaled objects and their logins."""

from __future__ import annotations

from rf.shared.cards.changes import Unruled
from rf.shared.cards.kinds import kubernetes_card
from rf.shared.cards.prices import Free

SCALED_OBJECT = "kubernetes:keda.sh/v1alpha1:ScaledObject"

CARDS = (
    kubernetes_card(
        SCALED_OBJECT,
        changes=Unruled(),
        price=Free(reason="an object of the API server"),
    ),
    kubernetes_card(
        "kubernetes:keda.sh/v1alpha1:TriggerAuthentication",
        changes=Unruled(),
        price=Free(reason="an object of the API server"),
    ),
)
