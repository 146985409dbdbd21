"""Policy of a bucket that AWS delivers logs of the edge into."""

from __future__ import annotations

from typing import Any

from rendering.bucket_documents import tls_only_statement
from rendering.iam_documents import policy_document

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
