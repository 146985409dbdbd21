"""CloudTrail: the trail's ARN, what it may write where, and which events it records."""

from __future__ import annotations

from typing import Any

from rendering.shared.bucket_documents import tls_only_statement
from rendering.shared.iam_documents import policy_document

SERVICE = "cloudtrail.amazonaws.com"


def trail_arn(region: str, account_id: str, name: str) -> str:
    """ARN of a trail, known before it exists."""
    return f"arn:aws:cloudtrail:{region}:{account_id}:trail/{name}"


def trail_bucket_policy(bucket_arn: str, account_id: str, trail: str, *, keep: bool) -> str:
    """That one trail may deliver its logs, by TLS as everybody; with `keep` nobody may delete one.

    (CloudTrail user guide, "Amazon S3 bucket policy for CloudTrail".) Whoever would delete logs has
    to change this policy first, which is itself an event in the trail.
    """
    is_ours = {"aws:SourceArn": trail}
    check = {
        "Sid": "TrailChecksBucket",
        "Effect": "Allow",
        "Principal": {"Service": SERVICE},
        "Action": "s3:GetBucketAcl",
        "Resource": bucket_arn,
        "Condition": {"StringEquals": is_ours},
    }
    deliver = {
        "Sid": "TrailDelivers",
        "Effect": "Allow",
        "Principal": {"Service": SERVICE},
        "Action": "s3:PutObject",
        "Resource": f"{bucket_arn}/AWSLogs/{account_id}/*",
        "Condition": {"StringEquals": {**is_ours, "s3:x-amz-acl": "bucket-owner-full-control"}},
    }
    no_deletion = {
        "Sid": "NobodyDeletes",
        "Effect": "Deny",
        "Principal": "*",
        "Action": ["s3:DeleteObject", "s3:DeleteObjectVersion"],
        "Resource": f"{bucket_arn}/*",
    }
    statements = [no_deletion] if keep else []
    return policy_document(check, deliver, *statements, tls_only_statement(bucket_arn))


def key_statements(account_id: str, trail: str) -> list[dict[str, Any]]:
    """What a key's policy says for the trail to encrypt with it.

    (CloudTrail user guide, "Configure AWS KMS key policies for CloudTrail".)
    """
    principal = {"Service": SERVICE}
    is_ours = {"StringEquals": {"aws:SourceArn": trail}}
    context = f"arn:aws:cloudtrail:*:{account_id}:trail/*"
    encrypt = {
        "Sid": "TrailEncrypts",
        "Effect": "Allow",
        "Principal": principal,
        "Action": "kms:GenerateDataKey*",
        "Resource": "*",
        "Condition": {
            **is_ours,
            "StringLike": {"kms:EncryptionContext:aws:cloudtrail:arn": context},
        },
    }
    describe = {
        "Sid": "TrailDescribesKey",
        "Effect": "Allow",
        "Principal": principal,
        "Action": "kms:DescribeKey",
        "Resource": "*",
        "Condition": is_ours,
    }
    return [encrypt, describe]


def objects_of(bucket_arn: str) -> str:
    """Beginning of the ARNs of a bucket's objects, as a data event's selector takes it."""
    return f"{bucket_arn}/"
