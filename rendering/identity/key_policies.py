"""Policies of the KMS keys."""

from __future__ import annotations

import json
from typing import Any

from rendering.identity.trail_documents import key_statements

RDS_EVENTS_SERVICE = "events.rds.amazonaws.com"
CLOUDWATCH_SERVICE = "cloudwatch.amazonaws.com"
EVENTBRIDGE_SERVICE = "events.amazonaws.com"

_USE_AS_DATA_KEY = (
    "kms:Decrypt",
    "kms:DescribeKey",
    "kms:Encrypt",
    "kms:GenerateDataKey*",
    "kms:ReEncrypt*",
)


def plain_key_policy(account_id: str) -> str:
    """The account's IAM decides who may use the key (KMS default key policy)."""
    return _document([_account_statement(account_id)])


def data_key_policy(account_id: str) -> str:
    """As plain, and EC2 Auto Scaling may start nodes whose disks are encrypted with the key.

    A managed node group's machines are started by the service-linked role of Auto Scaling, whose
    own permissions name no customer key, so the key has to name it (EC2 Auto Scaling user guide,
    "Required AWS KMS key policy for use with encrypted volumes"). It is named by a condition and
    not as the principal, because KMS refuses a principal that doesn't exist yet, and in a new
    account the role appears with the first group. RDS, ElastiCache, S3, ECR, Secrets Manager and
    the CSI driver's volumes need nothing here: they use the key with the caller's permissions or
    by grants that the caller makes through IAM.
    """
    role = (
        f"arn:aws:iam::{account_id}:role/aws-service-role/autoscaling.amazonaws.com/"
        "AWSServiceRoleForAutoScaling"
    )
    is_auto_scaling = {"ArnEquals": {"aws:PrincipalArn": role}}
    use = {
        "Sid": "AutoScalingEncryptsNodeDisks",
        "Effect": "Allow",
        "Principal": {"AWS": "*"},
        "Action": list(_USE_AS_DATA_KEY),
        "Resource": "*",
        "Condition": is_auto_scaling,
    }
    grant = {
        "Sid": "AutoScalingHandsNodeDisksToEc2",
        "Effect": "Allow",
        "Principal": {"AWS": "*"},
        "Action": "kms:CreateGrant",
        "Resource": "*",
        "Condition": {**is_auto_scaling, "Bool": {"kms:GrantIsForAWSResource": "true"}},
    }
    return _document([_account_statement(account_id), use, grant])


def logs_key_policy(account_id: str, region: str, trail: str, *, event_rules: bool = False) -> str:
    """As plain, and CloudWatch Logs may encrypt this account's log groups of this region with it.

    (CloudWatch Logs user guide, "Encrypt log data in CloudWatch Logs using KMS", step 2.) RDS may
    too, to publish its events to a topic that is encrypted with it (SNS developer guide, "Enable
    compatibility between event sources from AWS services and encrypted topics"): an event says
    what happened to an instance and holds none of its data. So may CloudWatch, for its alarms, the
    account's CloudTrail trail of that ARN, and with `event_rules` EventBridge, for what its rules
    tell a topic.
    """
    groups = f"arn:aws:logs:{region}:{account_id}:log-group:*"
    logs = {
        "Sid": "CloudWatchLogs",
        "Effect": "Allow",
        "Principal": {"Service": f"logs.{region}.amazonaws.com"},
        "Action": list(_USE_AS_DATA_KEY),
        "Resource": "*",
        "Condition": {"ArnLike": {"kms:EncryptionContext:aws:logs:arn": groups}},
    }
    events = {
        "Sid": "RdsPublishesEvents",
        "Effect": "Allow",
        "Principal": {"Service": RDS_EVENTS_SERVICE},
        "Action": ["kms:Decrypt", "kms:GenerateDataKey*"],
        "Resource": "*",
        "Condition": {"StringEquals": {"aws:SourceAccount": account_id}},
    }
    trail_uses = key_statements(account_id, trail)
    rules = [_event_rules(account_id, region)] if event_rules else []
    return _document(
        [_account_statement(account_id), logs, events, _alarms(account_id), *rules, *trail_uses]
    )


def alarm_key_policy(account_id: str) -> str:
    """As plain, and CloudWatch may publish to a topic that is encrypted with it."""
    return _document([_account_statement(account_id), _alarms(account_id)])


def _alarms(account_id: str) -> dict[str, Any]:
    return {
        "Sid": "CloudWatchPublishesAlarms",
        "Effect": "Allow",
        "Principal": {"Service": CLOUDWATCH_SERVICE},
        "Action": ["kms:Decrypt", "kms:GenerateDataKey*"],
        "Resource": "*",
        "Condition": {"StringEquals": {"aws:SourceAccount": account_id}},
    }


def _event_rules(account_id: str, region: str) -> dict[str, Any]:
    """EventBridge, for messages to this account's topics of this region.

    Not for events of this account: with aws:SourceAccount or aws:SourceArn in the key's policy
    EventBridge can't publish (SNS developer guide, "Enable compatibility between event sources from
    AWS services and encrypted topics"). The topic is in the encryption context of each use by SNS.
    """
    topics = f"arn:aws:sns:{region}:{account_id}:*"
    return {
        "Sid": "EventBridgePublishesEvents",
        "Effect": "Allow",
        "Principal": {"Service": EVENTBRIDGE_SERVICE},
        "Action": ["kms:Decrypt", "kms:GenerateDataKey*"],
        "Resource": "*",
        "Condition": {"ArnLike": {"kms:EncryptionContext:aws:sns:topicArn": topics}},
    }


def _account_statement(account_id: str) -> dict[str, Any]:
    return {
        "Sid": "AccountAdministersThroughIam",
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{account_id}:root"},
        "Action": "kms:*",
        "Resource": "*",
    }


def _document(statements: list[dict[str, Any]]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": statements}, sort_keys=True)
