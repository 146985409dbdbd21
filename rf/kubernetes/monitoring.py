"""The Prometheus operator's kinds: what is scraped, and which rules hold."""

from __future__ import annotations

from rf.shared.cards.changes import Unruled
from rf.shared.cards.kinds import kubernetes_card
from rf.shared.cards.prices import Free

CARDS = (
    kubernetes_card(
        "kubernetes:monitoring.coreos.com/v1:PodMonitor",
        changes=Unruled(),
        price=Free(reason="an object of the API server"),
    ),
    kubernetes_card(
        "kubernetes:monitoring.coreos.com/v1:PrometheusRule",
        changes=Unruled(),
        price=Free(reason="an object of the API server"),
    ),
    kubernetes_card(
        "kubernetes:monitoring.coreos.com/v1:ServiceMonitor",
        changes=Unruled(),
        price=Free(reason="an object of the API server"),
    ),
    kubernetes_card(
        "kubernetes:monitoring.coreos.com/v1alpha1:ScrapeConfig",
        changes=Unruled(),
        price=Free(reason="an object of the API server"),
    ),
)
