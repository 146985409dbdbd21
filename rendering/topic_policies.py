"""Policies of SNS topics."""

from __future__ import annotations

import json

from rendering.key_policies import RDS_EVENTS_SERVICE


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
    plain_text = {
        "Sid": "NothingInPlainText",
        "Effect": "Deny",
        "Principal": "*",
        "Action": "sns:Publish",
        "Resource": topic_arn,
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [publish, plain_text]}, sort_keys=True)
