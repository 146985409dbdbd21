"""Names and policies of private buckets."""

from __future__ import annotations

from typing import Any

from rendering.iam_documents import policy_document

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
