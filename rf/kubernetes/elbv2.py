"""The load balancer controller's bindings of pods to target groups."""

from __future__ import annotations

from rf.shared.cards.changes import IN_PLACE, REFUSED, Changes, PropertyRule
from rf.shared.cards.kinds import kubernetes_card
from rf.shared.cards.prices import Free
from rf.shared.cards.source import GUIDES_READ, FactSource, thread

_WAY = (
    "delete the binding: its targets leave the old group",
    "make it again with the new group, of which it may be the only one; `replaceOnChanges` with"
    " `deleteBeforeReplace` on the binding does both in one update",
)
_IMMUTABLE = PropertyRule(
    effect=REFUSED,
    outage=(
        "requests fail for about half a minute: until the new group has the pods, and two checks"
        " of each passed"
    ),
    why=(
        "the controller's webhook lets no binding change it, and listeners that have gone over to"
        " the new group would find no target in it"
    ),
    way=_WAY,
)

CARDS = (
    kubernetes_card(
        "kubernetes:elbv2.k8s.aws/v1beta1:TargetGroupBinding",
        changes=Changes(
            alone="the API server has one of a name, and the controller one of a target group",
            source=(
                FactSource(
                    name="aws-load-balancer-controller",
                    page="webhooks/elbv2/targetgroupbinding_validator.go",
                    version=GUIDES_READ,
                ),
                thread("kubernetes-sigs/aws-load-balancer-controller#2764", "immutable on purpose"),
            ),
            properties={
                "spec": PropertyRule(
                    effect=IN_PLACE,
                    computed=REFUSED,
                    outage=_IMMUTABLE.outage,
                    why=_IMMUTABLE.why,
                    way=_WAY,
                ),
                "spec.targetGroupARN": _IMMUTABLE,
                "spec.targetType": _IMMUTABLE,
                "spec.ipAddressType": _IMMUTABLE,
                "spec.vpcID": _IMMUTABLE,
            },
        ),
        price=Free(reason="part of the load balancer"),
    ),
)
