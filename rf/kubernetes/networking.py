"""Network policies."""

from __future__ import annotations

from rf.shared.cards.changes import IN_PLACE, Changes
from rf.shared.cards.kinds import closed_by_server, kubernetes_card
from rf.shared.cards.prices import Free
from rf.shared.cards.source import kubernetes

CARDS = (
    kubernetes_card(
        "kubernetes:networking.k8s.io/v1:NetworkPolicy",
        values=closed_by_server({"spec.policyTypes": frozenset({"Ingress", "Egress"})}),
        changes=Changes(
            source=(kubernetes('"Network Policies (connections that are open may go on)"'),),
            properties={"spec": IN_PLACE},
        ),
        price=Free(reason="an object of the API server"),
    ),
)
