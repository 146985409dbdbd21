"""The edge: what is cached, where a request goes, and who may come in."""

import json

import pytest

from components.edge.edge import Edge, EdgeArgs
from components.edge.firewall import MANAGED_RULES
from rendering.edge.functions import CellNames, application_code, pages_code
from scaleplan.model import load_plan
from scaleplan.sizes import EdgeSettings, PriceClass, WafMode
from tests.components.recorded_once import recorded_once
from tests.components.values import place

DISTRIBUTION = "aws:cloudfront/distribution:Distribution"
RECORD = "aws:route53/record:Record"
CACHE_POLICY = "aws:cloudfront/cachePolicy:CachePolicy"
WEB_ACL = "aws:wafv2/webAcl:WebAcl"
CACHING_DISABLED = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"
ALL_VIEWER_EXCEPT_HOST = "b689b0a8-53d0-40ab-baf2-68738e2966ac"
EVERY_METHOD = {"DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"}
BALANCER = "arn:aws:elasticloadbalancing:us-east-1:123456789012:loadbalancer/app/ingress/0123456789"


CELLS = CellNames(domain="flow.example.org", own="us-east", others=("us-west", "eu"))
FUNCTION = "aws:cloudfront/function:Function"
LOG_BUCKET_POLICY = "edge-access-log-bucket-policy"


def edge_args(domain=None, waf=True, cells=None, **settings):
    named = domain is not None
    certificate = "arn:aws:acm:us-east-1:123456789012:certificate/edge" if named else None
    return EdgeArgs(
        place=place(region="us-west-2"),
        settings=EdgeSettings(waf=waf, price_class=PriceClass.PRICE_CLASS_100, **settings),
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
        shield_region="us-west-2",
        cells=cells,
    )


@pytest.fixture
def edge(build):
    @recorded_once
    def run(domain="flow.example.org", **changes):
        args = edge_args(domain, **changes)
        return build(lambda opts: Edge("edge", args, opts))

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


