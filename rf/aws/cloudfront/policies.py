"""What is cached, and which headers are answered."""

from __future__ import annotations

from rf.aws.cloudfront.edge import CONTROL_PLANE, LOCK, as_configuration, invented_edge
from rf.shared.account import usage
from rf.shared.account.unreadable import GLOBAL_REGION
from rf.shared.cards.calls import Calls
from rf.shared.cards.card import Card
from rf.shared.cards.changes import IN_PLACE, Changes, PropertyRule
from rf.shared.cards.creation import SECONDS
from rf.shared.cards.lifecycle import Inputs, Task
from rf.shared.cards.prices import Free
from rf.shared.cards.quota import Quota, count_of
from rf.shared.cards.residency import GLOBAL_SETTINGS
from rf.shared.cards.source import provider
from rf.shared.cards.values import by_model
from rf.shared.cards.without import NOT_COMPARED, OWN_NAME

CACHE_POLICY = "aws:cloudfront/cachePolicy:CachePolicy"
HEADERS_POLICY = "aws:cloudfront/responseHeadersPolicy:ResponseHeadersPolicy"


def _with_encodings(task: Task, inputs: Inputs) -> None:
    as_configuration(task, inputs)
    key = inputs.get("parametersInCacheKeyAndForwardedToOrigin")
    if key:
        # The provider may leave it out; the API may not.
        key.setdefault("enableAcceptEncodingGzip", False)


_CACHE_POLICY = Calls(
    service="cloudfront",
    create="CreateCachePolicy",
    read="GetCachePolicy",
    update="UpdateCachePolicy",
    delete="DeleteCachePolicy",
    identifier="Id",
    by={"Id": "{id}"},
    within="cachePolicyConfig",
    found="CachePolicy.CachePolicyConfig",
    lock=LOCK,
    whole=True,
    defaults={"minTtl": 0},
    prepare=_with_encodings,
)

_HEADERS_POLICY = Calls(
    service="cloudfront",
    create="CreateResponseHeadersPolicy",
    read="GetResponseHeadersPolicy",
    update="UpdateResponseHeadersPolicy",
    delete="DeleteResponseHeadersPolicy",
    identifier="Id",
    by={"Id": "{id}"},
    within="responseHeadersPolicyConfig",
    found="ResponseHeadersPolicy.ResponseHeadersPolicyConfig",
    lock=LOCK,
    whole=True,
    prepare=as_configuration,
)


CARDS = (
    Card(
        type=CACHE_POLICY,
        computed=invented_edge("cache-policy", "uuid"),
        values=by_model("cloudfront:CreateCachePolicy", "cloudfront:UpdateCachePolicy"),
        lifecycle=_CACHE_POLICY.lifecycle(),
        creation=SECONDS,
        verification=NOT_COMPARED,
        changes=Changes(
            source=(provider("cloudfront/cache_policy.go (every input by UpdateCachePolicy)"),),
            properties={
                **dict.fromkeys(
                    (
                        "name",
                        "comment",
                        "defaultTtl",
                        "maxTtl",
                        "minTtl",
                    ),
                    IN_PLACE,
                ),
                "parametersInCacheKeyAndForwardedToOrigin": PropertyRule(
                    effect=IN_PLACE, why="under another key nothing that is cached is found again"
                ),
            },
        ),
        price=Free(reason="part of the distribution"),
        quotas=(
            Quota(
                service="cloudfront",
                code="L-7D134442",
                name="Cache policies per AWS account",
                demand=count_of(CACHE_POLICY),
                used=usage.cloudfront_policies("ListCachePolicies", "CachePolicyList"),
                region=GLOBAL_REGION,
            ),
        ),
        naming=OWN_NAME,
        permissions=("cloudfront:CreateCachePolicy",),
        residency=GLOBAL_SETTINGS,
        control_plane=CONTROL_PLANE,
    ),
    Card(
        type=HEADERS_POLICY,
        computed=invented_edge("response-headers-policy", "uuid"),
        values=by_model(
            "cloudfront:CreateResponseHeadersPolicy", "cloudfront:UpdateResponseHeadersPolicy"
        ),
        lifecycle=_HEADERS_POLICY.lifecycle(),
        creation=SECONDS,
        verification=NOT_COMPARED,
        changes=Changes(
            source=(provider("cloudfront/response_headers_policy.go (no input makes it anew)"),),
            properties={
                **dict.fromkeys(
                    (
                        "name",
                        "comment",
                        "corsConfig",
                        "customHeadersConfig",
                        "removeHeadersConfig",
                        "securityHeadersConfig",
                        "serverTimingHeadersConfig",
                    ),
                    IN_PLACE,
                )
            },
        ),
        price=Free(reason="part of the distribution"),
        quotas=(
            Quota(
                service="cloudfront",
                code="L-CF0D4FC5",
                name="Response headers policies per AWS account",
                demand=count_of(HEADERS_POLICY),
                used=usage.cloudfront_policies(
                    "ListResponseHeadersPolicies", "ResponseHeadersPolicyList"
                ),
                region=GLOBAL_REGION,
            ),
        ),
        naming=OWN_NAME,
        permissions=("cloudfront:CreateResponseHeadersPolicy",),
        residency=GLOBAL_SETTINGS,
        control_plane=CONTROL_PLANE,
    ),
)
