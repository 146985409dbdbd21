"""Faults of the CDN, its firewall and the load balancer."""

from __future__ import annotations

from typing import Any

from policy.rules.shared import tokens
from tests.faults.change import put, remove
from tests.faults.fault import Fault, breaks

DISTRIBUTION = f"{tokens.DISTRIBUTION}::edge-distribution"
BALANCER = f"{tokens.LOAD_BALANCER}::ingress-balancer"
LISTENER = f"{tokens.LISTENER}::ingress-listener"
FIREWALL = f"{tokens.WEB_ACL}::edge-firewall-acl"


def weak_origin(inputs: dict[str, Any]) -> None:
    """Ask the application over HTTP, as a public origin."""
    origin = next(each for each in inputs["origins"] if each["originId"] == "application")
    del origin["vpcOriginConfig"]
    origin["customOriginConfig"] = {
        "originProtocolPolicy": "match-viewer",
        "originSslProtocols": ["TLSv1.2"],
    }


def open_bucket(inputs: dict[str, Any]) -> None:
    """Read the static bucket as anybody."""
    origin = next(each for each in inputs["origins"] if each["originId"] == "static")
    del origin["originAccessControlId"]


def only_counting(inputs: dict[str, Any]) -> None:
    """Count what AWS' base rules find, in place of blocking."""
    for rule in inputs["rules"]:
        if "overrideAction" in rule:
            rule["overrideAction"] = {"count": {}}


def no_rate_limit(inputs: dict[str, Any]) -> None:
    """Limit no address."""
    inputs["rules"] = [each for each in inputs["rules"] if "overrideAction" in each]


DELIVERY = "aws:cloudwatch/logDelivery:LogDelivery::edge-access-log-delivery"
API_PATH = "orderedCacheBehaviors[1]"


FAULTS: tuple[Fault, ...] = (
    breaks(
        "edge-viewer-tls",
        "visitors over HTTP",
        DISTRIBUTION,
        put("defaultCacheBehavior.viewerProtocolPolicy", "allow-all"),
    ),
    breaks(
        "edge-viewer-tls",
        "visitors over TLS 1.0",
        DISTRIBUTION,
        put("viewerCertificate.minimumProtocolVersion", "TLSv1"),
    ),
    breaks(
        "edge-api-https-only",
        "the API redirects",
        DISTRIBUTION,
        put("orderedCacheBehaviors[1].viewerProtocolPolicy", "redirect-to-https"),
    ),
    breaks("edge-origins-closed", "the application over HTTP", DISTRIBUTION, weak_origin),
    breaks(
        "edge-origins-closed", "the static bucket without access control", DISTRIBUTION, open_bucket
    ),
    breaks(
        "edge-access-signed",
        "requests to the bucket unsigned",
        f"{tokens.ORIGIN_ACCESS}::edge-bucket-access",
        put("signingBehavior", "no-override"),
    ),
    breaks(
        "edge-origin-tls",
        "CloudFront asks the balancer over HTTP",
        f"{tokens.VPC_ORIGIN}::edge-origin",
        put("vpcOriginEndpointConfig.originProtocolPolicy", "http-only"),
    ),
    breaks(
        "edge-origin-tls",
        "CloudFront speaks TLS 1.0",
        f"{tokens.VPC_ORIGIN}::edge-origin",
        put("vpcOriginEndpointConfig.originSslProtocols.items", ["TLSv1"]),
    ),
    breaks(
        "balancer-tls",
        "the balancer takes TLS 1.0",
        LISTENER,
        put("sslPolicy", "ELBSecurityPolicy-2016-08"),
    ),
    breaks("balancer-tls", "the balancer speaks HTTP", LISTENER, put("protocol", "HTTP")),
    breaks(
        "balancer-strict", "malformed headers pass", BALANCER, put("dropInvalidHeaderFields", False)
    ),
    breaks(
        "balancer-strict",
        "the balancer can be deleted by a click",
        BALANCER,
        put("enableDeletionProtection", False),
    ),
    breaks("edge-firewall", "no firewall", DISTRIBUTION, remove("webAclId")),
    breaks("edge-firewall-blocks", "the firewall only counts", FIREWALL, only_counting),
    breaks("edge-firewall-blocks", "no address is limited", FIREWALL, no_rate_limit),
    breaks(
        "edge-headers",
        "HTTPS is asked for a day",
        f"{tokens.HEADERS_POLICY}::edge-policies-security-headers",
        put("securityHeadersConfig.strictTransportSecurity.accessControlMaxAgeSec", 86_400),
    ),
    breaks(
        "edge-logged", "no access log", f"{tokens.LOG_SOURCE}::edge-access-log-source", drop=True
    ),
    breaks(
        "edge-api-not-cached",
        "one patient's answer is the next one's",
        DISTRIBUTION,
        put(f"{API_PATH}.cachePolicyId", "658327ea-f89d-4fab-a63d-7e88639e58f6"),
        also=("edge-cache-without-credentials",),
    ),
    breaks("edge-api-not-cached", "the API is served as pages", DISTRIBUTION, remove(API_PATH)),
    breaks(
        "edge-cache-without-credentials",
        "the public API hands tokens on",
        DISTRIBUTION,
        put(
            "orderedCacheBehaviors[0].originRequestPolicyId", "216adef6-5c7f-47e4-b989-5492eafa07d3"
        ),
    ),
    breaks(
        "edge-cache-without-credentials",
        "the public API is kept by cookie",
        "aws:cloudfront/cachePolicy:CachePolicy::edge-policies-public-api",
        put("parametersInCacheKeyAndForwardedToOrigin.cookiesConfig.cookieBehavior", "all"),
    ),
    breaks(
        "edge-headers-everywhere",
        "the API answers without headers",
        DISTRIBUTION,
        remove(f"{API_PATH}.responseHeadersPolicyId"),
    ),
    breaks("stateful-protected", "the distribution loses its protect", DISTRIBUTION, bare=True),
    breaks(
        "zone-names-issuer",
        "any authority issues certificates",
        "aws:route53/record:Record::dns-issuers",
        drop=True,
    ),
    breaks(
        "access-log-without-query",
        "searches are written down",
        DELIVERY,
        put("recordFields[0]", "cs-uri-query"),
    ),
    breaks(
        "access-log-without-query",
        "all of a request is written down",
        DELIVERY,
        remove("recordFields"),
    ),
    breaks(
        "firewall-log-redacted",
        "the firewall writes cookies down",
        f"{tokens.WEB_ACL_LOG}::edge-firewall-logging",
        remove("redactedFields[1]"),
    ),
    breaks(
        "firewall-samples-redacted",
        "samples show bodies",
        FIREWALL,
        remove("dataProtectionConfig.dataProtections[3]"),
    ),
)
