"""Rules of logs, how long they are kept, and of topics and queues of alerts and events."""

from __future__ import annotations

from collections.abc import Iterator

from .shared.rule import Resource, Rule, RuleLayer, StackResources
from .shared.tokens import LOG_GROUP, QUEUE, TOPIC
from .shared.values import at

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
)
