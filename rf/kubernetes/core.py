"""Kubernetes' first kinds: namespaces, limits, configuration, secrets, services, accounts."""

from __future__ import annotations

from rf.shared.cards.changes import IN_PLACE, REFUSED, REPLACE, Changes, PropertyRule
from rf.shared.cards.kinds import closed_by_server, kubernetes_card
from rf.shared.cards.prices import Free
from rf.shared.cards.source import kubernetes
from rf.shared.plan import RecordedResource


def _balancer_of_its_own(resource: RecordedResource) -> str:
    spec = resource.inputs.get("spec") or {}
    if spec.get("type") == "LoadBalancer":
        return f"{resource.name} makes a load balancer of its own"
    return ""


CONFIG_MAP = "kubernetes:core/v1:ConfigMap"
NAMESPACE = "kubernetes:core/v1:Namespace"
SERVICE = "kubernetes:core/v1:Service"

_TRAFFIC_POLICIES = frozenset({"Cluster", "Local"})

_READ_AT_START = (
    "pods that run keep what they read at their start; what rolls them is the hash in their "
    "template's annotation"
)
_IMMUTABLE = Changes(
    source=(
        kubernetes('"ConfigMaps", "Immutable ConfigMaps" (the API server never takes it back)'),
    ),
    properties={
        "immutable": PropertyRule(
            to={"true": IN_PLACE},
            effect=REFUSED,
            why="the API server never takes it back",
            way=(
                "make one of another name with the new content, and let the pods name that one",
                "delete the old one once no pod mounts it",
            ),
        )
    },
)


CARDS = (
    kubernetes_card(
        CONFIG_MAP,
        changes=_IMMUTABLE,
        why=_READ_AT_START,
        price=Free(reason="an object of the API server"),
    ),
    kubernetes_card(
        "kubernetes:core/v1:LimitRange",
        changes=Changes(
            source=(kubernetes('"Limit Ranges (pods that run are untouched)"'),),
            properties={"spec": IN_PLACE},
        ),
        price=Free(reason="an object of the API server"),
    ),
    kubernetes_card(
        NAMESPACE,
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
            source=(kubernetes('"Resource Quotas" (what runs is untouched by a smaller one)'),),
            properties={"spec": IN_PLACE},
        ),
        price=Free(reason="an object of the API server"),
    ),
    kubernetes_card(
        "kubernetes:core/v1:Secret",
        values=closed_by_server(
            {
                "type": frozenset(
                    {
                        "Opaque",
                        "kubernetes.io/tls",
                        "kubernetes.io/basic-auth",
                        "kubernetes.io/dockerconfigjson",
                        "kubernetes.io/ssh-auth",
                        "kubernetes.io/service-account-token",
                        "bootstrap.kubernetes.io/token",
                    }
                )
            }
        ),
        changes=_IMMUTABLE,
        why=_READ_AT_START,
        price=Free(reason="an object of the API server"),
    ),
    kubernetes_card(
        SERVICE,
        values=closed_by_server(
            {
                "spec.type": frozenset({"ClusterIP", "NodePort", "LoadBalancer", "ExternalName"}),
                "spec.sessionAffinity": frozenset({"ClientIP", "None"}),
                "spec.internalTrafficPolicy": _TRAFFIC_POLICIES,
                "spec.externalTrafficPolicy": _TRAFFIC_POLICIES,
                "spec.ipFamilyPolicy": frozenset(
                    {"SingleStack", "PreferDualStack", "RequireDualStack"}
                ),
                "spec.trafficDistribution": frozenset(
                    {"PreferClose", "PreferSameZone", "PreferSameNode"}
                ),
            }
        ),
        changes=Changes(
            source=(kubernetes('"Service", "ServiceSpec" (cluster addresses are immutable)'),),
            properties={"spec": IN_PLACE},
        ),
        price=Free(
            reason="inside the cluster; one of type LoadBalancer is named as unpriced",
            unless=_balancer_of_its_own,
        ),
    ),
    kubernetes_card(
        "kubernetes:core/v1:ServiceAccount",
        changes=Changes(
            source=(kubernetes('"Service Accounts"'),),
            properties={
                "automountServiceAccountToken": IN_PLACE,
                "imagePullSecrets": IN_PLACE,
                "secrets": IN_PLACE,
            },
        ),
        price=Free(reason="an object of the API server"),
    ),
)
