"""KEDA's scaled objects and their logins."""

from __future__ import annotations

from rf.shared.cards.changes import IN_PLACE, Changes
from rf.shared.cards.kinds import kubernetes_card
from rf.shared.cards.prices import Free
from rf.shared.cards.source import FactSource

SCALED_OBJECT = "kubernetes:keda.sh/v1alpha1:ScaledObject"

_KEDA = FactSource(name="KEDA", page='"ScaledObject specification"', version="2.20")


CARDS = (
    kubernetes_card(
        SCALED_OBJECT,
        changes=Changes(source=(_KEDA,), properties={"spec": IN_PLACE}),
        price=Free(reason="an object of the API server"),
    ),
    kubernetes_card(
        "kubernetes:keda.sh/v1alpha1:TriggerAuthentication",
        changes=Changes(source=(_KEDA,), properties={"spec": IN_PLACE}),
        price=Free(reason="an object of the API server"),
    ),
)
