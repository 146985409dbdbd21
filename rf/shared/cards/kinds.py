"""Cards of what no AWS API makes: Kubernetes' kinds, and what lives in the stack's state alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from rf.shared.cards.card import Card
from rf.shared.cards.changes import Changes
from rf.shared.cards.creation import SECONDS, Creation
from rf.shared.cards.force_new import forced_new
from rf.shared.cards.inventing import kubernetes_object
from rf.shared.cards.prices import Free, Priced
from rf.shared.cards.residency import IN_CLUSTER, IN_STATE
from rf.shared.cards.values import ClosedValues, ListedKeys
from rf.shared.cards.without import Without
from rf.shared.offline.invention import Invent

_NO_AWS = Without("no AWS API makes it")
_IN_CLUSTER = Without("the cluster's API server makes it, which is no part of the embedded AWS")
_NAMED_INSIDE = Without("its name is one of the stack's own cluster")
_BY_SCHEMA = Without("its schema, or what every kind has in common, closes what is closed")
_IN_STATE = Without("it lives in the stack's state alone")

_REFERENCE = "Kubernetes 1.35, API reference and pkg/apis/*/validation"

CLOSED_IN_EVERY_KIND: Mapping[str, frozenset[str]] = {
    "ports.protocol": frozenset({"TCP", "UDP", "SCTP"}),
    "imagePullPolicy": frozenset({"Always", "IfNotPresent", "Never"}),
    "spec.restartPolicy": frozenset({"Always", "OnFailure", "Never"}),
    "dnsPolicy": frozenset({"ClusterFirst", "ClusterFirstWithHostNet", "Default", "None"}),
    "terminationMessagePolicy": frozenset({"File", "FallbackToLogsOnError"}),
    "seccompProfile.type": frozenset({"RuntimeDefault", "Localhost", "Unconfined"}),
    "fsGroupChangePolicy": frozenset({"OnRootMismatch", "Always"}),
    "preemptionPolicy": frozenset({"PreemptLowerPriority", "Never"}),
    "whenUnsatisfiable": frozenset({"DoNotSchedule", "ScheduleAnyway"}),
    "nodeAffinityPolicy": frozenset({"Honor", "Ignore"}),
    "nodeTaintsPolicy": frozenset({"Honor", "Ignore"}),
    "tolerations.operator": frozenset({"Exists", "Equal", "Lt", "Gt"}),
    "tolerations.effect": frozenset({"NoSchedule", "PreferNoSchedule", "NoExecute"}),
    "httpGet.scheme": frozenset({"HTTP", "HTTPS"}),
    "emptyDir.medium": frozenset({"", "Memory", "HugePages"}),
    "matchExpressions.operator": frozenset({"In", "NotIn", "Exists", "DoesNotExist", "Gt", "Lt"}),
    "volumeMounts.mountPropagation": frozenset({"None", "HostToContainer", "Bidirectional"}),
}
"""Fields that the API server closes in code while its schema takes any text, in whichever kind they
stand: the end of the field's path, and what it allows. What one kind alone has stands in its card.

Source: the API reference of Kubernetes 1.35 (field descriptions, "Possible enum values") and the
validation packages of kubernetes/kubernetes (`pkg/apis/*/validation`).
"""


def closed_by_server(closed: Mapping[str, frozenset[str]]) -> ClosedValues:
    """What the API server closes in code of one kind, by the path of the field."""
    return ClosedValues(closed=closed, source=_REFERENCE)


def kubernetes_card(
    token: str,
    *,
    changes: Changes,
    price: Priced | Free,
    values: ClosedValues | ListedKeys | Without = _BY_SCHEMA,
    creation: Creation = SECONDS,
    computed: Invent = kubernetes_object,
    why: str = "",
) -> Card:
    """The card of a Kubernetes kind, or of a chart's release.

    What the provider makes anew is added to the rules of `changes`, which go before; `why` says
    what matters of that.
    """
    return Card(
        type=token,
        computed=computed,
        values=values,
        lifecycle=_IN_CLUSTER,
        creation=creation,
        verification=_IN_CLUSTER,
        changes=_with_forced_new(token, changes, why),
        price=price,
        quotas=_NO_AWS,
        naming=_NAMED_INSIDE,
        permissions=_NO_AWS,
        residency=IN_CLUSTER,
        control_plane=_IN_CLUSTER,
    )


def _with_forced_new(token: str, changes: Changes, why: str) -> Changes:
    forced = forced_new(token, why, changes.source)
    return replace(changes, properties={**forced, **changes.properties})


def local_card(token: str, *, changes: Changes, computed: Invent, price: Free) -> Card:
    """The card of what is made and kept by the engine alone."""
    return Card(
        type=token,
        computed=computed,
        values=Without("the SDK's types close what is closed"),
        lifecycle=_IN_STATE,
        creation=_IN_STATE,
        verification=_IN_STATE,
        changes=changes,
        price=price,
        quotas=_IN_STATE,
        naming=_IN_STATE,
        permissions=_IN_STATE,
        residency=IN_STATE,
        control_plane=_IN_STATE,
    )
