"""IAM documents of the role that writes VPC flow logs."""

from __future__ import annotations

from rendering.shared.iam_documents import policy_document, service_trust, statement


def flow_logs_trust(account_id: str) -> str:
    """VPC flow logs of that account."""
    return service_trust("vpc-flow-logs.amazonaws.com", account_id)


def flow_logs_policy(log_group_arn: str) -> str:
    """Write streams of the one log group (VPC user guide, "Publish flow logs to CloudWatch")."""
    return policy_document(
        statement(
            "WriteFlowLogs",
            ["logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"],
            [log_group_arn, f"{log_group_arn}:*"],
        ),
        statement("FindLogGroup", ["logs:DescribeLogGroups"], ["*"]),
    )
