"""Rules of CloudFront, its firewall and the load balancer."""

from __future__ import annotations

from collections.abc import Iterator

from ..shared.rule import Resource, Rule, RuleLayer, StackResources
from ..shared.tokens import (
    DISTRIBUTION,
    HEADERS_POLICY,
    LISTENER,
    LOAD_BALANCER,
    LOG_SOURCE,
    ORIGIN_ACCESS,
    VPC_ORIGIN,
    WEB_ACL,
)
from ..shared.values import at, is_true, listed

VIEWER_TLS = ("TLSv1.2_2021", "TLSv1.2_2025", "TLSv1.3_2025")
"""CloudFront developer guide, Supported protocols and ciphers: those without CBC."""

LISTENER_TLS = "ELBSecurityPolicy-TLS13-1-2"
"""Load balancer user guide, Security policies: 1.2 and 1.3, forward secrecy only."""

YEAR_SECONDS = 31_536_000
BASE_RULES = ("AWSManagedRulesCommonRuleSet", "AWSManagedRulesKnownBadInputsRuleSet")


def _viewer_tls(resource: Resource, stack: StackResources) -> Iterator[str]:
    behaviors = [
        at(resource.inputs, "defaultCacheBehavior", {}),
        *listed(resource.inputs, "orderedCacheBehaviors"),
    ]
    for each in behaviors:
        policy = at(each, "viewerProtocolPolicy")
        if policy not in ("https-only", "redirect-to-https"):
            yield f"serves {at(each, 'pathPattern', 'everything else')} over HTTP ({policy})"
    if not stack.protects_data:
        return  # without a domain CloudFront's own certificate decides
    minimum = at(resource.inputs, "viewerCertificate.minimumProtocolVersion", "TLSv1")
    if minimum not in VIEWER_TLS:
        yield f"accepts {minimum}"


def _api_not_redirected(resource: Resource, stack: StackResources) -> Iterator[str]:
    for each in listed(resource.inputs, "orderedCacheBehaviors"):
        path = str(at(each, "pathPattern", ""))
        if path.startswith("/api") and at(each, "viewerProtocolPolicy") != "https-only":
            yield f"redirects {path}, after a token went over the wire in the clear"


def _origins_closed(resource: Resource, stack: StackResources) -> Iterator[str]:
    for origin in listed(resource.inputs, "origins"):
        name = at(origin, "originId")
        if "vpcOriginConfig" in origin:
            continue
        if "customOriginConfig" in origin:
            protocol = at(origin, "customOriginConfig.originProtocolPolicy")
            if protocol != "https-only":
                yield f"origin {name} is asked by {protocol}"
            weak = {"SSLv3", "TLSv1", "TLSv1.1"} & set(
                listed(origin, "customOriginConfig.originSslProtocols")
            )
            if weak:
                yield f"origin {name} may speak {', '.join(sorted(weak))}"
        elif "originAccessControlId" not in origin:
            yield f"origin {name} is a bucket that anyone may be asked to open"


def _signs(resource: Resource, stack: StackResources) -> Iterator[str]:
    if at(resource.inputs, "signingBehavior") != "always":
        yield "doesn't sign every request"


def _origin_tls(resource: Resource, stack: StackResources) -> Iterator[str]:
    config = at(resource.inputs, "vpcOriginEndpointConfig", {})
    weak = {"SSLv3", "TLSv1", "TLSv1.1"} & set(listed(config, "originSslProtocols.items"))
    if weak:
        yield f"may speak {', '.join(sorted(weak))}"
    protocol = at(config, "originProtocolPolicy")
    if stack.protects_data and protocol != "https-only":
        yield f"asks the load balancer by {protocol}"


def _listener_tls(resource: Resource, stack: StackResources) -> Iterator[str]:
    if not stack.protects_data:
        return
    if at(resource.inputs, "protocol") != "HTTPS":
        yield f"speaks {at(resource.inputs, 'protocol')}"
        return
    policy = str(at(resource.inputs, "sslPolicy", ""))
    if not policy.startswith(LISTENER_TLS) or "Ext1" in policy:
        yield f"takes what {policy or 'the default of 2016'} takes"


def _firewall(resource: Resource, stack: StackResources) -> Iterator[str]:
    if "webAclId" not in resource.inputs:
        yield "has no firewall before it"


def _firewall_rules(resource: Resource, stack: StackResources) -> Iterator[str]:
    rules = listed(resource.inputs, "rules")
    groups = {at(e, "statement.managedRuleGroupStatement.name"): e for e in rules}
    for name in BASE_RULES:
        if name not in groups:
            yield f"lacks {name}"
        elif "count" in at(groups[name], "overrideAction", {}):
            yield f"only counts what {name} finds"
    limits = [e for e in rules if at(e, "statement.rateBasedStatement")]
    if not any("block" in at(each, "action", {}) for each in limits):
        yield "limits no address"


def _headers(resource: Resource, stack: StackResources) -> Iterator[str]:
    config = at(resource.inputs, "securityHeadersConfig", {})
    age = at(config, "strictTransportSecurity.accessControlMaxAgeSec", 0)
    if age < YEAR_SECONDS:
        yield f"asks browsers for HTTPS for {age // 86_400} days"
    for key in ("contentTypeOptions", "frameOptions", "contentSecurityPolicy"):
        if key not in config:
            yield f"sends no {key}"


def _logged(resource: Resource, stack: StackResources) -> Iterator[str]:
    if at(resource.inputs, "loggingConfig.bucket"):
        return
    if not any(stack.pointing_at(resource, LOG_SOURCE, "resourceArn")):
        yield "writes no access log"


