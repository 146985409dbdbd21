"""Groups of targets behind load balancers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from rf.aws.lb.attributes import (
    Attribute,
    changed_attributes,
    default_attributes,
    put_attributes,
    read_attributes,
    shown_attributes,
    take_attributes,
)
from rf.aws.lb.balancer import TAGGING
from rf.kubernetes.core import SERVICE
from rf.shared.account import usage
from rf.shared.cards.calls import Calls, Name, change, look_up, make
from rf.shared.cards.card import Card
from rf.shared.cards.changes import IN_PLACE, REPLACE, Changes, PropertyRule
from rf.shared.cards.control_plane import REGIONAL
from rf.shared.cards.creation import SECONDS
from rf.shared.cards.lifecycle import Created, Inputs, Reading, Standing, Task
from rf.shared.cards.prices import Free
from rf.shared.cards.quota import Quota, count_of
from rf.shared.cards.residency import NO_DATA
from rf.shared.cards.source import provider
from rf.shared.cards.values import by_model
from rf.shared.cards.verification import Verification
from rf.shared.cards.without import OWN_NAME
from rf.shared.offline.invention import Computed, Registration
from scaleplan.applications.workloads import SERVED, application

if TYPE_CHECKING:
    from rf.shared.account.need import Need

TARGET_GROUP = "aws:lb/targetGroup:TargetGroup"

_HEALTH_CHECK = {
    "enabled": "HealthCheckEnabled",
    "path": "HealthCheckPath",
    "port": "HealthCheckPort",
    "protocol": "HealthCheckProtocol",
    "interval": "HealthCheckIntervalSeconds",
    "timeout": "HealthCheckTimeoutSeconds",
    "healthyThreshold": "HealthyThresholdCount",
    "unhealthyThreshold": "UnhealthyThresholdCount",
}

_ATTRIBUTES = {
    "deregistrationDelay": Attribute("deregistration_delay.timeout_seconds", "300"),
    "slowStart": Attribute("slow_start.duration_seconds", "0"),
    "loadBalancingAlgorithmType": Attribute("load_balancing.algorithm.type", "round_robin"),
    "loadBalancingAnomalyMitigation": Attribute(
        "load_balancing.algorithm.anomaly_mitigation", "off"
    ),
    "loadBalancingCrossZoneEnabled": Attribute(
        "load_balancing.cross_zone.enabled", "use_load_balancer_configuration"
    ),
    "preserveClientIp": Attribute("preserve_client_ip.enabled"),
    "proxyProtocolV2": Attribute("proxy_protocol_v2.enabled", "false"),
    "connectionTermination": Attribute(
        "deregistration_delay.connection_termination.enabled", "false"
    ),
}
"""Defaults are AWS's (Elastic Load Balancing API reference, TargetGroupAttribute)."""


def _invented_target_group(registration: Registration) -> Computed:
    name = registration.named()
    suffix = f"targetgroup/{name}/{registration.hex(16)}"
    arn = registration.arn("elasticloadbalancing", suffix)
    return Computed(arn, {"arn": arn, "arnSuffix": suffix, "name": name})


_TARGET_GROUP = Calls(
    service="elbv2",
    create="CreateTargetGroup",
    read="DescribeTargetGroups",
    update="ModifyTargetGroup",
    delete="DeleteTargetGroup",
    name=Name(parameter="Name", limit=32),
    identifier="TargetGroupArn",
    by={"TargetGroupArn": "{id}"},
    outputs={"arn": "TargetGroupArn"},
    tagging=TAGGING,
)


def _create_target_group(task: Task, inputs: Inputs) -> Created:
    """The group, and then its attributes: the API makes it with its own."""
    wanted = _attributes_in(inputs)
    inputs.update(_health_check_in(inputs))
    created = make(_TARGET_GROUP, task, inputs)
    _put_attributes(task, created.id, wanted)
    return Created(created.id, {**created.outputs, "arnSuffix": created.id.split(":")[-1]})


def _update_target_group(task: Task, standing: Standing, inputs: Inputs) -> Created:
    """Its attributes; its health check whole, as the provider sends it; its tags."""
    old = Inputs(standing.inputs)
    before, after = _attributes_in(old), _attributes_in(inputs)
    known = default_attributes(_ATTRIBUTES | _stickiness("lb_cookie"))
    _put_attributes(task, standing.id, changed_attributes(before, after, known))
    old_check, check = _health_check_in(old), _health_check_in(inputs)
    if check and check != old_check:
        task.send("elbv2", _TARGET_GROUP.update, check, TargetGroupArn=standing.id)
    return change(_TARGET_GROUP, task, standing, inputs)


