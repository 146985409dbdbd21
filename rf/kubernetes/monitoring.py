"""The Prometheus operator's kinds: what is scraped, and which rules hold."""

from __future__ import annotations

from rf.shared.cards.changes import IN_PLACE, Changes
from rf.shared.cards.kinds import kubernetes_card
from rf.shared.cards.prices import Free
from rf.shared.cards.source import GUIDES_READ, FactSource

_RELOADED = Changes(
    source=(
        FactSource(
            name="Prometheus operator",
            page='"Design" (a changed one is loaded)',
            version=GUIDES_READ,
        ),
    ),
    properties={"spec": IN_PLACE},
)


CARDS = (
    kubernetes_card(
        "kubernetes:monitoring.coreos.com/v1:PodMonitor",
        changes=_RELOADED,
        price=Free(reason="an object of the API server"),
    ),
    kubernetes_card(
        "kubernetes:monitoring.coreos.com/v1:PrometheusRule",
        changes=_RELOADED,
        price=Free(reason="an object of the API server"),
    ),
    kubernetes_card(
        "kubernetes:monitoring.coreos.com/v1:ServiceMonitor",
        changes=_RELOADED,
        price=Free(reason="an object of the API server"),
    ),
    kubernetes_card(
        "kubernetes:monitoring.coreos.com/v1alpha1:ScrapeConfig",
        changes=_RELOADED,
        price=Free(reason="an object of the API server"),
    ),
)
