"""Policies of SNS topics."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from rendering.identity.key_policies import (
    CLOUDWATCH_SERVICE,
    EVENTBRIDGE_SERVICE,
    RDS_EVENTS_SERVICE,
)


def database_events_policy(topic_arn: str, account_id: str) -> str:
    """RDS publishes, for instances of this account only; others not at all, and nobody without TLS.

    (RDS user guide, "Granting permissions to publish notifications to an Amazon SNS topic".)
    Whoever may subscribe is for the account's IAM to say.
    """
    publish = {
        "Sid": "RdsPublishesEvents",
        "Effect": "Allow",
        "Principal": {"Service": RDS_EVENTS_SERVICE},
        "Action": "sns:Publish",
        "Resource": topic_arn,
        "Condition": {"StringEquals": {"aws:SourceAccount": account_id}},
    }
    return _document(publish, _no_plain_text(topic_arn))


def alert_topic_policy(topic_arn: str, account_id: str, *, event_rules: bool = False) -> str:
    """CloudWatch's alarms and RDS's events of this account may publish, and nobody without TLS.

    With `event_rules` EventBridge may too, and without a condition, because a topic's policy can't
    put one to EventBridge (its user guide, "Using resource-based policies", Amazon SNS
    permissions). Alertmanager publishes by its own role.
    """
    publish = {
        "Sid": "AlarmsAndEventsPublish",
        "Effect": "Allow",
        "Principal": {"Service": sorted([CLOUDWATCH_SERVICE, RDS_EVENTS_SERVICE])},
        "Action": "sns:Publish",
        "Resource": topic_arn,
        "Condition": {"StringEquals": {"aws:SourceAccount": account_id}},
    }
    rules = {
        "Sid": "EventRulesPublish",
        "Effect": "Allow",
        "Principal": {"Service": EVENTBRIDGE_SERVICE},
        "Action": "sns:Publish",
        "Resource": topic_arn,
    }
    return _document(publish, *([rules] if event_rules else ()), _no_plain_text(topic_arn))


def _no_plain_text(topic_arn: str) -> dict[str, Any]:
    return {
        "Sid": "NothingInPlainText",
        "Effect": "Deny",
        "Principal": "*",
        "Action": "sns:Publish",
        "Resource": topic_arn,
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }


def _document(*statements: Mapping[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)}, sort_keys=True)