def _attributes_in(inputs: Inputs) -> dict[str, str]:
    wanted = take_attributes(inputs, _ATTRIBUTES)
    sticky = inputs.take("stickiness")
    if sticky:
        known = _stickiness(sticky["type"])
        wanted |= take_attributes(Inputs({"enabled": True, **sticky}), known)
    return wanted


def _stickiness(kind: str) -> dict[str, Attribute]:
    return {
        "enabled": Attribute("stickiness.enabled", "false"),
        "type": Attribute("stickiness.type"),
        "cookieDuration": Attribute(f"stickiness.{kind}.duration_seconds"),
        "cookieName": Attribute(f"stickiness.{kind}.cookie_name"),
    }


def _put_attributes(task: Task, arn: str, values: Mapping[str, str]) -> None:
    put_attributes(task, "ModifyTargetGroupAttributes", {"TargetGroupArn": arn}, values)


def _health_check_in(inputs: Inputs) -> dict[str, Any]:
    """The health check as settings of the group, which it is in the API; uses the input up."""
    check: dict[str, Any] = inputs.take("healthCheck") or {}
    matcher = check.pop("matcher", None)
    wanted = {_HEALTH_CHECK[key]: value for key, value in check.items()}
    if matcher:
        code = "grpcCode" if inputs.get("protocolVersion") == "GRPC" else "httpCode"
        wanted["matcher"] = {code: matcher}
    return wanted


def _read_target_group(task: Task, standing: Standing) -> Reading | None:
    """What describes it, and its attributes, for which the API is asked again."""
    reading = look_up(_TARGET_GROUP, task, standing)
    if reading is None:
        return None
    planned = standing.inputs
    which = {"TargetGroupArn": standing.id}
    values = read_attributes(task, "DescribeTargetGroupAttributes", which)
    shown = {**reading.shown, **shown_attributes(values, _ATTRIBUTES, planned)}
    if planned.get("stickiness"):
        known = _stickiness(values.get("stickiness.type", ""))
        shown["stickiness"] = shown_attributes(values, known, planned["stickiness"])
    if planned.get("healthCheck"):
        shown["healthCheck"] = _shown_check(reading.thing, planned["healthCheck"])
    return replace(reading, shown=shown)


def _shown_check(thing: Mapping[str, Any], planned: Mapping[str, Any]) -> dict[str, Any]:
    matcher = thing.get("Matcher") or {}
    values = {key: thing.get(name) for key, name in _HEALTH_CHECK.items()}
    values["matcher"] = matcher.get("HttpCode") or matcher.get("GrpcCode")
    return {key: value for key, value in values.items() if key in planned and value is not None}


def _port(inputs: Mapping[str, Any], reading: Reading) -> tuple[Any, Any]:
    return int(inputs["port"]), reading.thing["Port"]


def _target_type(inputs: Mapping[str, Any], reading: Reading) -> tuple[Any, Any]:
    return inputs.get("targetType", "instance"), reading.thing["TargetType"]


def _health_path(inputs: Mapping[str, Any], reading: Reading) -> tuple[Any, Any] | None:
    path = (inputs.get("healthCheck") or {}).get("path")
    return (path, reading.thing["HealthCheckPath"]) if path else None


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

_ANOTHER_GROUP = PropertyRule(
    effect=REPLACE,
    outage=(
        "requests fail for about half a minute: until the new group has the pods, and two checks"
        " of each passed"
    ),
)


CARDS = (
    Card(
        type=TARGET_GROUP,
        computed=_invented_target_group,
        values=by_model("elbv2:CreateTargetGroup", "elbv2:ModifyTargetGroup"),
        lifecycle=_TARGET_GROUP.lifecycle(
            create=_create_target_group, read=_read_target_group, update=_update_target_group
        ),
        creation=SECONDS,
        verification=Verification(
            kind="target group",
            rows={
                "port": _port,
                "protocol": "protocol",
                "target type": _target_type,
                "VPC": "vpcId",
                "health path": _health_path,
            },
        ),
        changes=Changes(
            source=(provider("elbv2/target_group.go"),),
            properties={
                "name": REPLACE,
                "namePrefix": REPLACE,
                **dict.fromkeys(
                    ("port", "protocol", "protocolVersion", "targetType", "ipAddressType", "vpcId"),
                    _ANOTHER_GROUP,
                ),
                **dict.fromkeys(
                    (
                        "deregistrationDelay",
                        "healthCheck",
                        "loadBalancingAlgorithmType",
                        "loadBalancingAnomalyMitigation",
                        "loadBalancingCrossZoneEnabled",
                        "slowStart",
                        "stickiness",
                        "targetGroupHealth",
                    ),
                    IN_PLACE,
                ),
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
