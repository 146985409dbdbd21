"""What the internet meets: load balancers, the distribution, the firewall, names."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from rf.shared.sandbox.api import RequestError
from rf.shared.sandbox.comparisons import NOT_SHOWN, Comparison, Reader, verifies


@verifies("aws:lb/loadBalancer:LoadBalancer", "load balancer")
def load_balancer(
    reader: Reader, identifier: str, inputs: Mapping[str, Any]
) -> Iterator[Comparison]:
    """Whether the internet sees it, where it stands, what it lets in, how long it holds on."""
    actual = reader.one(
        "elbv2", "DescribeLoadBalancers", "LoadBalancers", LoadBalancerArns=[identifier]
    )
    scheme = "internal" if inputs.get("internal") else "internet-facing"
    yield "scheme", scheme, actual["Scheme"]
    yield "type", inputs.get("loadBalancerType", "application"), actual["Type"]
    subnets = [zone["SubnetId"] for zone in actual["AvailabilityZones"]]
    yield "subnets", sorted(inputs["subnets"]), sorted(subnets)
    groups = actual.get("SecurityGroups", [])
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
    actual = reader.one("elbv2", "DescribeListeners", "Listeners", ListenerArns=[identifier])
    yield "port", int(inputs["port"]), actual["Port"]
    yield "protocol", inputs.get("protocol", "HTTP"), actual["Protocol"]
    if inputs.get("certificateArn"):
        arns = [entry["CertificateArn"] for entry in actual.get("Certificates", [])]
        yield "certificate", [inputs["certificateArn"]], arns
    if inputs.get("sslPolicy"):
        yield "TLS policy", inputs["sslPolicy"], actual.get("SslPolicy")


@verifies("aws:lb/listenerRule:ListenerRule", "listener rule")
def listener_rule(
    reader: Reader, identifier: str, inputs: Mapping[str, Any]
) -> Iterator[Comparison]:
    """Its place among the rules and its paths."""
    actual = reader.one("elbv2", "DescribeRules", "Rules", RuleArns=[identifier])
    yield "priority", str(inputs["priority"]), actual["Priority"]
    wanted = [
        value
        for condition in inputs["conditions"]
        for value in (condition.get("pathPattern") or {}).get("values", [])
    ]
    paths = [
        value
        for condition in actual["Conditions"]
        for value in (condition.get("PathPatternConfig") or {}).get("Values", [])
    ]
    yield "paths", sorted(wanted), sorted(paths)


@verifies("aws:lb/targetGroup:TargetGroup", "target group")
def target_group(
    reader: Reader, identifier: str, inputs: Mapping[str, Any]
) -> Iterator[Comparison]:
    """Port, kind of target and the path of its health check."""
    actual = reader.one(
        "elbv2", "DescribeTargetGroups", "TargetGroups", TargetGroupArns=[identifier]
    )
    yield "port", int(inputs["port"]), actual["Port"]
    yield "protocol", inputs["protocol"], actual["Protocol"]
    yield "target type", inputs.get("targetType", "instance"), actual["TargetType"]
    yield "VPC", inputs["vpcId"], actual["VpcId"]
    path = (inputs.get("healthCheck") or {}).get("path")
    if path:
        yield "health path", path, actual["HealthCheckPath"]


@verifies("aws:cloudfront/distribution:Distribution", "distribution")
def distribution(
    reader: Reader, identifier: str, inputs: Mapping[str, Any]
) -> Iterator[Comparison]:
    """Its origins, the paths it serves from each, its firewall and names."""
    actual = reader.read("cloudfront", "GetDistribution", Id=identifier)["Distribution"]
    config = actual["DistributionConfig"]
    wanted = {origin["originId"]: origin["domainName"] for origin in inputs["origins"]}
    origins = {origin["Id"]: origin["DomainName"] for origin in config["Origins"]["Items"]}
    yield "origins", wanted, origins
    default = inputs["defaultCacheBehavior"]
    behavior = config["DefaultCacheBehavior"]
    groups = [group["originId"] for group in inputs.get("originGroups") or []]
    if groups:
        yield "origin groups", sorted(groups), NOT_SHOWN
    if default["targetOriginId"] not in groups:
        yield "default origin", default["targetOriginId"], behavior["TargetOriginId"]
    yield "viewer protocol", default["viewerProtocolPolicy"], behavior["ViewerProtocolPolicy"]
    paths = {
        b["pathPattern"]: b["targetOriginId"] for b in inputs.get("orderedCacheBehaviors") or []
    }
    behaviors = config.get("CacheBehaviors", {}).get("Items", [])
    yield "paths", paths, {b["PathPattern"]: b["TargetOriginId"] for b in behaviors}
    yield "names", sorted(inputs.get("aliases") or []), sorted(config["Aliases"].get("Items", []))
    yield "firewall", inputs.get("webAclId") or "", config.get("WebACLId", "")
    yield "HTTP", inputs["httpVersion"], str(config.get("HttpVersion", "")).lower()
    yield "IPv6", inputs["isIpv6Enabled"], config.get("IsIPV6Enabled")
    yield "default object", inputs.get("defaultRootObject", ""), config.get("DefaultRootObject", "")


@verifies("aws:cloudfront/keyValueStore:KeyValueStore", "organization directory")
def key_value_store(
    reader: Reader, identifier: str, inputs: Mapping[str, Any]
) -> Iterator[Comparison]:
    """That it exists, and what it says of itself."""
    actual = reader.read("cloudfront", "DescribeKeyValueStore", Name=identifier)["KeyValueStore"]
    yield "comment", inputs.get("comment", ""), actual["Comment"]


@verifies("aws:cloudfront/function:Function", "edge function")
def edge_function(
    reader: Reader, identifier: str, inputs: Mapping[str, Any]
) -> Iterator[Comparison]:
    """Its code, byte for byte."""
    actual = reader.read("cloudfront", "GetFunction", Name=identifier)["FunctionCode"]
    code = actual.read() if hasattr(actual, "read") else actual
    yield "code", inputs["code"], code.decode() if isinstance(code, bytes) else code


@verifies("aws:cloudwatch/logDelivery:LogDelivery", "log delivery")
def log_delivery(
    reader: Reader, identifier: str, inputs: Mapping[str, Any]
) -> Iterator[Comparison]:
    """From which source to which destination, and which fields."""
    actual = reader.read("logs", "GetDelivery", id=identifier)["delivery"]
    yield "source", inputs["deliverySourceName"], actual["deliverySourceName"]
    yield "destination", inputs["deliveryDestinationArn"], actual["deliveryDestinationArn"]
    yield "fields", list(inputs.get("recordFields") or []), actual.get("recordFields", [])


@verifies("aws:wafv2/webAclLoggingConfiguration:WebAclLoggingConfiguration", "firewall log")
def firewall_log(
    reader: Reader, identifier: str, inputs: Mapping[str, Any]
) -> Iterator[Comparison]:
    """Where it goes, and how many fields are redacted in it."""
    actual = reader.read("wafv2", "GetLoggingConfiguration", ResourceArn=identifier)
    configuration = actual["LoggingConfiguration"]
    yield (
        "destinations",
        list(inputs["logDestinationConfigs"]),
        configuration["LogDestinationConfigs"],
    )
    redacted = len(inputs.get("redactedFields") or [])
    yield "redacted fields", redacted, len(configuration.get("RedactedFields") or [])


@verifies("aws:route53/record:Record", "record")
def record(reader: Reader, _: str, inputs: Mapping[str, Any]) -> Iterator[Comparison]:
    """What a name answers: its values, or the alias that it stands for, and of which two sites."""
    name = f"{str(inputs['name']).rstrip('.')}."
    listed = reader.read("route53", "ListResourceRecordSets", HostedZoneId=inputs["zoneId"])
    of_name = [s for s in listed["ResourceRecordSets"] if s["Name"] == name]
    of_set = [s for s in of_name if s.get("SetIdentifier") == inputs.get("setIdentifier")]
    actual = next((s for s in of_set if s["Type"] == inputs["type"]), None)
    if actual is None:
        raise RequestError(f"there is no {inputs['type']} record {name}")
    if inputs.get("aliases"):
        wanted = f"{str(inputs['aliases'][0]['name']).rstrip('.')}."
        target = actual.get("AliasTarget", {}).get("DNSName", "")
        yield "alias of", wanted, f"{target.rstrip('.')}."
    if inputs.get("failoverRoutingPolicies"):
        yield "failover", inputs["failoverRoutingPolicies"][0]["type"], actual.get("Failover")
        yield "health check", inputs.get("healthCheckId"), actual.get("HealthCheckId")
    if not inputs.get("aliases"):
        values = [value["Value"] for value in actual.get("ResourceRecords", [])]
        yield "values", sorted(inputs["records"]), sorted(values)


@verifies("aws:wafv2/webAcl:WebAcl", "firewall")
def web_acl(reader: Reader, identifier: str, inputs: Mapping[str, Any]) -> Iterator[Comparison]:
    """Its rules, by name and order."""
    listed = reader.read("wafv2", "ListWebACLs", Scope=inputs["scope"])["WebACLs"]
    name = next((entry["Name"] for entry in listed if entry["Id"] == identifier), identifier)
    actual = reader.read("wafv2", "GetWebACL", Name=name, Scope=inputs["scope"], Id=identifier)[
        "WebACL"
    ]
    wanted = {rule["name"]: int(rule["priority"]) for rule in inputs.get("rules") or []}
    yield "rules", wanted, {rule["Name"]: rule["Priority"] for rule in actual["Rules"]}


@verifies("aws:acm/certificate:Certificate", "certificate")
def certificate(reader: Reader, identifier: str, inputs: Mapping[str, Any]) -> Iterator[Comparison]:
    """The names it is for."""
    actual = reader.read("acm", "DescribeCertificate", CertificateArn=identifier)["Certificate"]
    yield "name", inputs["domainName"], actual["DomainName"]
