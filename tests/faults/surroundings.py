"""Faults of the program, the account, the network, the edge and what is recorded."""

from __future__ import annotations

from typing import Any

from policy.rules import edge, network, program
from tests.faults.change import put, remove, statement
from tests.faults.fault import Fault, PlanFault, breaks

INGRESS = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"
EGRESS = "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule"
DATABASE_DOOR = f"{INGRESS}::database-clients"
ROLE_POLICY = "aws:iam/rolePolicy:RolePolicy"
DISTRIBUTION = f"{edge.DISTRIBUTION}::edge-distribution"
BALANCER = f"{edge.BALANCER}::ingress-balancer"
LISTENER = f"{edge.LISTENER}::ingress-listener"
FIREWALL = f"{edge.WEB_ACL}::edge-firewall-acl"
TRAIL = "aws:cloudtrail/trail:Trail::audit-trail"
LOG_GROUP = "aws:cloudwatch/logGroup:LogGroup::network-flow"


def open_to_world(inputs: dict[str, Any]) -> None:
    """Let in everybody in place of the cluster."""
    del inputs["referencedSecurityGroupId"]
    inputs["cidrIpv4"] = "0.0.0.0/0"


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


ACCOUNT: tuple[Fault, ...] = (
    PlanFault(
        name="a resource of the default provider",
        caught_by="policy: no-default-provider",
        on="aws:s3/bucket:Bucket::artifacts-bucket",
        provider=True,
    ),
    breaks(
        "default-tags",
        "nothing says which stack it is of",
        f"{program.AWS_PROVIDER}::aws",
        put("defaultTags", '{"tags": {"managed-by": "pulumi"}}'),
    ),
    breaks(
        "iam-no-wildcard-action",
        "the worker may do anything to S3",
        f"{ROLE_POLICY}::worker-artifacts-bucket",
        statement("policy", Action="s3:*"),
    ),
    breaks(
        "iam-no-wildcard-action",
        "a role may do all but delete",
        f"{ROLE_POLICY}::worker-artifacts-bucket",
        statement("policy", NotAction="s3:DeleteBucket"),
    ),
    breaks(
        "iam-no-wildcard-resource",
        "the worker reads every bucket",
        f"{ROLE_POLICY}::worker-artifacts-bucket",
        statement("policy", Action=["s3:GetObject"], Resource="*"),
    ),
    breaks(
        "policy-names-callers",
        "anyone may publish alerts",
        "aws:sns/topicPolicy:TopicPolicy::observability-topics-pages",
        statement("policy", Principal="*", Condition={}),
    ),
    breaks(
        "iam-no-administrator",
        "the machines are administrators",
        "aws:iam/rolePolicyAttachment:RolePolicyAttachment::cluster-node-worker",
        put("policyArn", "arn:aws:iam::aws:policy/AdministratorAccess"),
    ),
    breaks(
        "role-for-people-needs-mfa",
        "the glass is broken without a second factor",
        "aws:iam/role:Role::break-glass-role",
        statement("assumeRolePolicy", Condition={}),
    ),
    PlanFault(
        name="a static access key",
        caught_by="policy: iam-no-static-keys",
        on="aws:iam/role:Role::worker-artifacts",
        retype="aws:iam/accessKey:AccessKey",
    ),
)

NETWORK: tuple[Fault, ...] = (
    breaks("no-open-ingress", "the database is open to the world", DATABASE_DOOR, open_to_world),
    breaks(
        "no-open-ingress",
        "the load balancer is open to the world",
        f"{INGRESS}::ingress-from-cloudfront",
        put("cidrIpv4", "0.0.0.0/0"),
    ),
    breaks(
        "no-open-ingress",
        "the cache is open to IPv6",
        f"{INGRESS}::cache-foundation-clients",
        put("cidrIpv6", "::/0"),
    ),
    breaks(
        "no-open-egress",
        "the load balancer may call anybody",
        f"{EGRESS}::ingress-to-web",
        put("cidrIpv4", "0.0.0.0/0"),
    ),
    breaks(
        "one-port-per-rule", "every port of the database", DATABASE_DOOR, put("ipProtocol", "-1")
    ),
    breaks(
        "one-port-per-rule", "all high ports of the database", DATABASE_DOOR, put("toPort", 65535)
    ),
    breaks(
        "no-public-address",
        "machines get public addresses",
        f"{network.SUBNET}::network-private-a",
        put("mapPublicIpOnLaunch", True),
    ),
    breaks(
        "balancer-internal",
        "the load balancer faces the internet",
        BALANCER,
        put("internal", False),
    ),
    breaks(
        "default-group-closed",
        "the default group is open",
        "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup::network-default",
        put("ingress", [{"protocol": "-1", "fromPort": 0, "toPort": 0, "self": True}]),
    ),
    breaks(
        "vpc-flow-log",
        "nobody sees who talked to whom",
        f"{network.FLOW_LOG}::network-flow",
        drop=True,
    ),
    breaks(
        "vpc-flow-log",
        "only refused traffic is logged",
        f"{network.FLOW_LOG}::network-flow",
        put("trafficType", "REJECT"),
    ),
)

RECORDS: tuple[Fault, ...] = (
    breaks("logs-kept", "logs for ever", LOG_GROUP, remove("retentionInDays")),
    breaks("logs-kept", "logs for a week", LOG_GROUP, put("retentionInDays", 7)),
    breaks("logs-encrypted", "logs under no key", LOG_GROUP, remove("kmsKeyId")),
    breaks("trail-trusted", "the trail of one region", TRAIL, put("isMultiRegionTrail", False)),
    breaks(
        "trail-trusted", "the trail can be forged", TRAIL, put("enableLogFileValidation", False)
    ),
    breaks("stateful-protected", "the trail loses its protect", TRAIL, bare=True),
    breaks(
        "detector-on",
        "GuardDuty sleeps",
        "aws:guardduty/detector:Detector::audit-detector",
        put("enable", False),
    ),
)

EDGE: tuple[Fault, ...] = (
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
        f"{edge.ORIGIN_ACCESS}::edge-bucket-access",
        put("signingBehavior", "no-override"),
    ),
    breaks(
        "edge-origin-tls",
        "CloudFront asks the balancer over HTTP",
        f"{edge.VPC_ORIGIN}::edge-origin",
        put("vpcOriginEndpointConfig.originProtocolPolicy", "http-only"),
    ),
    breaks(
        "edge-origin-tls",
        "CloudFront speaks TLS 1.0",
        f"{edge.VPC_ORIGIN}::edge-origin",
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
        f"{edge.HEADERS}::edge-policies-security-headers",
        put("securityHeadersConfig.strictTransportSecurity.accessControlMaxAgeSec", 86_400),
    ),
    breaks("edge-logged", "no access log", f"{edge.LOG_SOURCE}::edge-access-log-source", drop=True),
)

FAULTS = (*ACCOUNT, *NETWORK, *RECORDS, *EDGE)