def _balancer(resource: Resource, stack: StackResources) -> Iterator[str]:
    if not is_true(resource.inputs, "dropInvalidHeaderFields"):
        yield "passes on malformed headers"
    if at(resource.inputs, "desyncMitigationMode", "defensive") == "monitor":
        yield "passes on requests that smuggle others"
    if stack.protects_data and not is_true(resource.inputs, "enableDeletionProtection"):
        yield "can be deleted in the console"


RULES = (
    Rule(
        id="edge-viewer-tls",
        layer=RuleLayer.EDGE,
        demand="CloudFront serves over TLS 1.2 or newer alone.",
        reason="Visitors' browsers follow whatever the edge allows.",
        source="scale plan, CloudFront Configuration; Security Hub, CloudFront.3, CloudFront.15",
        remedy="set viewerProtocolPolicy, and minimumProtocolVersion TLSv1.2_2021",
        types=(DISTRIBUTION,),
        check=_viewer_tls,
    ),
    Rule(
        id="edge-api-https-only",
        layer=RuleLayer.EDGE,
        demand="The API answers HTTPS alone and redirects nobody.",
        reason="A client that is redirected has already sent its token in the clear.",
        source="scale plan, CloudFront Configuration, /api/* https-only",
        remedy="set viewerProtocolPolicy https-only for /api/*",
        types=(DISTRIBUTION,),
        check=_api_not_redirected,
    ),
    Rule(
        id="edge-origins-closed",
        layer=RuleLayer.EDGE,
        demand="Buckets are reached by origin access control, everything else over TLS or the VPC.",
        reason="An origin that answers anybody is a second, unguarded edge.",
        source="AWS Security Hub, CloudFront.8, CloudFront.13; CloudFront guide, OAC",
        remedy="give the origin an originAccessControlId, or make it a VPC origin",
        types=(DISTRIBUTION,),
        check=_origins_closed,
    ),
    Rule(
        id="edge-access-signed",
        layer=RuleLayer.EDGE,
        demand="CloudFront signs every request to the bucket.",
        reason="An unsigned one works only if the bucket is public.",
        source="CloudFront developer guide, Restrict access to an Amazon S3 origin",
        remedy="set signingBehavior always",
        types=(ORIGIN_ACCESS,),
        check=_signs,
    ),
    Rule(
        id="edge-origin-tls",
        layer=RuleLayer.EDGE,
        demand="CloudFront asks the load balancer over TLS 1.2; a stack without a domain can't.",
        reason="Requests carry patients' data on this stretch as on the first.",
        source="scale plan, origin_protocol_policy https-only; HIPAA, 45 CFR 164.312(e)(1)",
        remedy="give the stack a domain: with it come certificate and https-only",
        types=(VPC_ORIGIN,),
        check=_origin_tls,
    ),
    Rule(
        id="balancer-tls",
        layer=RuleLayer.EDGE,
        demand="The load balancer speaks TLS 1.2 and 1.3 alone; a stack without a domain can't.",
        reason="Its default policy still takes TLS 1.0.",
        source="AWS Security Hub, ELB.17; ALB user guide, Security policies",
        remedy=f"set sslPolicy {LISTENER_TLS}-2021-06",
        types=(LISTENER,),
        check=_listener_tls,
    ),
    Rule(
        id="balancer-strict",
        layer=RuleLayer.EDGE,
        demand="The load balancer drops what is malformed, and can't be deleted by a click.",
        reason="Request smuggling lets one visitor's request carry another's session.",
        source="AWS Security Hub, ELB.4, ELB.6, ELB.12",
        remedy="set dropInvalidHeaderFields and enableDeletionProtection",
        types=(LOAD_BALANCER,),
        check=_balancer,
    ),
    Rule(
        id="edge-firewall",
        layer=RuleLayer.EDGE,
        demand="From medium a firewall stands before the distribution.",
        reason="From there on it is worth an attack; a rate limit is its cheapest defence.",
        source="scale plan, Resource Estimates by Scale; AWS Security Hub, CloudFront.6",
        remedy="set edge.waf",
        types=(DISTRIBUTION,),
        from_size="medium",
        check=_firewall,
    ),
    Rule(
        id="edge-firewall-blocks",
        layer=RuleLayer.EDGE,
        demand="The firewall blocks by AWS' base rules and limits each address.",
        reason="A rule that only counts has never stopped anybody.",
        source="AWS WAF developer guide, Baseline rule groups; Security Hub, WAF.10",
        remedy="keep the rules of `components/edge/firewall.py`",
        types=(WEB_ACL,),
        check=_firewall_rules,
    ),
    Rule(
        id="edge-headers",
        layer=RuleLayer.EDGE,
        demand="Browsers are told: HTTPS for a year, no framing, no sniffing, whose code to run.",
        reason="They then refuse what an attacker would need of them.",
        source="OWASP Secure Headers Project; RFC 6797",
        remedy="keep `components/edge/policies.py`",
        types=(HEADERS_POLICY,),
        check=_headers,
    ),
    Rule(
        id="edge-logged",
        layer=RuleLayer.EDGE,
        demand="The distribution writes an access log.",
        reason="Who asked for what is known nowhere else, for requests that the cache answered.",
        source="AWS Security Hub, CloudFront.5; HIPAA Security Rule, 45 CFR 164.312(b)",
        remedy="keep the log delivery of `components/edge/access_log.py`",
        types=(DISTRIBUTION,),
        check=_logged,
        whole_stack=True,
    ),
)
