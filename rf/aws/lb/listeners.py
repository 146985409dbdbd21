"""Where load balancers listen, and whither they send what."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from rf.aws.lb.balancer import _attributes
from rf.shared.cards.calls import Calls
from rf.shared.cards.card import Card
from rf.shared.cards.changes import REPLACE, Changes, Unruled
from rf.shared.cards.control_plane import REGIONAL
from rf.shared.cards.lifecycle import Created, Inputs, Reading, Task
from rf.shared.cards.prices import Free
from rf.shared.cards.quota import Quota, count_of
from rf.shared.cards.residency import NO_DATA
from rf.shared.cards.source import provider
from rf.shared.cards.values import ClosedValues, by_model
from rf.shared.cards.verification import Comparison, Verification
from rf.shared.cards.without import NO_QUOTA, OWN_NAME
from rf.shared.offline.invention import Computed, Invent, Registration

if TYPE_CHECKING:
    from rf.shared.sandbox.reader import Reader


def _invented_of_load_balancer(kind: str, parent_key: str) -> Invent:
    """Listeners and rules: their ARN continues that of what they belong to."""

    def invent(registration: Registration) -> Computed:
        parent = registration.text(parent_key)
        above = parent.split("/", 1)[1] if "/" in parent else registration.hex(16, "parent")
        arn = registration.arn("elasticloadbalancing", f"{kind}/{above}/{registration.hex(16)}")
        return Computed(arn, {"arn": arn})

    return invent


def _listener_attributes(inputs: Inputs) -> list[dict[str, str]]:
    """Listener inputs `routingHttp...`, whose attributes spell the words apart."""
    special = {
        "routingHttpResponseServerEnabled": "routing.http.response.server.enabled",
        "tcpIdleTimeoutSeconds": "tcp.idle_timeout.seconds",
        "routingHttpResponseStrictTransportSecurityHeaderValue": (
            "routing.http.response.strict_transport_security.header_value"
        ),
        "routingHttpResponseXContentTypeOptionsHeaderValue": (
            "routing.http.response.x_content_type_options.header_value"
        ),
        "routingHttpResponseXFrameOptionsHeaderValue": (
            "routing.http.response.x_frame_options.header_value"
        ),
    }
    return _attributes(inputs, special)


def _action(action: dict[str, Any]) -> dict[str, Any]:
    renamed = {
        "forward": "forwardConfig",
        "redirect": "redirectConfig",
        "fixedResponse": "fixedResponseConfig",
    }
    shaped = {renamed.get(key, key): value for key, value in action.items()}
    if "forwardConfig" in shaped:
        forward = dict(shaped["forwardConfig"])
        stickiness = forward.pop("stickiness", None)
        if stickiness:
            forward["targetGroupStickinessConfig"] = {
                "enabled": stickiness.get("enabled", False),
                "durationSeconds": stickiness["duration"],
            }
        forward["targetGroups"] = [
            {"targetGroupArn": target["arn"], "weight": target.get("weight")}
            for target in forward["targetGroups"]
        ]
        shaped["forwardConfig"] = forward
    return shaped


def _create_listener(task: Task, inputs: Inputs) -> Created:
    certificate = inputs.take("certificateArn")
    actions = [_action(action) for action in inputs.take("defaultActions")]
    certificates = {"Certificates": [{"CertificateArn": certificate}]} if certificate else {}
    attributes = _listener_attributes(inputs)
    answer = task.send(
        "elbv2",
        "CreateListener",
        inputs.rest() | {"defaultActions": actions},
        **certificates,
    )["Listeners"][0]
    arn = answer["ListenerArn"]
    if attributes:
        task.call("elbv2", "ModifyListenerAttributes", ListenerArn=arn, Attributes=attributes)
    return Created(arn, {"arn": arn})


def _verify_listener(
    reader: Reader, identifier: str, inputs: Mapping[str, Any], _reading: Reading
) -> Iterator[Comparison]:
    """Its port and protocol, certificate and TLS policy."""
    actual = reader.one("elbv2", "DescribeListeners", "Listeners", ListenerArns=[identifier])
    yield "port", int(inputs["port"]), actual["Port"]
    yield "protocol", inputs.get("protocol", "HTTP"), actual["Protocol"]
    if inputs.get("certificateArn"):
        arns = [entry["CertificateArn"] for entry in actual.get("Certificates", [])]
        yield "certificate", [inputs["certificateArn"]], arns
    if inputs.get("sslPolicy"):
        yield "TLS policy", inputs["sslPolicy"], actual.get("SslPolicy")


_CONDITION_FIELDS = {
    "hostHeader": "host-header",
    "pathPattern": "path-pattern",
    "httpHeader": "http-header",
    "httpRequestMethod": "http-request-method",
    "queryStrings": "query-string",
    "sourceIp": "source-ip",
}


def _condition(condition: dict[str, Any]) -> dict[str, Any]:
    [(key, value)] = [(key, value) for key, value in condition.items() if value is not None]
    config = "queryString" if key == "queryStrings" else key
    content = {"values": value} if key == "queryStrings" else value
    return {"field": _CONDITION_FIELDS[key], f"{config}Config": content}


def _create_listener_rule(task: Task, inputs: Inputs) -> Created:
    actions = [_action(action) for action in inputs.take("actions")]
    conditions = [_condition(condition) for condition in inputs.take("conditions")]
    answer = task.send(
        "elbv2",
        "CreateRule",
        inputs.rest() | {"actions": actions, "conditions": conditions},
    )["Rules"][0]
    return Created(answer["RuleArn"], {"arn": answer["RuleArn"]})


def _verify_listener_rule(
    reader: Reader, identifier: str, inputs: Mapping[str, Any], _reading: Reading
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


LISTENER_RULE = "aws:lb/listenerRule:ListenerRule"


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
        lifecycle=Calls(service="elbv2", create="CreateListener").lifecycle(
            create=_create_listener
        ),
        verification=Verification(kind="listener", more=_verify_listener),
        changes=Changes(
            source=(provider("elbv2/listener.go"),), properties={"loadBalancerArn": REPLACE}
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
        lifecycle=Calls(
            service="elbv2",
            create="CreateRule",
            delete="DeleteRule",
            by={"RuleArn": "{id}"},
        ).lifecycle(create=_create_listener_rule),
        verification=Verification(kind="listener rule", more=_verify_listener_rule),
        changes=Unruled(),
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
