"""Deployments."""

from __future__ import annotations

from rf.shared.cards.changes import IN_PLACE, RESTART, Changes, PropertyRule
from rf.shared.cards.creation import Creation
from rf.shared.cards.kinds import closed_by_server, kubernetes_card
from rf.shared.cards.prices import Free
from rf.shared.cards.source import assumed, kubernetes

DEPLOYMENT = "kubernetes:apps/v1:Deployment"

CARDS = (
    kubernetes_card(
        DEPLOYMENT,
        creation=Creation(
            minutes=1, source=(assumed("images are pulled, a pod starts and is ready"),)
        ),
        values=closed_by_server({"spec.strategy.type": frozenset({"RollingUpdate", "Recreate"})}),
        changes=Changes(
            source=(kubernetes('"Deployments"'),),
            properties={
                "spec.template": PropertyRule(
                    effect=RESTART,
                    outage=(
                        "none; pods are replaced one after another, none before its successor "
                        "is ready"
                    ),
                ),
                "spec.replicas": IN_PLACE,
                "spec": PropertyRule(
                    effect=IN_PLACE,
                    computed=RESTART,
                    outage=(
                        "none; pods are replaced one after another, none before its successor "
                        "is ready"
                    ),
                ),
            },
        ),
        price=Free(reason="its pods run on the nodes"),
    ),
)
