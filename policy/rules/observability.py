"""Rules of logs, how long they are kept, and of topics and queues of alerts and events."""

from __future__ import annotations

from collections.abc import Iterator

from .shared.rule import Resource, Rule, RuleLayer, StackResources
from .shared.tokens import (
    LOG_GROUP,
    METRIC_ALARM,
    QUEUE,
    QUEUE_POLICY,
    RELEASE,
    TOPIC,
    TOPIC_POLICY,
)
from .shared.values import at, refuses_plain_text

SHORTEST_LOG_DAYS = 30
"""Days a log is kept at least: an intrusion is noticed after ten days in the median (Mandiant,
M-Trends 2024), and the one before a holiday later."""


def _message_encrypted(resource: Resource, stack: StackResources) -> Iterator[str]:
    keys = ("kmsMasterKeyId", "sqsManagedSseEnabled")
    if not any(at(resource.inputs, key) for key in keys):
        yield "keeps messages unencrypted"


def _retention(resource: Resource, stack: StackResources) -> Iterator[str]:
    days = at(resource.inputs, "retentionInDays", 0)
    if not days:
        yield "keeps its logs for ever, with whatever an application wrote into them"
    elif days < SHORTEST_LOG_DAYS:
        yield f"keeps its logs for {days} days"


def _log_encrypted(resource: Resource, stack: StackResources) -> Iterator[str]:
    if not at(resource.inputs, "kmsKeyId"):
        yield "has no key of the stack"


HEARTBEAT = "NumberOfMessagesPublished"
"""SNS' metric of a topic: of the heartbeat's it says that alerting as a whole is alive."""

CLAIMS = {
    "Prometheus": "prometheus.prometheusSpec.storageSpec.volumeClaimTemplate",
    "Alertmanager": "alertmanager.alertmanagerSpec.storage.volumeClaimTemplate",
}


def _messages_tls(resource: Resource, stack: StackResources) -> Iterator[str]:
    if resource.type == TOPIC:
        policies, action = stack.pointing_at(resource, TOPIC_POLICY, "arn"), "sns:Publish"
    else:
        policies, action = stack.pointing_at(resource, QUEUE_POLICY, "queueUrl"), "sqs:*"
    if not any(refuses_plain_text({"p": at(e.inputs, "policy", "")}, action) for e in policies):
        yield "takes messages in plain text"


def _tells(resource: Resource, stack: StackResources) -> Iterator[str]:
    actions = at(resource.inputs, "alarmActions", [])
    if not actions or at(resource.inputs, "actionsEnabled", True) is False:
        yield "tells nobody"


def _silence_told(resource: Resource, stack: StackResources) -> Iterator[str]:
    if at(resource.inputs, "name") != "kube-prometheus-stack":
        return
    alarms = [e for e in stack.of_type(METRIC_ALARM) if at(e.inputs, "metricName") == HEARTBEAT]
    if not any(at(each.inputs, "treatMissingData") == "breaching" for each in alarms):
        yield "may fall silent, and no alarm outside the cluster says so"
    for part, path in CLAIMS.items():
        if not at(resource.inputs, f"values.{path}"):
            yield f"{part} forgets all with its pod"


RULES = (
    Rule(
        id="messages-encrypted",
        layer=RuleLayer.STORAGE,
        demand="Topics and queues are encrypted at rest.",
        reason="Alerts and events name hosts, databases and people.",
        source="AWS Security Hub, SNS.1, SQS.1",
        remedy="set kmsMasterKeyId, or sqsManagedSseEnabled",
        types=(TOPIC, QUEUE),
        check=_message_encrypted,
    ),
    Rule(
        id="logs-kept",
        layer=RuleLayer.AUDIT,
        demand=f"A log group keeps its logs for a set time, {SHORTEST_LOG_DAYS} days or longer.",
        reason="For ever costs and collects; too short, and the cause of an incident is gone.",
        source="AWS Security Hub, CloudWatch.16; HIPAA Security Rule, 45 CFR 164.312(b)",
        remedy="set retentionInDays",
        types=(LOG_GROUP,),
        check=_retention,
    ),
    Rule(
        id="logs-encrypted",
        layer=RuleLayer.AUDIT,
        demand="A log group is encrypted with a key of the stack.",
        reason="Logs of a database hold statements, and those of an API hold names.",
        source="CloudWatch Logs user guide, Encrypt log data using KMS",
        remedy="set kmsKeyId to the logs' key",
        types=(LOG_GROUP,),
        check=_log_encrypted,
    ),
    Rule(
        id="messages-tls-only",
        layer=RuleLayer.STORAGE,
        demand="Topics and queues take messages over TLS alone.",
        reason="SNS and SQS answer plain HTTP unless their policy says no.",
        source="SNS developer guide, and SQS developer guide, Security best practices",
        remedy="deny what comes with aws:SecureTransport false in the policy",
        types=(TOPIC, QUEUE),
        check=_messages_tls,
        whole_stack=True,
    ),
    Rule(
        id="alarms-tell",
        layer=RuleLayer.AUDIT,
        demand="Every alarm tells a topic.",
        reason="An alarm without an action turns red where nobody looks.",
        source="AWS Security Hub, CloudWatch.15, CloudWatch.17",
        remedy="give alarmActions, as `components/observability/alarms.py` does",
        types=(METRIC_ALARM,),
        check=_tells,
    ),
    Rule(
        id="silence-told",
        layer=RuleLayer.AUDIT,
        demand="Somebody outside the cluster hears when its alerting falls silent or forgets.",
        reason="No alert is what a dead Prometheus sends, and what a healthy stack sends.",
        source="Prometheus docs, Alerting best practices, Metamonitoring",
        remedy="keep the heartbeat's alarm of `components/observability/alarms.py`, and the claims",
        types=(RELEASE,),
        check=_silence_told,
        whole_stack=True,
    ),
)