def test_the_public_api_is_kept_five_minutes_and_one_stale_by_query_without_credentials(edge):
    built = edge()
    found = behavior(built, "/api/public/*")
    policy = cache_policy(built, "public-api")
    key = policy["parametersInCacheKeyAndForwardedToOrigin"]
    assert found["allowedMethods"] == ["GET", "HEAD", "OPTIONS"]
    assert "originRequestPolicyId" not in found
    assert (policy["minTtl"], policy["defaultTtl"], policy["maxTtl"]) == (0, 300, 360)
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
    deny, allow, hidden = policy["Statement"]
    assert allow["Action"] == "s3:GetObject"
    assert allow["Principal"] == {"Service": "cloudfront.amazonaws.com"}
    assert allow["Condition"] == {"StringEquals": {"AWS:SourceArn": arn}}
    assert deny["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    assert (hidden["Effect"], hidden["Resource"]) == ("Deny", "arn:aws:s3:::static/.releases/*")
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


def test_in_count_mode_no_rule_blocks(edge):
    acl = edge(waf_mode=WafMode.COUNT).inputs(WEB_ACL, "edge-firewall-acl")
    rate, *groups = acl["rules"]
    assert list(rate["action"]) == ["count"]
    assert [list(rule["overrideAction"]) for rule in groups] == [["count"]] * len(groups)
    blocking = edge().inputs(WEB_ACL, "edge-firewall-acl")["rules"]
    assert [list(rule["overrideAction"]) for rule in blocking[1:]] == [["none"]] * len(groups)


def test_the_firewalls_log_has_what_was_stopped_without_credentials_and_queries(edge):
    built = edge()
    log = built.inputs(
        "aws:wafv2/webAclLoggingConfiguration:WebAclLoggingConfiguration", "edge-firewall-logging"
    )
    bucket = built.named("aws:s3/bucket:Bucket", "edge-firewall-log-bucket")
    assert log["logDestinationConfigs"] == [bucket.outputs["arn"]]
    # WAF takes no other beginning of the name.
    assert bucket.inputs["bucket"] == "aws-waf-logs-researchflow-test-123456789012"
    assert (log["region"], bucket.inputs["region"]) == ("us-east-1", "us-east-1")
    headers = {f["singleHeader"]["name"] for f in log["redactedFields"] if "singleHeader" in f}
    assert headers == {"authorization", "cookie", "referer"}
    assert any("queryString" in field for field in log["redactedFields"])
    (kept,) = log["loggingFilter"]["filters"]
    assert (log["loggingFilter"]["defaultBehavior"], kept["behavior"]) == ("DROP", "KEEP")
    actions = {c["actionCondition"]["action"] for c in kept["conditions"]}
    assert actions == {"BLOCK", "COUNT", "EXCLUDED_AS_COUNT"}


def test_the_firewalls_log_can_be_off(edge):
    built = edge(waf_logs=False)
    names = {bucket.name for bucket in built.of_type("aws:s3/bucket:Bucket")}
    assert names == {"edge-access-log-bucket-bucket"}
    assert len(built.of_type(WEB_ACL)) == 1


def test_requests_are_logged_in_the_stacks_region_without_query_cookie_and_referrer(edge):
    built = edge()
    bucket = built.named("aws:s3/bucket:Bucket", "edge-access-log-bucket-bucket")
    assert bucket.inputs["bucket"] == "researchflow-test-logs-123456789012-us-west-2"
    assert "region" not in bucket.inputs
    source = built.inputs(
        "aws:cloudwatch/logDeliverySource:LogDeliverySource", "edge-access-log-source"
    )
    assert source["resourceArn"] == built.named(DISTRIBUTION, "edge-distribution").outputs["arn"]
    assert (source["logType"], source["region"]) == ("ACCESS_LOGS", "us-east-1")
    delivery = built.named("aws:cloudwatch/logDelivery:LogDelivery", "edge-access-log-delivery")
    fields = set(delivery.inputs["recordFields"])
    assert {"c-ip", "cs-uri-stem", "sc-status"} <= fields
    assert not fields & {"cs-uri-query", "cs(Cookie)", "cs(Referer)"}
    policy = built.named("aws:s3/bucketPolicy:BucketPolicy", LOG_BUCKET_POLICY)
    assert policy.urn in delivery.dependencies


@pytest.mark.parametrize("role", ["access-log-bucket", "firewall-log"])
def test_log_buckets_take_deliveries_of_this_account_alone_and_forget_by_age(edge, role):
    built = edge(log_retention_days=30)
    policy = json.loads(
        built.inputs("aws:s3/bucketPolicy:BucketPolicy", f"edge-{role}-policy")["policy"]
    )
    tls, write, look = policy["Statement"]
    assert tls["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    assert write["Principal"] == {"Service": "delivery.logs.amazonaws.com"}
    assert write["Resource"].endswith("/AWSLogs/123456789012/*")
    for allowed in (write, look):
        assert allowed["Condition"]["StringEquals"]["aws:SourceAccount"] == "123456789012"
        source = allowed["Condition"]["ArnLike"]["aws:SourceArn"]
        assert source == "arn:aws:logs:us-east-1:123456789012:*"
    lifecycle = built.inputs(
        "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration", f"edge-{role}-lifecycle"
    )
    (rule,) = lifecycle["rules"]
    assert (rule["status"], rule["expiration"]) == ("Enabled", {"days": 30})
    block = built.inputs(
        "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock", f"edge-{role}-private"
    )
    assert [value for value in block.values() if isinstance(value, bool)] == [True] * 4


def test_origin_shield_stands_before_both_origins_where_it_is_asked_for(edge):
    shields = [origin.get("originShield") for origin in distribution(edge())["origins"]]
    assert shields == [None, None]
    shielded = distribution(edge(origin_shield=True))["origins"]
    assert [origin["originShield"] for origin in shielded] == [
        {"enabled": True, "originShieldRegion": "us-west-2"}
    ] * 2


def functions_of(built):
    """The function before each path, by its logical name."""
    names = {f.outputs["arn"]: f.name for f in built.of_type(FUNCTION)}
    found = distribution(built)
    behaviors = {"default": found["defaultCacheBehavior"]}
    behaviors |= {b["pathPattern"]: b for b in found["orderedCacheBehaviors"]}
    return {
        path: [names[f["functionArn"]] for f in behavior.get("functionAssociations", [])]
        for path, behavior in behaviors.items()
    }


def test_one_cell_routes_its_pages_and_asks_no_directory(edge):
    built = edge()
    assert functions_of(built) == {
        "default": ["edge-spa-router"],
        "/api/public/*": [],
        "/api/*": [],
        "/collab": [],
        "/collab/*": [],
        "/health/live": [],
        "/health/ready": [],
    }
    assert built.inputs(FUNCTION, "edge-spa-router")["code"] == pages_code(None)
    assert built.of_type("aws:cloudfront/keyValueStore:KeyValueStore") == []


def test_the_home_of_several_cells_asks_the_directory_before_whatever_holds_data(edge):
    built = edge(cells=CELLS)
    assert functions_of(built) == {
        "default": ["edge-spa-router"],
        "/api/public/*": [],
        "/api/*": ["edge-organization-router"],
        "/collab": ["edge-organization-router"],
        "/collab/*": ["edge-organization-router"],
        "/health/live": [],
        "/health/ready": [],
    }
    directory = built.named("aws:cloudfront/keyValueStore:KeyValueStore", "edge-organizations")
    assert directory.protect
    for name, code in (
        ("edge-spa-router", pages_code(CELLS)),
        ("edge-organization-router", application_code(CELLS)),
    ):
        function = built.inputs(FUNCTION, name)
        assert function["code"] == code
        assert function["keyValueStoreAssociations"] == [directory.outputs["arn"]]


def test_without_the_setting_there_is_no_firewall(edge):
    built = edge(waf=False)
    assert built.of_type(WEB_ACL) == []
    assert "webAclId" not in distribution(built)


def test_a_first_preview_with_unknown_outputs_declares_the_same_resources(build):
    def construct(opts):
        return Edge("edge", edge_args("flow.example.org"), opts)

    known, unknown = build(construct), build(construct, unknowns=True)
    assert [r.urn for r in known.resources] == [r.urn for r in unknown.resources]
