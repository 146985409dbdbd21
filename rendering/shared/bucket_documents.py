"""Names and policies of private buckets."""

from __future__ import annotations

from typing import Any

from rendering.shared.iam_documents import policy_document

EDGE_LOGS_REGION = "us-east-1"
"""CloudFront and its firewall hand their logs over here, wherever the bucket is (CloudFront guide,
"Configure standard logging (v2)"; WAF guide, "Sending web ACL traffic logs to an Amazon S3
bucket")."""

_DELIVERY = {"Service": "delivery.logs.amazonaws.com"}


def log_bucket_policy(bucket_arn: str, account_id: str) -> str:
    """The log delivery of this account alone may write below AWSLogs/, and nobody without TLS.

    Form: CloudWatch Logs user guide, "Logs sent to Amazon S3".
    """
    delivered = {"aws:SourceAccount": account_id}
    sources = {"aws:SourceArn": f"arn:aws:logs:{EDGE_LOGS_REGION}:{account_id}:*"}
    write: dict[str, Any] = {
        "Sid": "AWSLogDeliveryWrite",
        "Effect": "Allow",
        "Principal": _DELIVERY,
        "Action": "s3:PutObject",
        "Resource": f"{bucket_arn}/AWSLogs/{account_id}/*",
        "Condition": {
            "StringEquals": {**delivered, "s3:x-amz-acl": "bucket-owner-full-control"},
            "ArnLike": sources,
        },
    }
    look: dict[str, Any] = {
        "Sid": "AWSLogDeliveryAclCheck",
        "Effect": "Allow",
        "Principal": _DELIVERY,
        "Action": ["s3:GetBucketAcl", "s3:ListBucket"],
        "Resource": bucket_arn,
        "Condition": {"StringEquals": delivered, "ArnLike": sources},
    }
    return policy_document(tls_only_statement(bucket_arn), write, look)


MAX_BUCKET_NAME = 63
"""S3 user guide, "Bucket naming rules"."""


def bucket_name(prefix: str, role: str, account_id: str, region: str) -> str:
    """Globally unique name: account and region are in it. Raises ValueError when it is too long."""
    name = f"{prefix}-{role}-{account_id}-{region}"
    if len(name) > MAX_BUCKET_NAME:
        raise ValueError(
            f"bucket {name} has {len(name)} characters, {MAX_BUCKET_NAME} is the most: "
            "shorten the stack's name"
        )
    return name


def tls_only_policy(bucket_arn: str) -> str:
    """Refuse every request that comes without TLS, whoever sends it."""
    return policy_document(tls_only_statement(bucket_arn))


def tls_only_statement(bucket_arn: str) -> dict[str, Any]:
    """The statement of `tls_only_policy`, for a policy that says more."""
    return {
        "Sid": "TlsOnly",
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": [bucket_arn, f"{bucket_arn}/*"],
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
