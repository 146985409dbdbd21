"""The edge: what is cached, where a request goes, and who may come in."""

import json

import pytest

from components.edge import Edge, EdgeArgs
from components.firewall import MANAGED_RULES
from scaleplan.model import load_plan
from scaleplan.sizes import EdgeSettings, PriceClass

DISTRIBUTION = "aws:cloudfront/distribution:Distribution"
RECORD = "aws:route53/record:Record"
CACHE_POLICY = "aws:cloudfront/cachePolicy:CachePolicy"
WEB_ACL = "aws:wafv2/webAcl:WebAcl"
CACHING_DISABLED = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"
ALL_VIEWER_EXCEPT_HOST = "b689b0a8-53d0-40ab-baf2-68738e2966ac"
EVERY_METHOD = {"DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"}
BALANCER = "arn:aws:elasticloadbalancing:us-east-1:123456789012:loadbalancer/app/ingress/0123456789"


def edge_args(domain=None, waf=True):
    named = domain is not None
    certificate = "arn:aws:acm:us-east-1:123456789012:certificate/edge" if named else None
    return EdgeArgs(
        prefix="researchflow-test",
        settings=EdgeSettings(waf=waf, price_class=PriceClass.PRICE_CLASS_100),
        plan=load_plan().edge,
        static_bucket_name="static",
        static_bucket_arn="arn:aws:s3:::static",
        static_bucket_regional_domain_name="static.s3.us-east-1.amazonaws.com",
        load_balancer_arn=BALANCER,
        load_balancer_dns_name="internal-ingress-1.us-east-1.elb.amazonaws.com",
        load_balancer_zone_id="Z35SXDOTRQ7X7K",
        origin_domain_name=(
            f"origin.{domain}" if named else "internal-ingress-1.us-east-1.elb.amazonaws.com"
        ),
        origin_https=named,
        domain=domain,
        zone_id="Z0123456789" if named else None,
        edge_certificate_arn=certificate,
        requests_per_five_minutes=22_500,
        protect=True,
    )


RECORDED = {}
"""Each variant is recorded once: the tests only read."""


@pytest.fixture
def edge(build):
    def run(domain="flow.example.org", waf=True):
        if (domain, waf) not in RECORDED:
            RECORDED[domain, waf] = build(lambda opts: Edge("edge", edge_args(domain, waf), opts))
        return RECORDED[domain, waf]

    return run


def distribution(built):
    return built.inputs(DISTRIBUTION, "edge-distribution")


def behavior(built, path):
    return next(b for b in distribution(built)["orderedCacheBehaviors"] if b["pathPattern"] == path)


def cache_policy(built, role):
    return built.inputs(CACHE_POLICY, f"edge-policies-{role}")


def test_pages_come_from_the_bucket_and_from_the_web_pods_until_it_is_filled(edge):
    built = edge()
    default = distribution(built)["defaultCacheBehavior"]
    (group,) = distribution(built)["originGroups"]
    assert default["targetOriginId"] == group["originId"]
    assert [member["originId"] for member in group["members"]] == ["static", "application"]
    assert group["failoverCriteria"]["statusCodes"] == [403, 500, 502, 503, 504]
    # CloudFront refuses writing methods on an origin group.
    assert default["allowedMethods"] == ["GET", "HEAD"]
    assert default["viewerProtocolPolicy"] == "redirect-to-https"


def test_files_are_kept_a_day_and_a_year_at_most_without_cookie_or_query_in_the_key(edge):
    policy = cache_policy(edge(), "static")
    assert (policy["minTtl"], policy["defaultTtl"], policy["maxTtl"]) == (0, 86_400, 31_536_000)
    key = policy["parametersInCacheKeyAndForwardedToOrigin"]
    assert key["cookiesConfig"]["cookieBehavior"] == "none"
    assert key["queryStringsConfig"]["queryStringBehavior"] == "none"
    assert key["enableAcceptEncodingBrotli"]
    assert key["enableAcceptEncodingGzip"]


