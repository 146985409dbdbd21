"""Kubernetes' first kinds: namespaces, limits, configuration, secrets, services, accounts."""

from __future__ import annotations

from rf.shared.cards.changes import IN_PLACE, REPLACE, Changes, PropertyRule, Unruled
from rf.shared.cards.kinds import kubernetes_card
from rf.shared.cards.prices import Free
from rf.shared.cards.source import kubernetes, kubernetes_provider
from rf.shared.plan import RecordedResource


def _balancer_of_its_own(resource: RecordedResource) -> str:
    spec = resource.inputs.get("spec") or {}
    if spec.get("type") == "LoadBalancer":
        return f"{resource.name} makes a load balancer of its own"
    return ""


SERVICE = "kubernetes:core/v1:Service"


CARDS = (
    kubernetes_card(
        "kubernetes:core/v1:ConfigMap",
        changes=Changes(
            source=(kubernetes_provider("provider/diff.go (forceNewProperties)"),),
            properties={
                "data": PropertyRule(
                    effect=IN_PLACE,
                    without={"enableConfigMapMutable": REPLACE},
                    why=(
                        "pods that run keep what they read at their start; what rolls them is "
                        "the hash in their template's annotation"
                    ),
                ),
                "binaryData": PropertyRule(
                    effect=IN_PLACE,
                    without={"enableConfigMapMutable": REPLACE},
                    why=(
                        "pods that run keep what they read at their start; what rolls them is "
                        "the hash in their template's annotation"
                    ),
                ),
            },
        ),
        price=Free(reason="an object of the API server"),
    ),
    kubernetes_card(
        "kubernetes:core/v1:LimitRange",
        changes=Unruled(),
        price=Free(reason="an object of the API server"),
    ),
    kubernetes_card(
        "kubernetes:core/v1:Namespace",
        changes=Changes(
            holds="everything inside it",
            source=(kubernetes('"Namespaces"'),),
            properties={
                "apiVersion": IN_PLACE,
                "kind": REPLACE,
                "metadata.name": REPLACE,
                "metadata.labels": IN_PLACE,
                "metadata.annotations": IN_PLACE,
            },
        ),
        price=Free(reason="an object of the API server"),
    ),
    kubernetes_card(
        "kubernetes:core/v1:ResourceQuota",
        changes=Changes(
            source=(kubernetes_provider("provider/diff.go"),), properties={"spec.scopes": REPLACE}
        ),
        price=Free(reason="an object of the API server"),
    ),
    kubernetes_card(
        "kubernetes:core/v1:Secret",
        changes=Changes(
            source=(kubernetes_provider("provider/diff.go (forceNewProperties)"),),
            properties={
                "type": REPLACE,
                "data": PropertyRule(
                    effect=IN_PLACE,
                    without={"enableSecretMutable": REPLACE},
                    why=(
                        "pods that run keep what they read at their start; what rolls them is "
                        "the hash in their template's annotation"
                    ),
                ),
                "stringData": PropertyRule(
                    effect=IN_PLACE,
                    without={"enableSecretMutable": REPLACE},
                    why=(
                        "pods that run keep what they read at their start; what rolls them is "
                        "the hash in their template's annotation"
                    ),
                ),
            },
        ),
        price=Free(reason="an object of the API server"),
    ),
    kubernetes_card(
        SERVICE,
        changes=Changes(
            source=(kubernetes_provider("provider/diff.go"),),
            properties={"spec.clusterIP": REPLACE},
        ),
        price=Free(
            reason="inside the cluster; one of type LoadBalancer is named as unpriced",
            unless=_balancer_of_its_own,
        ),
    ),
    kubernetes_card(
        "kubernetes:core/v1:ServiceAccount",
        changes=Unruled(),
        price=Free(reason="an object of the API server"),
    ),
)
