"""What the internet meets: load balancers, the distribution, the firewall, names."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from rf.sandbox.comparisons import NOT_SHOWN, Comparison, Reader, verifies


@verifies("aws:lb/loadBalancer:LoadBalancer", "load balancer")
def load_balancer(
    reader: Reader, identifier: str, inputs: Mapping[str, Any]
) -> Iterator[Comparison]:
    """Whether the internet sees it, where it stands, what it lets in, how long it holds on."""
    found = reader.one(
        "elbv2", "DescribeLoadBalancers", "LoadBalancers", LoadBalancerArns=[identifier]
    )
    scheme = "internal" if inputs.get("internal") else "internet-facing"
    yield "scheme", scheme, found["Scheme"]
    yield "type", inputs.get("loadBalancerType", "application"), found["Type"]
    subnets = [zone["SubnetId"] for zone in found["AvailabilityZones"]]
    yield "subnets", sorted(inputs["subnets"]), sorted(subnets)
    groups = found.get("SecurityGroups", [])
    yield "security groups", sorted(inputs.get("securityGroups") or []), sorted(groups)
    rows = reader.read("elbv2", "DescribeLoadBalancerAttributes", LoadBalancerArn=identifier)[
        "Attributes"
    ]
    attributes = {row["Key"]: row["Value"] for row in rows}
    for subject, key, attribute in (
        ("idle seconds", "idleTimeout", "idle_timeout.timeout_seconds"),
        ("deletion protection", "enableDeletionProtection", "deletion_protection.enabled"),
    ):
        if inputs.get(key) is not None:
            yield subject, str(inputs[key]).lower(), attributes.get(attribute)


@verifies("aws:lb/listener:Listener", "listener")
def listener(reader: Reader, identifier: str, inputs: Mapping[str, Any]) -> Iterator[Comparison]:
    """Its port and protocol, certificate and TLS policy."""
    found = reader.one("elbv2", "DescribeListeners", "Listeners", ListenerArns=[identifier])
    yield "port", int(inputs["port"]), found["Port"]
    yield "protocol", inputs.get("protocol", "HTTP"), found["Protocol"]
    if inputs.get("certificateArn"):
        arns = [entry["CertificateArn"] for entry in found.get("Certificates", [])]
        yield "certificate", [inputs["certificateArn"]], arns
    if inputs.get("sslPolicy"):
        yield "TLS policy", inputs["sslPolicy"], found.get("SslPolicy")


@verifies("aws:lb/listenerRule:ListenerRule", "listener rule")
def listener_rule(
    reader: Reader, identifier: str, inputs: Mapping[str, Any]
) -> Iterator[Comparison]:
    """Its place among the rules and its paths."""
    found = reader.one("elbv2", "DescribeRules", "Rules", RuleArns=[identifier])
    yield "priority", str(inputs["priority"]), found["Priority"]
    wanted = [
        value
        for condition in inputs["conditions"]
        for value in (condition.get("pathPattern") or {}).get("values", [])
    ]
    paths = [
        value
        for condition in found["Conditions"]
        for value in (condition.get("PathPatternConfig") or {}).get("Values", [])
    ]
    yield "paths", sorted(wanted), sorted(paths)


@verifies("aws:lb/targetGroup:TargetGroup", "target group")
def target_group(
    reader: Reader, identifier: str, inputs: Mapping[str, Any]
) -> Iterator[Comparison]:
    """Port, kind of target and the path of its health check."""
    found = reader.one(
        "elbv2", "DescribeTargetGroups", "TargetGroups", TargetGroupArns=[identifier]
    )
    yield "port", int(inputs["port"]), found["Port"]
    yield "protocol", inputs["protocol"], found["Protocol"]
    yield "target type", inputs.get("targetType", "instance"), found["TargetType"]
    yield "VPC", inputs["vpcId"], found["VpcId"]
    path = (inputs.get("healthCheck") or {}).get("path")
    if path:
        yield "health path", path, found["HealthCheckPath"]


@verifies("aws:cloudfront/distribution:Distribution", "distribution")
def distribution(
    reader: Reader, identifier: str, inputs: Mapping[str, Any]
) -> Iterator[Comparison]:
    """Its origins, the paths it serves from each, its firewall and names."""
    found = reader.read("cloudfront", "GetDistribution", Id=identifier)["Distribution"]
    config = found["DistributionConfig"]
    wanted = {origin["originId"]: origin["domainName"] for origin in inputs["origins"]}
    origins = {origin["Id"]: origin["DomainName"] for origin in config["Origins"]["Items"]}
    yield "origins", wanted, origins
    default = inputs["defaultCacheBehavior"]
    shown = config["DefaultCacheBehavior"]
    groups = [group["originId"] for group in inputs.get("originGroups") or []]
    if groups:
        yield "origin groups", sorted(groups), NOT_SHOWN
    if default["targetOriginId"] not in groups:
        yield "default origin", default["targetOriginId"], shown["TargetOriginId"]
    yield "viewer protocol", default["viewerProtocolPolicy"], shown["ViewerProtocolPolicy"]
    paths = {
        b["pathPattern"]: b["targetOriginId"] for b in inputs.get("orderedCacheBehaviors") or []
    }
    behaviors = config.get("CacheBehaviors", {}).get("Items", [])
    yield "paths", paths, {b["PathPattern"]: b["TargetOriginId"] for b in behaviors}
    yield "names", sorted(inputs.get("aliases") or []), sorted(config["Aliases"].get("Items", []))
    yield "firewall", inputs.get("webAclId") or "", config.get("WebACLId", "")


@verifies("aws:wafv2/webAcl:WebAcl", "firewall")
def web_acl(reader: Reader, identifier: str, inputs: Mapping[str, Any]) -> Iterator[Comparison]:
    """Its rules, by name and order."""
    listed = reader.read("wafv2", "ListWebACLs", Scope=inputs["scope"])["WebACLs"]
    name = next((entry["Name"] for entry in listed if entry["Id"] == identifier), identifier)
    found = reader.read("wafv2", "GetWebACL", Name=name, Scope=inputs["scope"], Id=identifier)[
        "WebACL"
    ]
    wanted = {rule["name"]: int(rule["priority"]) for rule in inputs.get("rules") or []}
    yield "rules", wanted, {rule["Name"]: rule["Priority"] for rule in found["Rules"]}


@verifies("aws:acm/certificate:Certificate", "certificate")
def certificate(reader: Reader, identifier: str, inputs: Mapping[str, Any]) -> Iterator[Comparison]:
    """The names it is for."""
    found = reader.read("acm", "DescribeCertificate", CertificateArn=identifier)["Certificate"]
    yield "name", inputs["domainName"], found["DomainName"]
