"""What is cached, and which headers are answered."""

from __future__ import annotations

from typing import Any

from rf.aws.cloudfront.distribution import CONTROL_PLANE, _invented_edge, _policy
from rf.shared.account import usage
from rf.shared.account.unreadable import GLOBAL_REGION
from rf.shared.cards.calls import Calls
from rf.shared.cards.card import Card
from rf.shared.cards.changes import Unruled
from rf.shared.cards.lifecycle import Created, Inputs, Task
from rf.shared.cards.prices import Free
from rf.shared.cards.quota import Quota, count_of
from rf.shared.cards.residency import GLOBAL_SETTINGS
from rf.shared.cards.values import by_model
from rf.shared.cards.without import NOT_COMPARED, OWN_NAME

CACHE_POLICY = "aws:cloudfront/cachePolicy:CachePolicy"


HEADERS_POLICY = "aws:cloudfront/responseHeadersPolicy:ResponseHeadersPolicy"


def _unwrapped(config: dict[str, Any]) -> dict[str, Any]:
    """`{headers: {items: [...]}}` of the provider as the list that `fit` counts itself."""
    shaped = dict(config)
    for block in ("cookiesConfig", "headersConfig", "queryStringsConfig"):
        if isinstance(shaped.get(block), dict):
            shaped[block] = {
                key: value["items"] if isinstance(value, dict) and "items" in value else value
                for key, value in shaped[block].items()
            }
    return shaped


def _create_cache_policy(task: Task, inputs: Inputs) -> Created:
    config = inputs.rest()
    config["name"] = config.get("name") or task.auto_name("name", 128)
    config.setdefault("minTtl", 0)
    renames = {"minTtl": "MinTTL", "maxTtl": "MaxTTL", "defaultTtl": "DefaultTTL"}
    key = dict(config.get("parametersInCacheKeyAndForwardedToOrigin") or {})
    if key:
        # The provider may leave these out; the API may not.
        key.setdefault("enableAcceptEncodingGzip", False)
        config["parametersInCacheKeyAndForwardedToOrigin"] = _unwrapped(key)
    answer = task.send("cloudfront", "CreateCachePolicy", {"cachePolicyConfig": config}, renames)
    return _policy(task, answer.data, "CachePolicy")


def _create_response_headers_policy(task: Task, inputs: Inputs) -> Created:
    config = inputs.rest()
    config["name"] = config.get("name") or task.auto_name("name", 128)
    renames = {
        "accessControlMaxAgeSec": "AccessControlMaxAgeSec",
        "includeSubdomains": "IncludeSubdomains",
        "xssProtection": "XSSProtection",
    }
    answer = task.send(
        "cloudfront",
        "CreateResponseHeadersPolicy",
        {"responseHeadersPolicyConfig": config},
        renames,
    )
    return _policy(task, answer.data, "ResponseHeadersPolicy")


CARDS = (
    Card(
        type=CACHE_POLICY,
        computed=_invented_edge("cache-policy", "uuid"),
        values=by_model("cloudfront:CreateCachePolicy", "cloudfront:UpdateCachePolicy"),
        lifecycle=Calls(service="cloudfront", create="CreateCachePolicy").lifecycle(
            create=_create_cache_policy
        ),
        verification=NOT_COMPARED,
        changes=Unruled(),
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
        computed=_invented_edge("response-headers-policy", "uuid"),
        values=by_model(
            "cloudfront:CreateResponseHeadersPolicy", "cloudfront:UpdateResponseHeadersPolicy"
        ),
        lifecycle=Calls(service="cloudfront", create="CreateResponseHeadersPolicy").lifecycle(
            create=_create_response_headers_policy
        ),
        verification=NOT_COMPARED,
        changes=Unruled(),
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
