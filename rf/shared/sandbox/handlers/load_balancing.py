"""Load balancers, listeners, rules and target groups."""

# ruff: noqa: D103 - the token above each handler says what it creates

from __future__ import annotations

from typing import Any

from rf.shared.sandbox.registry import Created, Inputs, Task, handles

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


@handles("aws:lb/loadBalancer:LoadBalancer")
def load_balancer(task: Task, inputs: Inputs) -> Created:
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


@handles("aws:lb/targetGroup:TargetGroup")
def target_group(task: Task, inputs: Inputs) -> Created:
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


@handles("aws:lb/listener:Listener")
def listener(task: Task, inputs: Inputs) -> Created:
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


@handles("aws:lb/listenerRule:ListenerRule")
def listener_rule(task: Task, inputs: Inputs) -> Created:
    actions = [_action(action) for action in inputs.take("actions")]
    conditions = [_condition(condition) for condition in inputs.take("conditions")]
    answer = task.send(
        "elbv2",
        "CreateRule",
        inputs.rest() | {"actions": actions, "conditions": conditions},
    )["Rules"][0]
    return Created(answer["RuleArn"], {"arn": answer["RuleArn"]})


def _attributes(inputs: Inputs, names: dict[str, str]) -> list[dict[str, str]]:
    taken = ((name, inputs.take(key)) for key, name in names.items())
    return [{"Key": name, "Value": _text(value)} for name, value in taken if value is not None]


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


def _log_attributes(inputs: Inputs, key: str, prefix: str) -> list[dict[str, str]]:
    logs = inputs.take(key) or {}
    return [
        {"Key": f"{prefix}.{name}", "Value": _text(logs[name])}
        for name in ("enabled", "bucket", "prefix")
        if logs.get(name) is not None
    ]


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


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
