"""What the edge keeps, forwards and adds: cache, origin-request and response-headers policies."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi_aws as aws
from pulumi import ComponentResource, Output, ResourceOptions

from rendering.edge.functions import content_security_policy
from scaleplan.layers import EdgePlan

CACHING_DISABLED = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"
"""AWS's managed cache policy of that name: nothing is kept."""

ALL_VIEWER_EXCEPT_HOST = "b689b0a8-53d0-40ab-baf2-68738e2966ac"
"""AWS's managed origin-request policy: every header, cookie and query, among them Authorization and
Sec-WebSocket-*, but not Host. The origin then gets its own name as Host and as TLS server name,
which is the name on its certificate."""

HSTS_SECONDS = 63_072_000
"""Two years, as browsers' preload lists ask."""


@dataclass(frozen=True, kw_only=True)
class EdgePoliciesArgs:
    """The times and the name that the policies hold."""

    plan: EdgePlan
    """Times to live of files and of the public API, in seconds."""

    domain: str | None
    """The domain whose WebSockets pages may open; None where there is none."""


class EdgePolicies(ComponentResource):
    """The program's own policies, where no managed one says what the plan does.

    AWS's CachingOptimized keeps everything for a second at least, also what says no-cache; its
    SecurityHeadersPolicy has no Content-Security-Policy.
    """

    static_cache_policy_id: Output[str]
    public_api_cache_policy_id: Output[str]
    security_headers_policy_id: Output[str]

    def __init__(
        self, name: str, args: EdgePoliciesArgs, opts: ResourceOptions | None = None
    ) -> None:
        super().__init__("researchflow:edge:EdgePolicies", name, {"policies": 3}, opts)
        static, public = args.plan.static_behavior, args.plan.public_api
        self.static_cache_policy_id = self._cache_policy(
            f"{name}-static",
            "Files of the frontend: one copy for all, whatever cookie or query comes along",
            ttls=(static.min_ttl_seconds, static.default_ttl_seconds, static.max_ttl_seconds),
            queries="none",
        )
        # CloudFront drops an object at the maximum time to live, so the time in which the origin's
        # stale-while-revalidate may serve it has to be within that (CloudFront guide, "Serve stale
        # (expired) content").
        maximum_seconds = public.max_age_seconds + public.stale_while_revalidate_seconds
        self.public_api_cache_policy_id = self._cache_policy(
            f"{name}-public-api",
            "Public API: the query is part of the key; no cookie, no Authorization reaches it",
            ttls=(0, public.max_age_seconds, maximum_seconds),
            queries="all",
        )
        self.security_headers_policy_id = self._security_headers(name, args.domain)
        self.register_outputs(
            {
                "staticCachePolicyId": self.static_cache_policy_id,
                "publicApiCachePolicyId": self.public_api_cache_policy_id,
                "securityHeadersPolicyId": self.security_headers_policy_id,
            }
        )

    def _cache_policy(
        self, name: str, comment: str, *, ttls: tuple[int, int, int], queries: str
    ) -> Output[str]:
        minimum, default, maximum = ttls
        policy = aws.cloudfront.CachePolicy(
            name,
            comment=comment,
            min_ttl=minimum,
            default_ttl=default,
            max_ttl=maximum,
            parameters_in_cache_key_and_forwarded_to_origin=aws.cloudfront.CachePolicyParametersInCacheKeyAndForwardedToOriginArgs(
                cookies_config=aws.cloudfront.CachePolicyParametersInCacheKeyAndForwardedToOriginCookiesConfigArgs(
                    cookie_behavior="none"
                ),
                headers_config=aws.cloudfront.CachePolicyParametersInCacheKeyAndForwardedToOriginHeadersConfigArgs(
                    header_behavior="none"
                ),
                query_strings_config=aws.cloudfront.CachePolicyParametersInCacheKeyAndForwardedToOriginQueryStringsConfigArgs(
                    query_string_behavior=queries
                ),
                enable_accept_encoding_brotli=True,
                enable_accept_encoding_gzip=True,
            ),
            opts=ResourceOptions(parent=self),
        )
        return policy.id

    def _security_headers(self, name: str, domain: str | None) -> Output[str]:
        policy = aws.cloudfront.ResponseHeadersPolicy(
            f"{name}-security-headers",
            comment="Security headers of every response",
            security_headers_config=aws.cloudfront.ResponseHeadersPolicySecurityHeadersConfigArgs(
                strict_transport_security=aws.cloudfront.ResponseHeadersPolicySecurityHeadersConfigStrictTransportSecurityArgs(
                    access_control_max_age_sec=HSTS_SECONDS,
                    # The domain may be an organisation's apex, whose other names are not ours.
                    include_subdomains=False,
                    preload=False,
                    override=True,
                ),
                content_type_options=aws.cloudfront.ResponseHeadersPolicySecurityHeadersConfigContentTypeOptionsArgs(
                    override=True
                ),
                frame_options=aws.cloudfront.ResponseHeadersPolicySecurityHeadersConfigFrameOptionsArgs(
                    frame_option="DENY", override=True
                ),
                referrer_policy=aws.cloudfront.ResponseHeadersPolicySecurityHeadersConfigReferrerPolicyArgs(
                    referrer_policy="strict-origin-when-cross-origin", override=True
                ),
                content_security_policy=aws.cloudfront.ResponseHeadersPolicySecurityHeadersConfigContentSecurityPolicyArgs(
                    content_security_policy=content_security_policy(domain),
                    # A response that brings a stricter policy of its own keeps it.
                    override=False,
                ),
            ),
            opts=ResourceOptions(parent=self),
        )
        return policy.id
