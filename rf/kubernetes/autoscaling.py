"""Autoscalers of pods."""

from __future__ import annotations

from rf.shared.cards.changes import IN_PLACE, Changes
from rf.shared.cards.kinds import closed_by_server, kubernetes_card
from rf.shared.cards.prices import Free
from rf.shared.cards.source import kubernetes

AUTOSCALER = "kubernetes:autoscaling/v2:HorizontalPodAutoscaler"

_METRICS = ("resource", "containerResource", "pods", "object", "external")
_DIRECTIONS = ("scaleUp", "scaleDown")
_CLOSED = {
    "spec.metrics.type": frozenset({"ContainerResource", "External", "Object", "Pods", "Resource"}),
    **{
        f"spec.metrics.{metric}.target.type": frozenset({"Utilization", "Value", "AverageValue"})
        for metric in _METRICS
    },
    **{
        f"spec.behavior.{direction}.selectPolicy": frozenset({"Max", "Min", "Disabled"})
        for direction in _DIRECTIONS
    },
    **{
        f"spec.behavior.{direction}.policies.type": frozenset({"Pods", "Percent"})
        for direction in _DIRECTIONS
    },
}

CARDS = (
    kubernetes_card(
        AUTOSCALER,
        values=closed_by_server(_CLOSED),
        changes=Changes(
            source=(kubernetes('"Horizontal Pod Autoscaling"'),), properties={"spec": IN_PLACE}
        ),
        price=Free(reason="an object of the API server"),
    ),
)
