"""What is read from RDS's events and logs: backups that ended, and time that disks cost."""

from __future__ import annotations

import json

from rendering.observability.alerting.stores import BACKUP_RULE_SUFFIX

BACKUP_ENDED = "RDS-EVENT-0002"
"""RDS user guide, "Amazon RDS event categories and event messages", category backup."""


def backup_pattern(identifier: str) -> str:
    """Events of EventBridge: an automated backup of this instance has ended."""
    return json.dumps(
        {
            "source": ["aws.rds"],
            "detail-type": ["RDS DB Instance Event"],
            "detail": {"EventID": [BACKUP_ENDED], "SourceIdentifier": [identifier]},
        },
        sort_keys=True,
    )


def backup_log_policy(group_arn: str, region: str, account_id: str, prefix: str) -> str:
    """Who may write the log of finished backups: EventBridge, lines on behalf of that one rule.

    The rule isn't named where a stream is made: with it there the log may stay empty, and its
    alert with it (EventBridge user guide, "Using resource-based policies", CloudWatch Logs
    permissions; Terraform AWS provider, aws_cloudwatch_event_target, "Cloudwatch Log Group Usage":
    the condition stands on `PutLogEvents` alone).
    """
    rule = f"arn:aws:events:{region}:{account_id}:rule/{prefix}{BACKUP_RULE_SUFFIX}"
    common = {
        "Effect": "Allow",
        "Principal": {"Service": ["delivery.logs.amazonaws.com", "events.amazonaws.com"]},
        "Resource": f"{group_arn.removesuffix(':*')}:*",
    }
    statements = [
        {**common, "Sid": "EventBridgeOpensStreams", "Action": ["logs:CreateLogStream"]},
        {
            **common,
            "Sid": "EventBridgeWritesBackups",
            "Action": ["logs:PutLogEvents"],
            "Condition": {"ArnEquals": {"aws:SourceArn": rule}},
        },
    ]
    return json.dumps({"Version": "2012-10-17", "Statement": statements}, sort_keys=True)


def io_wait_pattern(identifier: str) -> str:
    """Lines of enhanced monitoring about this stack's instances: the primary and its replicas.

    (RDS user guide, "OS metrics in Enhanced Monitoring"; CloudWatch Logs, "Filter pattern syntax".)
    """
    return f'{{ $.instanceID = "{identifier}*" }}'
