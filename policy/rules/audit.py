"""Rules of what is recorded, and for how long."""

from __future__ import annotations

from collections.abc import Iterator

from .rule import Layer, Level, Resource, Rule, Stack
from .values import at, is_true

SHORTEST_LOG_DAYS = 30
"""Days a log is kept at least: an intrusion is noticed after ten days in the median (Mandiant,
M-Trends 2024), and the one before a holiday later."""


def _retention(resource: Resource, stack: Stack) -> Iterator[str]:
    days = at(resource.inputs, "retentionInDays", 0)
    if not days:
        yield "keeps its logs for ever, with whatever an application wrote into them"
    elif days < SHORTEST_LOG_DAYS:
        yield f"keeps its logs for {days} days"


def _log_encrypted(resource: Resource, stack: Stack) -> Iterator[str]:
    if not at(resource.inputs, "kmsKeyId"):
        yield "has no key of the stack"


def _trail(resource: Resource, stack: Stack) -> Iterator[str]:
    for key in ("enableLogFileValidation", "isMultiRegionTrail", "enableLogging"):
        if not is_true(resource.inputs, key):
            yield f"{key} is off"
    if not at(resource.inputs, "kmsKeyId"):
        yield "is not encrypted with a key of the stack"


def _detector(resource: Resource, stack: Stack) -> Iterator[str]:
    if not is_true(resource.inputs, "enable"):
        yield "is switched off"


RULES = (
    Rule(
        id="logs-kept",
        layer=Layer.AUDIT,
        demand=f"A log group keeps its logs for a set time, {SHORTEST_LOG_DAYS} days or longer.",
        reason="For ever costs and collects; too short, and the cause of an incident is gone.",
        source="AWS Security Hub, CloudWatch.16; HIPAA Security Rule, 45 CFR 164.312(b)",
        remedy="set retentionInDays",
        types=("aws:cloudwatch/logGroup:LogGroup",),
        check=_retention,
    ),
    Rule(
        id="logs-encrypted",
        layer=Layer.AUDIT,
        demand="A log group is encrypted with a key of the stack.",
        reason="Logs of a database hold statements, and those of an API hold names.",
        source="CloudWatch Logs user guide, Encrypt log data using KMS",
        remedy="set kmsKeyId to the logs' key",
        types=("aws:cloudwatch/logGroup:LogGroup",),
        check=_log_encrypted,
    ),
    Rule(
        id="trail-trusted",
        layer=Layer.AUDIT,
        demand="The account's trail is on, of all regions, validated and encrypted.",
        reason="Whoever breaks in changes regions first, and then the trail.",
        source="AWS Security Hub, CloudTrail.1, CloudTrail.2, CloudTrail.4",
        remedy="set isMultiRegionTrail, enableLogFileValidation and kmsKeyId",
        types=("aws:cloudtrail/trail:Trail",),
        check=_trail,
    ),
    Rule(
        id="detector-on",
        layer=Layer.AUDIT,
        demand="A GuardDuty detector that the program declares is enabled.",
        reason="A disabled one costs nothing and finds nothing, and looks as if it watched.",
        source="AWS Security Hub, GuardDuty.1",
        remedy="set enable, or leave it out by audit.guardDuty",
        types=("aws:guardduty/detector:Detector",),
        level=Level.ADVISORY,
        check=_detector,
    ),
)
