"""Network policies."""

from __future__ import annotations

from rf.shared.cards.changes import Unruled
from rf.shared.cards.kinds import closed_by_server, kubernetes_card
from rf.shared.cards.prices import Free

CARDS = (
    kubernetes_card(
        "kubernetes:networking.k8s.io/v1:NetworkPolicy",
        values=closed_by_server({"spec.policyTypes": frozenset({"Ingress", "Egress"})}),
        changes=Unruled(),
        price=Free(reason="an object of the API server"),
    ),
)