@pytest.mark.parametrize("path", ["/api/*", "/collab", "/collab/*"])
def test_api_and_sockets_are_never_cached_and_forward_all_but_host(edge, path):
    found = behavior(edge(), path)
    assert found["targetOriginId"] == "application"
    assert found["cachePolicyId"] == CACHING_DISABLED
    assert found["originRequestPolicyId"] == ALL_VIEWER_EXCEPT_HOST
    assert set(found["allowedMethods"]) == EVERY_METHOD
    assert found["viewerProtocolPolicy"] == "https-only"


def test_the_public_api_is_kept_five_minutes_by_query_and_gets_no_credentials(edge):
    built = edge()
    found = behavior(built, "/api/public/*")
    policy = cache_policy(built, "public-api")
    key = policy["parametersInCacheKeyAndForwardedToOrigin"]
    assert found["allowedMethods"] == ["GET", "HEAD", "OPTIONS"]
    assert "originRequestPolicyId" not in found
    assert (policy["minTtl"], policy["defaultTtl"], policy["maxTtl"]) == (0, 300, 300)
    assert key["queryStringsConfig"]["queryStringBehavior"] == "all"
    assert key["cookiesConfig"]["cookieBehavior"] == "none"
    assert key["headersConfig"]["headerBehavior"] == "none"


def test_the_public_api_is_matched_before_the_rest_of_the_api(edge):
    paths = [b["pathPattern"] for b in distribution(edge())["orderedCacheBehaviors"]]
    assert paths == [
        "/api/public/*",
        "/api/*",
        "/collab",
        "/collab/*",
        "/health/live",
        "/health/ready",
    ]


def test_no_behavior_uses_the_deprecated_forwarded_values(edge):
    assert "forwardedValues" not in json.dumps(distribution(edge()), default=str)


def test_every_response_carries_the_security_headers(edge):
    built = edge()
    found = distribution(built)
    behaviors = [found["defaultCacheBehavior"], *found["orderedCacheBehaviors"]]
    assert all(b.get("responseHeadersPolicyId") for b in behaviors)
    headers = built.inputs(
        "aws:cloudfront/responseHeadersPolicy:ResponseHeadersPolicy",
        "edge-policies-security-headers",
    )["securityHeadersConfig"]
    assert headers["strictTransportSecurity"]["accessControlMaxAgeSec"] >= 31_536_000
    assert headers["frameOptions"]["frameOption"] == "DENY"
    assert headers["contentTypeOptions"]["override"]
    policy = headers["contentSecurityPolicy"]["contentSecurityPolicy"]
    assert "default-src 'self'" in policy
    assert "wss://flow.example.org" in policy


def test_with_a_domain_both_legs_use_tls_1_2_and_the_origin_is_reached_by_its_own_name(edge):
    built = edge()
    found = distribution(built)
    assert found["aliases"] == ["flow.example.org"]
    assert found["viewerCertificate"] == {
        "acmCertificateArn": "arn:aws:acm:us-east-1:123456789012:certificate/edge",
        "minimumProtocolVersion": "TLSv1.2_2021",
        "sslSupportMethod": "sni-only",
    }
    origin = next(o for o in found["origins"] if o["originId"] == "application")
    assert origin["domainName"] == "origin.flow.example.org"
    endpoint = built.inputs("aws:cloudfront/vpcOrigin:VpcOrigin", "edge-origin")
    endpoint = endpoint["vpcOriginEndpointConfig"]
    assert endpoint["arn"] == BALANCER
    assert endpoint["originProtocolPolicy"] == "https-only"
    assert endpoint["originSslProtocols"] == {"items": ["TLSv1.2"], "quantity": 1}


def test_without_a_domain_cloudfronts_own_name_and_certificate_serve(edge):
    built = edge(domain=None)
    found = distribution(built)
    assert found["viewerCertificate"] == {"cloudfrontDefaultCertificate": True}
    assert not found.get("aliases")
    endpoint = built.inputs("aws:cloudfront/vpcOrigin:VpcOrigin", "edge-origin")
    assert endpoint["vpcOriginEndpointConfig"]["originProtocolPolicy"] == "http-only"
    assert built.of_type(RECORD) == []


