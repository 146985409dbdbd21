"""Where load balancers listen, and whither they send what."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

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
from rf.shared.cards.calls import Calls, change, look_up, make
from rf.shared.cards.card import Card
from rf.shared.cards.changes import IN_PLACE, REPLACE, RESTART, Changes, PropertyRule
from rf.shared.cards.control_plane import REGIONAL
from rf.shared.cards.creation import SECONDS
from rf.shared.cards.lifecycle import Created, Inputs, Reading, Standing, Task
from rf.shared.cards.prices import Free
from rf.shared.cards.quota import Quota, count_of
from rf.shared.cards.residency import NO_DATA
from rf.shared.cards.source import provider
from rf.shared.cards.values import ClosedValues, by_model
from rf.shared.cards.verification import Verification
from rf.shared.cards.without import NO_QUOTA, OWN_NAME
from rf.shared.offline.invention import Computed, Invent, Registration

LISTENER_RULE = "aws:lb/listenerRule:ListenerRule"

_ATTRIBUTES = {
    "routingHttpResponseServerEnabled": Attribute("routing.http.response.server.enabled", "true"),
    "tcpIdleTimeoutSeconds": Attribute("tcp.idle_timeout.seconds", "350"),
    "routingHttpResponseStrictTransportSecurityHeaderValue": Attribute(
        "routing.http.response.strict_transport_security.header_value"
    ),
    "routingHttpResponseXContentTypeOptionsHeaderValue": Attribute(
        "routing.http.response.x_content_type_options.header_value"
    ),
    "routingHttpResponseXFrameOptionsHeaderValue": Attribute(
        "routing.http.response.x_frame_options.header_value"
    ),
}
"""Listener inputs `routingHttp...`, whose attributes spell the words apart."""

_ACTION = {
    "forward": "ForwardConfig",
    "redirect": "RedirectConfig",
    "fixedResponse": "FixedResponseConfig",
    "stickiness": "TargetGroupStickinessConfig",
    "duration": "DurationSeconds",
    "arn": "TargetGroupArn",
}

_CONDITION = {
    "hostHeader": "HostHeaderConfig",
    "pathPattern": "PathPatternConfig",
    "httpHeader": "HttpHeaderConfig",
    "httpRequestMethod": "HttpRequestMethodConfig",
    "queryString": "QueryStringConfig",
    "sourceIp": "SourceIpConfig",
}

_CONDITION_FIELDS = {
    "hostHeader": "host-header",
    "pathPattern": "path-pattern",
    "httpHeader": "http-header",
    "httpRequestMethod": "http-request-method",
    "queryString": "query-string",
    "sourceIp": "source-ip",
}


def _invented_of_load_balancer(kind: str, parent_key: str) -> Invent:
    """Listeners and rules: their ARN continues that of what they belong to."""

    def invent(registration: Registration) -> Computed:
        parent = registration.text(parent_key)
        above = parent.split("/", 1)[1] if "/" in parent else registration.hex(16, "parent")
        arn = registration.arn("elasticloadbalancing", f"{kind}/{above}/{registration.hex(16)}")
        return Computed(arn, {"arn": arn})

    return invent


def _with_certificates(_task: Task, inputs: Inputs) -> None:
    certificate = inputs.take("certificateArn")
    if certificate:
        inputs["certificates"] = [{"certificateArn": certificate}]


_LISTENER = Calls(
    service="elbv2",
    create="CreateListener",
    read="DescribeListeners",
    update="ModifyListener",
    delete="DeleteListener",
    identifier="ListenerArn",
    by={"ListenerArn": "{id}"},
    renames=_ACTION,
    prepare=_with_certificates,
    outputs={"arn": "ListenerArn", "certificateArn": "Certificates.0.CertificateArn"},
    tagging=TAGGING,
)


def _create_listener(task: Task, inputs: Inputs) -> Created:
    wanted = take_attributes(inputs, _ATTRIBUTES)
    created = make(_LISTENER, task, inputs)
    _put_attributes(task, created.id, wanted)
    return created


def _update_listener(task: Task, standing: Standing, inputs: Inputs) -> Created:
    before = take_attributes(Inputs(standing.inputs), _ATTRIBUTES)
    after = take_attributes(inputs, _ATTRIBUTES)
    known = default_attributes(_ATTRIBUTES)
    _put_attributes(task, standing.id, changed_attributes(before, after, known))
    return change(_LISTENER, task, standing, inputs)


def _put_attributes(task: Task, arn: str, values: Mapping[str, str]) -> None:
    put_attributes(task, "ModifyListenerAttributes", {"ListenerArn": arn}, values)


def _read_listener(task: Task, standing: Standing) -> Reading | None:
    """What describes it; the API is asked for attributes where the plan sets any."""
    reading = look_up(_LISTENER, task, standing)
    if reading is None or not any(standing.inputs.get(key) is not None for key in _ATTRIBUTES):
        return reading
    which = {"ListenerArn": standing.id}
    values = read_attributes(task, "DescribeListenerAttributes", which)
    shown = shown_attributes(values, _ATTRIBUTES, standing.inputs)
    return replace(reading, shown={**reading.shown, **shown})


def _port(inputs: Mapping[str, Any], reading: Reading) -> tuple[Any, Any]:
    return int(inputs["port"]), reading.thing["Port"]


def _protocol(inputs: Mapping[str, Any], reading: Reading) -> tuple[Any, Any]:
    return inputs.get("protocol", "HTTP"), reading.thing["Protocol"]


def _certificate(inputs: Mapping[str, Any], reading: Reading) -> tuple[Any, Any] | None:
    if not inputs.get("certificateArn"):
        return None
    found = [entry["CertificateArn"] for entry in reading.thing.get("Certificates", [])]
    return [inputs["certificateArn"]], found


def _with_fields(_task: Task, inputs: Inputs) -> None:
    conditions = inputs.take("conditions")
    if conditions:
        inputs["conditions"] = [_condition(condition) for condition in conditions]


def _condition(condition: Mapping[str, Any]) -> dict[str, Any]:
    """A condition with the field that it looks at, which the provider derives."""
    [(key, value)] = [(key, value) for key, value in condition.items() if value is not None]
    if key == "queryStrings":
        key, value = "queryString", {"values": value}
    return {"field": _CONDITION_FIELDS[key], key: value}


_LISTENER_RULE = Calls(
    service="elbv2",
    create="CreateRule",
    read="DescribeRules",
    update="ModifyRule",
    delete="DeleteRule",
    identifier="RuleArn",
    by={"RuleArn": "{id}"},
    renames=_ACTION | _CONDITION,
    prepare=_with_fields,
    outputs={"arn": "RuleArn"},
    tagging=TAGGING,
)


def _read_listener_rule(task: Task, standing: Standing) -> Reading | None:
    """Its listener stands in its ARN alone, and the provider has queries in another form."""
    reading = look_up(_LISTENER_RULE, task, standing)
    if reading is None:
        return None
    listener = standing.id.replace(":listener-rule/", ":listener/").rpartition("/")[0]
    shown = {**reading.shown, "listenerArn": listener}
    for condition, each in zip(
        shown.get("conditions") or [], reading.thing["Conditions"], strict=True
    ):
        queries = (each.get("QueryStringConfig") or {}).get("Values") or []
        if queries:
            condition["queryStrings"] = [
                {name.lower(): value for name, value in query.items()} for query in queries
            ]
    return replace(reading, shown=shown)


def _update_listener_rule(task: Task, standing: Standing, inputs: Inputs) -> Created:
    """Its place among the rules by a call of its own."""
    priority = inputs.take("priority")
    if priority is not None and priority != standing.inputs.get("priority"):
        wanted = {"rulePriorities": [{"ruleArn": standing.id, "priority": priority}]}
        task.send("elbv2", "SetRulePriorities", wanted)
    return change(_LISTENER_RULE, task, standing, inputs)


def _priority(inputs: Mapping[str, Any], reading: Reading) -> tuple[Any, Any]:
    return str(inputs["priority"]), reading.thing["Priority"]


def _paths(inputs: Mapping[str, Any], reading: Reading) -> tuple[Any, Any]:
    wanted = [
        value
        for condition in inputs["conditions"]
        for value in (condition.get("pathPattern") or {}).get("values", [])
    ]
    found = [
        value
        for condition in reading.thing["Conditions"]
        for value in (condition.get("PathPatternConfig") or {}).get("Values", [])
    ]
    return sorted(wanted), sorted(found)


_AS_THE_EDGE = PropertyRule(
    effect=RESTART, outage="requests fail until the edge's origin has the same port and protocol"
)


CARDS = (
    Card(
        type="aws:lb/listener:Listener",
        computed=_invented_of_load_balancer("listener", "loadBalancerArn"),
        values=ClosedValues(
            operations=(
                "elbv2:CreateListener",
                "elbv2:ModifyListener",
            ),
            closed={
                "defaultActions.redirect.protocol": frozenset({"#{protocol}", "HTTP", "HTTPS"})
            },
            source="Elastic Load Balancing API reference, RedirectActionConfig",
        ),
        lifecycle=_LISTENER.lifecycle(
            create=_create_listener, read=_read_listener, update=_update_listener
        ),
        creation=SECONDS,
        verification=Verification(
            kind="listener",
            rows={
                "port": _port,
                "protocol": _protocol,
                "certificate": _certificate,
                "TLS policy": "sslPolicy",
            },
        ),
        changes=Changes(
            source=(provider("elbv2/listener.go"),),
            properties={
                "loadBalancerArn": REPLACE,
                "port": _AS_THE_EDGE,
                "protocol": _AS_THE_EDGE,
                **dict.fromkeys(_ATTRIBUTES, IN_PLACE),
                **dict.fromkeys(
                    (
                        "certificateArn",
                        "defaultActions",
                        "sslPolicy",
                        "alpnPolicy",
                        "mutualAuthentication",
                    ),
                    IN_PLACE,
                ),
            },
        ),
        price=Free(reason="part of the load balancer"),
        quotas=NO_QUOTA,
        naming=OWN_NAME,
        permissions=("elasticloadbalancing:CreateListener",),
        residency=NO_DATA,
        control_plane=REGIONAL,
    ),
    Card(
        type=LISTENER_RULE,
        computed=_invented_of_load_balancer("listener-rule", "listenerArn"),
        values=by_model("elbv2:CreateRule", "elbv2:ModifyRule"),
        lifecycle=_LISTENER_RULE.lifecycle(read=_read_listener_rule, update=_update_listener_rule),
        creation=SECONDS,
        verification=Verification(
            kind="listener rule", rows={"priority": _priority, "paths": _paths}
        ),
        changes=Changes(
            source=(provider("elbv2/listener_rule.go"),),
            properties={
                "listenerArn": REPLACE,
                "actions": IN_PLACE,
                "conditions": IN_PLACE,
                "transforms": IN_PLACE,
                "priority": PropertyRule(
                    effect=IN_PLACE,
                    why="refused while another rule has the number; to swap two, go by a third one",
                ),
            },
        ),
        price=Free(reason="part of the load balancer"),
        quotas=(
            Quota(
                service="elasticloadbalancing",
                code="L-7EED9B64",
                name="Rules per Application Load Balancer",
                demand=count_of(LISTENER_RULE),
            ),
        ),
        naming=OWN_NAME,
        permissions=("elasticloadbalancing:CreateRule",),
        residency=NO_DATA,
        control_plane=REGIONAL,
    ),
)
