"""Load balancers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from rf.aws.lb.attributes import (
    Attribute,
    attribute_text,
    changed_attributes,
    default_attributes,
    put_attributes,
    read_attributes,
    shown_attributes,
    take_attributes,
)
from rf.shared.account import usage
from rf.shared.cards.calls import Calls, Name, Tagging, change, look_up, make
from rf.shared.cards.card import Card
from rf.shared.cards.changes import DANGEROUS, IN_PLACE, REPLACE, Changes, PropertyRule
from rf.shared.cards.control_plane import REGIONAL
from rf.shared.cards.creation import Creation
from rf.shared.cards.lifecycle import Created, Inputs, Reading, Standing, Task
from rf.shared.cards.permissions import ServiceLinkedRole
from rf.shared.cards.prices import Priced, each
from rf.shared.cards.quota import Quota, count_of
from rf.shared.cards.residency import IN_REGION
from rf.shared.cards.source import provider, thread
from rf.shared.cards.values import ClosedValues
from rf.shared.cards.verification import NOT_SHOWN, Row, Verification
from rf.shared.cards.without import OWN_NAME
from rf.shared.offline.invention import Computed, Registration

LOAD_BALANCER = "aws:lb/loadBalancer:LoadBalancer"

TAGGING = Tagging(add="AddTags", remove="RemoveTags", by="ResourceArns")

_ATTRIBUTES = {
    "enableDeletionProtection": Attribute("deletion_protection.enabled", "false"),
    "idleTimeout": Attribute("idle_timeout.timeout_seconds", "60"),
    "clientKeepAlive": Attribute("client_keep_alive.seconds", "3600"),
    "dropInvalidHeaderFields": Attribute(
        "routing.http.drop_invalid_header_fields.enabled", "false"
    ),
    "desyncMitigationMode": Attribute("routing.http.desync_mitigation_mode", "defensive"),
    "enableHttp2": Attribute("routing.http2.enabled", "true"),
    "preserveHostHeader": Attribute("routing.http.preserve_host_header.enabled", "false"),
    "enableCrossZoneLoadBalancing": Attribute("load_balancing.cross_zone.enabled", "false"),
    "enableXffClientPort": Attribute("routing.http.xff_client_port.enabled", "false"),
    "xffHeaderProcessingMode": Attribute("routing.http.xff_header_processing.mode", "append"),
    "enableWafFailOpen": Attribute("waf.fail_open.enabled", "false"),
    "enableTlsVersionAndCipherSuiteHeaders": Attribute(
        "routing.http.x_amzn_tls_version_and_cipher_suite.enabled", "false"
    ),
}
"""Defaults are the provider's (`internal/service/elbv2/load_balancer.go`)."""

_LOGS = {
    block: {
        "enabled": Attribute(f"{kind}.s3.enabled", "false"),
        "bucket": Attribute(f"{kind}.s3.bucket"),
        "prefix": Attribute(f"{kind}.s3.prefix"),
    }
    for block, kind in (("accessLogs", "access_logs"), ("connectionLogs", "connection_logs"))
}


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


def _with_scheme(_task: Task, inputs: Inputs) -> None:
    inputs["scheme"] = "internal" if inputs.take("internal") else "internet-facing"


_LOAD_BALANCER = Calls(
    service="elbv2",
    create="CreateLoadBalancer",
    read="DescribeLoadBalancers",
    delete="DeleteLoadBalancer",
    name=Name(parameter="Name", limit=32),
    identifier="LoadBalancerArn",
    by={"LoadBalancerArn": "{id}"},
    renames={"loadBalancerType": "Type"},
    prepare=_with_scheme,
    outputs={"arn": "LoadBalancerArn", "zoneId": "CanonicalHostedZoneId"},
    tagging=TAGGING,
)


def _create_load_balancer(task: Task, inputs: Inputs) -> Created:
    """The balancer, and then its attributes: the API makes it with its own."""
    wanted = _attributes_in(inputs)
    created = make(_LOAD_BALANCER, task, inputs)
    _put_attributes(task, created.id, wanted)
    suffix = {"arnSuffix": created.id.split(":loadbalancer/")[-1]}
    return Created(created.id, {**created.outputs, **suffix})


