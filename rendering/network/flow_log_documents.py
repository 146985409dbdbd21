"""IAM documents of the role that writes VPC flow logs."""

from __future__ import annotations

from rendering.shared.iam_documents import policy_document, service_trust, statement

FLOW_LOGS_TRUST = service_trust("vpc-flow-logs.amazonaws.com")


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
