"""Rules of what caches keep of answers, and of what browsers are told."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ..shared.rule import Resource, Rule, RuleLayer, StackResources
from ..shared.tokens import CACHE_POLICY, CONFIG_MAP, DISTRIBUTION, RECORD, ZONE
from ..shared.values import at, listed

CACHING_DISABLED = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"
"""AWS' own policy (CloudFront developer guide, Use managed cache policies)."""

OF_ONE_USER = ("/api", "/collab", "/health")
PUBLIC = "/api/public"

NEVER_SHARED = {
    "CACHE_CONTROL_MUTATION": "no-store",
    "CACHE_CONTROL_AUTHENTICATED": "private",
}
"""Headers that the applications are told to send, and what must be among them."""


def _behaviors(distribution: Resource) -> Iterator[tuple[str, Mapping[str, Any]]]:
    yield "*", at(distribution.inputs, "defaultCacheBehavior", {})
    for each in listed(distribution.inputs, "orderedCacheBehaviors"):
        yield str(at(each, "pathPattern", "")), each


def _not_cached(resource: Resource, stack: StackResources) -> Iterator[str]:
    paths = dict(_behaviors(resource))
    for path, each in paths.items():
        of_one = path.startswith(OF_ONE_USER) and not path.startswith(PUBLIC)
        if of_one and at(each, "cachePolicyId") != CACHING_DISABLED:
            yield f"keeps answers of {path}: one user's goes to the next who asks"
    if "/api/*" not in paths:
        yield "has no behavior for /api/*, and keeps its answers as pages"


def _without_credentials(resource: Resource, stack: StackResources) -> Iterator[str]:
    if resource.type == CACHE_POLICY:
        key = at(resource.inputs, "parametersInCacheKeyAndForwardedToOrigin", {})
        if at(key, "cookiesConfig.cookieBehavior", "none") != "none":
            yield "keeps answers by cookie: it has a session's in it"
        if at(key, "headersConfig.headerBehavior", "none") != "none":
            yield "keeps answers by headers, among which may be a token"
        return
    for path, each in _behaviors(resource):
        if at(each, "cachePolicyId") != CACHING_DISABLED and at(each, "originRequestPolicyId"):
            yield f"hands credentials on for {path}, and gives everybody what they opened"


def _told_everywhere(resource: Resource, stack: StackResources) -> Iterator[str]:
    for path, each in _behaviors(resource):
        if not at(each, "responseHeadersPolicyId"):
            yield f"answers {path} without the security headers"


def _not_shared(resource: Resource, stack: StackResources) -> Iterator[str]:
    for key, wanted in NEVER_SHARED.items():
        value = at(resource.inputs, f"data.{key}")
        if value is not None and wanted not in str(value).replace(" ", "").split(","):
            yield f"{key} is {value}: caches on the way may keep a patient's answer"


def _issuer_named(resource: Resource, stack: StackResources) -> Iterator[str]:
    issuers = {
        value
        for record in stack.pointing_at(resource, RECORD, "zoneId")
        if at(record.inputs, "type") == "CAA"
        for value in listed(record.inputs, "records")
    }
    if not issuers or any(not value.endswith('issue "amazon.com"') for value in issuers):
        yield "lets others than Amazon issue certificates for its names"


RULES = (
    Rule(
        id="edge-api-not-cached",
        layer=RuleLayer.EDGE,
        demand="CloudFront keeps no answer of the API or of sockets, but of what is public.",
        reason="A cache knows paths, not people: one patient's record is the next one's answer.",
        source="scale plan, CloudFront Configuration; CloudFront guide, Managed cache policies",
        remedy="give CachingDisabled to it in `components/edge/behaviors.py`",
        types=(DISTRIBUTION,),
        check=_not_cached,
    ),
    Rule(
        id="edge-cache-without-credentials",
        layer=RuleLayer.EDGE,
        demand="What is cached was asked for without cookie or token.",
        reason="The origin would answer one user, and the edge everybody.",
        source="CloudFront developer guide, Cache content based on request headers, and cookies",
        remedy="keep `components/edge/policies.py`, and no originRequestPolicyId beside a cache",
        types=(CACHE_POLICY, DISTRIBUTION),
        check=_without_credentials,
    ),
    Rule(
        id="edge-headers-everywhere",
        layer=RuleLayer.EDGE,
        demand="Every answer of the edge has the security headers.",
        reason="A policy that a path doesn't use protects the other paths.",
        source="CloudFront guide, Response headers policies; OWASP Secure Headers Project",
        remedy="set responseHeadersPolicyId in `components/edge/behaviors.py`",
        types=(DISTRIBUTION,),
        check=_told_everywhere,
    ),
    Rule(
        id="answers-not-shared",
        layer=RuleLayer.EDGE,
        demand="Applications send no-store with changes, and private with a user's answers.",
        reason="Hospitals have proxies; what they may keep, they keep.",
        source="scale plan, Cache-Control headers; RFC 9111, 5.2.2",
        remedy="keep the headers of `rendering/applications/config.py`",
        types=(CONFIG_MAP,),
        check=_not_shared,
    ),
    Rule(
        id="zone-names-issuer",
        layer=RuleLayer.EDGE,
        demand="A zone of the stack says that Amazon alone issues certificates for its names.",
        reason="Any authority may otherwise be talked into one, for somebody else's server.",
        source="RFC 8659; ACM user guide, Certification Authority Authorization",
        remedy="keep the CAA record of `components/edge/dns.py`",
        types=(ZONE,),
        check=_issuer_named,
        whole_stack=True,
    ),
)