def _update_load_balancer(task: Task, standing: Standing, inputs: Inputs) -> Created:
    """Each kind of setting by a call of its own."""
    old = Inputs(standing.inputs)
    known = [
        *default_attributes(_ATTRIBUTES).items(),
        *(pair for each in _LOGS.values() for pair in default_attributes(each).items()),
    ]
    before, after = _attributes_in(old), _attributes_in(inputs)
    _put_attributes(task, standing.id, changed_attributes(before, after, dict(known)))
    for operation, keys in (
        ("SetSubnets", ("subnets", "subnetMappings")),
        ("SetSecurityGroups", ("securityGroups",)),
        ("SetIpAddressType", ("ipAddressType",)),
    ):
        wanted = {key: value for key in keys if (value := inputs.take(key)) is not None}
        if wanted and wanted != {key: old[key] for key in keys if key in old}:
            task.send("elbv2", operation, wanted, LoadBalancerArn=standing.id)
    return change(_LOAD_BALANCER, task, standing, inputs)


def _attributes_in(inputs: Inputs) -> dict[str, str]:
    wanted = take_attributes(inputs, _ATTRIBUTES)
    for block, known in _LOGS.items():
        wanted |= take_attributes(Inputs(inputs.take(block) or {}), known)
    return wanted


def _put_attributes(task: Task, arn: str, values: Mapping[str, str]) -> None:
    put_attributes(task, "ModifyLoadBalancerAttributes", {"LoadBalancerArn": arn}, values)


def _read_load_balancer(task: Task, standing: Standing) -> Reading | None:
    """What describes it, and its attributes, for which the API is asked again."""
    reading = look_up(_LOAD_BALANCER, task, standing)
    if reading is None:
        return None
    planned, thing = standing.inputs, reading.thing
    which = {"LoadBalancerArn": standing.id}
    values = read_attributes(task, "DescribeLoadBalancerAttributes", which)
    subnets = [zone["SubnetId"] for zone in thing["AvailabilityZones"]]
    shown = {
        **reading.shown,
        **shown_attributes(values, _ATTRIBUTES, planned),
        "internal": thing["Scheme"] == "internal",
        "subnets": _in_order_of(planned.get("subnets") or [], subnets),
    }
    for block, known in _LOGS.items():
        if planned.get(block):
            shown[block] = shown_attributes(values, known, planned[block])
    return replace(reading, shown=shown)


def _in_order_of(planned: list[str], found: list[str]) -> list[str]:
    """What the API has as a set, in the plan's order where it is the same."""
    return planned if sorted(planned) == sorted(found) else found


def _scheme(inputs: Mapping[str, Any], reading: Reading) -> tuple[Any, Any]:
    planned = "internal" if inputs.get("internal") else "internet-facing"
    return planned, reading.thing["Scheme"]


def _type(inputs: Mapping[str, Any], reading: Reading) -> tuple[Any, Any]:
    return inputs.get("loadBalancerType", "application"), reading.thing["Type"]


def _subnets(inputs: Mapping[str, Any], reading: Reading) -> tuple[Any, Any]:
    found = [zone["SubnetId"] for zone in reading.thing["AvailabilityZones"]]
    return sorted(inputs["subnets"]), sorted(found)


def _security_groups(inputs: Mapping[str, Any], reading: Reading) -> tuple[Any, Any]:
    found = reading.thing.get("SecurityGroups", [])
    return sorted(inputs.get("securityGroups") or []), sorted(found)


def _attribute(key: str) -> Row:
    """An attribute, as the text that it is."""

    def row(inputs: Mapping[str, Any], reading: Reading) -> tuple[Any, Any] | None:
        if inputs.get(key) is None:
            return None
        found = reading.shown.get(key)
        return attribute_text(inputs[key]), NOT_SHOWN if found is None else attribute_text(found)

    return row


CARDS = (
    Card(
        type=LOAD_BALANCER,
        computed=_invented_load_balancer,
        values=ClosedValues(
            operations=("elbv2:CreateLoadBalancer",),
            closed={"loadBalancerType": frozenset({"application", "gateway", "network"})},
            source="Elastic Load Balancing API reference, CreateLoadBalancer (Type)",
        ),
        lifecycle=_LOAD_BALANCER.lifecycle(
            create=_create_load_balancer, read=_read_load_balancer, update=_update_load_balancer
        ),
        creation=Creation(
            minutes=3,
            source=(thread("hashicorp/terraform-provider-aws#38139", "204 s with its deletion"),),
        ),
        verification=Verification(
            kind="load balancer",
            rows={
                "scheme": _scheme,
                "type": _type,
                "subnets": _subnets,
                "security groups": _security_groups,
                "idle seconds": _attribute("idleTimeout"),
                "deletion protection": _attribute("enableDeletionProtection"),
            },
        ),
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
            ServiceLinkedRole(
                principal="elasticloadbalancing.amazonaws.com",
                name="AWSServiceRoleForElasticLoadBalancing",
            ),
            "elasticloadbalancing:ModifyLoadBalancerAttributes",
            "elasticloadbalancing:AddTags",
        ),
        residency=IN_REGION,
        control_plane=REGIONAL,
    ),
)
