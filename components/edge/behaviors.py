"""Which path the edge serves from where, with which methods, and for how long."""

from __future__ import annotations

import pulumi_aws as aws
from pulumi import Input

from components.edge.origins import APPLICATION_ORIGIN, PAGES_ORIGIN_GROUP
from components.edge.policies import ALL_VIEWER_EXCEPT_HOST, CACHING_DISABLED, EdgePolicies
from rendering.shared.endpoints import HEALTH_PATHS, SOCKET_PATHS
from scaleplan.layers import CacheBehavior, EdgePlan

_ALL_METHODS = ["DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"]
_READING_METHODS = ["GET", "HEAD", "OPTIONS"]


def pages_behavior(
    plan: EdgePlan, policies: EdgePolicies, router_arn: Input[str]
) -> aws.cloudfront.DistributionDefaultCacheBehaviorArgs:
    """The default: pages and files; the router turns routes of the application into index.html."""
    static = plan.static_behavior
    return aws.cloudfront.DistributionDefaultCacheBehaviorArgs(
        target_origin_id=PAGES_ORIGIN_GROUP,
        allowed_methods=list(static.allowed_methods),
        cached_methods=list(static.cached_methods),
        viewer_protocol_policy=static.viewer_protocol_policy,
        cache_policy_id=policies.static_cache_policy_id,
        response_headers_policy_id=policies.security_headers_policy_id,
        compress=True,
        function_associations=[
            aws.cloudfront.DistributionDefaultCacheBehaviorFunctionAssociationArgs(
                event_type="viewer-request", function_arn=router_arn
            )
        ],
    )


def application_behaviors(
    plan: EdgePlan, policies: EdgePolicies, organization_router_arn: Input[str] | None
) -> list[aws.cloudfront.DistributionOrderedCacheBehaviorArgs]:
    """Behaviours of the paths that pods answer, the cached part of the API first.

    CloudFront takes the first that matches. That part and the health paths belong to no
    organization; before all others stands the router of organizations, where there is one.
    """
    api = plan.api_behavior
    public = _behavior(
        f"{plan.public_api.path_prefix}*",
        _READING_METHODS,
        api,
        policies,
        cache_policy_id=policies.public_api_cache_policy_id,
    )
    uncached = {
        api.path_pattern: list(api.allowed_methods),
        # All methods, because clients that can't open a socket fall back to polling by POST.
        **dict.fromkeys(SOCKET_PATHS, _ALL_METHODS),
        **dict.fromkeys(HEALTH_PATHS, _READING_METHODS),
    }
    return [
        public,
        *(
            _behavior(
                path,
                methods,
                api,
                policies,
                cache_policy_id=CACHING_DISABLED,
                origin_request_policy_id=ALL_VIEWER_EXCEPT_HOST,
                function_arn=None if path in HEALTH_PATHS else organization_router_arn,
            )
            for path, methods in uncached.items()
        ),
    ]


def _behavior(
    path: str,
    methods: list[str],
    plan: CacheBehavior,
    policies: EdgePolicies,
    *,
    cache_policy_id: Input[str],
    origin_request_policy_id: str | None = None,
    function_arn: Input[str] | None = None,
) -> aws.cloudfront.DistributionOrderedCacheBehaviorArgs:
    return aws.cloudfront.DistributionOrderedCacheBehaviorArgs(
        path_pattern=path,
        target_origin_id=APPLICATION_ORIGIN,
        allowed_methods=methods,
        cached_methods=list(plan.cached_methods),
        viewer_protocol_policy=plan.viewer_protocol_policy,
        cache_policy_id=cache_policy_id,
        origin_request_policy_id=origin_request_policy_id,
        response_headers_policy_id=policies.security_headers_policy_id,
        compress=True,
        function_associations=[
            aws.cloudfront.DistributionOrderedCacheBehaviorFunctionAssociationArgs(
                event_type="viewer-request", function_arn=function_arn
            )
        ]
        if function_arn is not None
        else None,
    )
