"""Load balancers, and the groups of targets behind them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from rf.kubernetes.core import SERVICE
from rf.shared.account import usage
from rf.shared.cards.calls import Calls
from rf.shared.cards.card import Card
from rf.shared.cards.changes import DANGEROUS, IN_PLACE, REPLACE, Changes, PropertyRule
from rf.shared.cards.control_plane import REGIONAL
from rf.shared.cards.lifecycle import Created, Inputs, Reading, Task
from rf.shared.cards.prices import Free, Priced, each
from rf.shared.cards.quota import Quota, count_of
from rf.shared.cards.residency import IN_REGION, NO_DATA
from rf.shared.cards.source import provider
from rf.shared.cards.values import ClosedValues, by_model
from rf.shared.cards.verification import Comparison, Verification
from rf.shared.cards.without import OWN_NAME
from rf.shared.offline.invention import Computed, Registration
from scaleplan.applications.workloads import SERVED, application

if TYPE_CHECKING:
    from rf.shared.account.need import Need
    from rf.shared.sandbox.reader import Reader


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _attributes(inputs: Inputs, names: dict[str, str]) -> list[dict[str, str]]:
    taken = ((name, inputs.take(key)) for key, name in names.items())
    return [{"Key": name, "Value": _text(value)} for name, value in taken if value is not None]


def _invented_load_balancer(registration: Registration) -> Computed:
    name = registration.named()
    kind = "net" if registration.text("loadBalancerType") == "network" else "app"
    suffix = f"{kind}/{name}/{registration.hex(16)}"
    arn = registration.arn("elasticloadbalancing", f"loadbalancer/{suffix}")
    internal = "internal-" if registration.inputs.get("internal") else ""
    number = int(registration.hex(8, "dns"), 16)
    host = f"{internal}{name}-{number}.{registration.where}.elb.amazonaws.com"
    return Computed(
        arn,
        {
            "arn": arn,
            "arnSuffix": suffix,
            "name": name,
            "dnsName": host.lower(),
            "zoneId": "Z35SXDOTRQ7X7K",
            "vpcId": f"vpc-{registration.hex(17, 'vpc')}",
        },
    )


def _log_attributes(inputs: Inputs, key: str, prefix: str) -> list[dict[str, str]]:
    logs = inputs.take(key) or {}
    return [
        {"Key": f"{prefix}.{name}", "Value": _text(logs[name])}
        for name in ("enabled", "bucket", "prefix")
        if logs.get(name) is not None
    ]


BALANCER_ATTRIBUTES = {
    "enableDeletionProtection": "deletion_protection.enabled",
    "idleTimeout": "idle_timeout.timeout_seconds",
    "clientKeepAlive": "client_keep_alive.seconds",
    "dropInvalidHeaderFields": "routing.http.drop_invalid_header_fields.enabled",
    "desyncMitigationMode": "routing.http.desync_mitigation_mode",
    "enableHttp2": "routing.http2.enabled",
    "preserveHostHeader": "routing.http.preserve_host_header.enabled",
    "enableCrossZoneLoadBalancing": "load_balancing.cross_zone.enabled",
    "enableXffClientPort": "routing.http.xff_client_port.enabled",
    "xffHeaderProcessingMode": "routing.http.xff_header_processing.mode",
    "enableWafFailOpen": "waf.fail_open.enabled",
    "enableTlsVersionAndCipherSuiteHeaders": (
        "routing.http.x_amzn_tls_version_and_cipher_suite.enabled"
    ),
}


def _create_load_balancer(task: Task, inputs: Inputs) -> Created:
    name = inputs.take("name") or task.auto_name("name", 32)
    internal = inputs.take("internal")
    attributes = _attributes(inputs, BALANCER_ATTRIBUTES)
    attributes += _log_attributes(inputs, "accessLogs", "access_logs.s3")
    attributes += _log_attributes(inputs, "connectionLogs", "connection_logs.s3")
    answer = task.send(
        "elbv2",
        "CreateLoadBalancer",
        inputs.rest(),
        {"loadBalancerType": "Type"},
        Name=name,
        Scheme="internal" if internal else "internet-facing",
    )["LoadBalancers"][0]
    arn = answer["LoadBalancerArn"]
    if attributes:
        task.call(
            "elbv2", "ModifyLoadBalancerAttributes", LoadBalancerArn=arn, Attributes=attributes
        )
    return Created(
        arn,
        {
            "arn": arn,
            "name": name,
            "dnsName": answer["DNSName"],
            "zoneId": answer["CanonicalHostedZoneId"],
            "arnSuffix": arn.split(":loadbalancer/")[-1],
            "vpcId": answer["VpcId"],
        },
    )


def _verify_load_balancer(
    reader: Reader, identifier: str, inputs: Mapping[str, Any], _reading: Reading
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


def _invented_target_group(registration: Registration) -> Computed:
    name = registration.named()
    suffix = f"targetgroup/{name}/{registration.hex(16)}"
    arn = registration.arn("elasticloadbalancing", suffix)
    return Computed(arn, {"arn": arn, "arnSuffix": suffix, "name": name})


HEALTH_CHECK = {
    "enabled": "HealthCheckEnabled",
    "path": "HealthCheckPath",
    "port": "HealthCheckPort",
    "protocol": "HealthCheckProtocol",
    "interval": "HealthCheckIntervalSeconds",
    "timeout": "HealthCheckTimeoutSeconds",
    "healthyThreshold": "HealthyThresholdCount",
    "unhealthyThreshold": "UnhealthyThresholdCount",
}


def _stickiness(stickiness: dict[str, Any] | None) -> list[dict[str, str]]:
    if not stickiness:
        return []
    kind = stickiness["type"]
    wanted = {
        "stickiness.enabled": stickiness.get("enabled", True),
        "stickiness.type": kind,
        f"stickiness.{kind}.duration_seconds": stickiness.get("cookieDuration"),
        f"stickiness.{kind}.cookie_name": stickiness.get("cookieName"),
    }
    return [{"Key": k, "Value": _text(v)} for k, v in wanted.items() if v is not None]


TARGET_ATTRIBUTES = {
    "deregistrationDelay": "deregistration_delay.timeout_seconds",
    "slowStart": "slow_start.duration_seconds",
    "loadBalancingAlgorithmType": "load_balancing.algorithm.type",
    "loadBalancingAnomalyMitigation": "load_balancing.algorithm.anomaly_mitigation",
    "loadBalancingCrossZoneEnabled": "load_balancing.cross_zone.enabled",
    "preserveClientIp": "preserve_client_ip.enabled",
    "proxyProtocolV2": "proxy_protocol_v2.enabled",
    "connectionTermination": "deregistration_delay.connection_termination.enabled",
}


def _create_target_group(task: Task, inputs: Inputs) -> Created:
    name = inputs.take("name") or task.auto_name("name", 32)
    attributes = _attributes(inputs, TARGET_ATTRIBUTES)
    attributes += _stickiness(inputs.take("stickiness"))
    check: dict[str, Any] = inputs.take("healthCheck") or {}
    matcher = check.pop("matcher", None)
    grpc = inputs.get("protocolVersion") == "GRPC"
    matching = {"matcher": {"grpcCode" if grpc else "httpCode": matcher}} if matcher else {}
    answer = task.send(
        "elbv2",
        "CreateTargetGroup",
        inputs.rest() | {HEALTH_CHECK[key]: value for key, value in check.items()} | matching,
        Name=name,
    )["TargetGroups"][0]
    arn = answer["TargetGroupArn"]
    if attributes:
        task.call("elbv2", "ModifyTargetGroupAttributes", TargetGroupArn=arn, Attributes=attributes)
    suffix = arn.split(":")[-1]
    return Created(arn, {"arn": arn, "name": name, "arnSuffix": suffix})


def _verify_target_group(
    reader: Reader, identifier: str, inputs: Mapping[str, Any], _reading: Reading
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


LOAD_BALANCER = "aws:lb/loadBalancer:LoadBalancer"


TARGET_GROUP = "aws:lb/targetGroup:TargetGroup"


def _targets(need: Need) -> dict[str, int]:
    """Pods behind the load balancer at their most, by application."""
    served = {each["metadata"]["name"] for each in need.inputs(SERVICE)}
    most = {
        name: application(name).settings_of(need.settings).max_replicas
        for name in SERVED
        if name in served
    }
    # A rollout has one pod more.
    return {name: replicas + 1 for name, replicas in most.items()}


_TARGET_QUOTAS = (
    Quota(
        service="elasticloadbalancing",
        code="L-B22855CB",
        name="Target Groups per Region",
        demand=count_of(TARGET_GROUP),
        used=usage.in_other_vpcs("elbv2", "DescribeTargetGroups", "TargetGroups"),
    ),
    Quota(
        service="elasticloadbalancing",
        code="L-7E6692B2",
        name="Targets per Application Load Balancer",
        demand=lambda need: sum(_targets(need).values()),
    ),
    Quota(
        service="elasticloadbalancing",
        code="L-A0D0B863",
        name="Targets per Target Group per Region",
        demand=lambda need: max(_targets(need).values(), default=0),
    ),
)


CARDS = (
    Card(
        type=LOAD_BALANCER,
        computed=_invented_load_balancer,
        values=ClosedValues(
            operations=("elbv2:CreateLoadBalancer",),
            closed={"loadBalancerType": frozenset({"application", "gateway", "network"})},
            source="Elastic Load Balancing API reference, CreateLoadBalancer (Type)",
        ),
        lifecycle=Calls(service="elbv2", create="CreateLoadBalancer").lifecycle(
            create=_create_load_balancer
        ),
        verification=Verification(kind="load balancer", more=_verify_load_balancer),
        changes=Changes(
            holds="the address that the edge sends to",
            source=(provider("elbv2/load_balancer.go"),),
            properties={
                "name": REPLACE,
                "namePrefix": REPLACE,
                "internal": REPLACE,
                "loadBalancerType": REPLACE,
                "customerOwnedIpv4Pool": REPLACE,
                "desyncMitigationMode": IN_PLACE,
                "dropInvalidHeaderFields": IN_PLACE,
                "enableHttp2": IN_PLACE,
                "idleTimeout": IN_PLACE,
                "ipAddressType": IN_PLACE,
                "securityGroups": IN_PLACE,
                "subnets": IN_PLACE,
                "accessLogs": IN_PLACE,
                "enableDeletionProtection": PropertyRule(
                    to={"true": IN_PLACE}, effect=DANGEROUS, why="any deletion would go through"
                ),
                "tags": IN_PLACE,
            },
        ),
        price=Priced(keys=("alb:",), count=each("alb:balancer")),
        quotas=(
            Quota(
                service="elasticloadbalancing",
                code="L-53DA6B97",
                name="Application Load Balancers per Region",
                demand=count_of(LOAD_BALANCER),
                used=usage.application_balancers,
            ),
        ),
        naming=OWN_NAME,
        permissions=(
            "elasticloadbalancing:CreateLoadBalancer",
            "elasticloadbalancing:ModifyLoadBalancerAttributes",
            "elasticloadbalancing:AddTags",
        ),
        residency=IN_REGION,
        control_plane=REGIONAL,
    ),
    Card(
        type=TARGET_GROUP,
        computed=_invented_target_group,
        values=by_model("elbv2:CreateTargetGroup", "elbv2:ModifyTargetGroup"),
        lifecycle=Calls(service="elbv2", create="CreateTargetGroup").lifecycle(
            create=_create_target_group
        ),
        verification=Verification(kind="target group", more=_verify_target_group),
        changes=Changes(
            source=(provider("elbv2/target_group.go"),),
            properties={
                "name": REPLACE,
                "namePrefix": REPLACE,
                "port": REPLACE,
                "protocol": REPLACE,
                "targetType": REPLACE,
                "vpcId": REPLACE,
            },
        ),
        price=Free(reason="part of the load balancer"),
        quotas=_TARGET_QUOTAS,
        naming=OWN_NAME,
        permissions=("elasticloadbalancing:CreateTargetGroup",),
        residency=NO_DATA,
        control_plane=REGIONAL,
    ),
)