def test_the_domain_points_at_the_edge_and_the_origins_name_at_the_load_balancer(edge):
    built = edge()
    records = {(r.inputs["name"], r.inputs["type"]): r.inputs for r in built.of_type(RECORD)}
    assert set(records) == {
        ("flow.example.org", "A"),
        ("flow.example.org", "AAAA"),
        ("origin.flow.example.org", "A"),
    }
    (alias,) = records["origin.flow.example.org", "A"]["aliases"]
    assert alias["name"].startswith("internal-ingress-1.")
    assert alias["zoneId"] == "Z35SXDOTRQ7X7K"


def test_http_3_and_ipv6_are_on_and_the_distribution_is_protected(edge):
    built = edge()
    found = distribution(built)
    assert found["httpVersion"] == "http2and3"
    assert found["isIpv6Enabled"]
    assert found["defaultRootObject"] == "index.html"
    assert built.named(DISTRIBUTION, "edge-distribution").protect


def test_only_this_distribution_reads_the_bucket_and_only_over_tls(edge):
    built = edge()
    arn = built.named(DISTRIBUTION, "edge-distribution").outputs["arn"]
    policy = json.loads(
        built.inputs("aws:s3/bucketPolicy:BucketPolicy", "edge-bucket-policy")["policy"]
    )
    deny, allow = sorted(policy["Statement"], key=lambda s: s["Effect"], reverse=True)
    assert allow["Action"] == "s3:GetObject"
    assert allow["Principal"] == {"Service": "cloudfront.amazonaws.com"}
    assert allow["Condition"] == {"StringEquals": {"AWS:SourceArn": arn}}
    assert deny["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    static = next(o for o in distribution(built)["origins"] if o["originId"] == "static")
    assert static["originAccessControlId"]
    assert "s3OriginConfig" not in static


def test_the_firewall_stands_in_us_east_1_and_limits_one_address(edge):
    built = edge()
    acl = built.inputs(WEB_ACL, "edge-firewall-acl")
    assert (acl["scope"], acl["region"]) == ("CLOUDFRONT", "us-east-1")
    assert list(acl["defaultAction"]) == ["allow"]
    rate, *groups = acl["rules"]
    assert rate["statement"]["rateBasedStatement"]["limit"] == 22_500
    assert list(rate["action"]) == ["block"]
    names = [rule["statement"]["managedRuleGroupStatement"]["name"] for rule in groups]
    assert names == [rules.name for rules in MANAGED_RULES]
    assert len({rule["priority"] for rule in acl["rules"]}) == len(acl["rules"])
    assert (
        distribution(built)["webAclId"] == built.named(WEB_ACL, "edge-firewall-acl").outputs["arn"]
    )


def test_large_uploads_pass_the_firewall(edge):
    acl = edge().inputs(WEB_ACL, "edge-firewall-acl")
    common = next(r for r in acl["rules"] if r["name"] == "AWSManagedRulesCommonRuleSet")
    (override,) = common["statement"]["managedRuleGroupStatement"]["ruleActionOverrides"]
    assert override["name"] == "SizeRestrictions_BODY"
    assert list(override["actionToUse"]) == ["count"]


def test_samples_of_the_firewall_hold_no_credentials_and_no_bodies(edge):
    acl = edge().inputs(WEB_ACL, "edge-firewall-acl")
    hidden = {p["field"]["fieldType"] for p in acl["dataProtectionConfig"]["dataProtections"]}
    assert hidden == {"SINGLE_HEADER", "SINGLE_COOKIE", "QUERY_STRING", "BODY"}


def test_without_the_setting_there_is_no_firewall(edge):
    built = edge(waf=False)
    assert built.of_type(WEB_ACL) == []
    assert "webAclId" not in distribution(built)


def test_a_first_preview_with_unknown_outputs_declares_the_same_resources(build):
    def construct(opts):
        return Edge("edge", edge_args("flow.example.org"), opts)

    known, unknown = build(construct), build(construct, unknowns=True)
    assert [r.urn for r in known.resources] == [r.urn for r in unknown.resources]
