"""Policy of the bucket that holds the published frontend."""

from __future__ import annotations

from typing import Any

from rendering.shared.bucket_documents import tls_only_statement
from rendering.shared.iam_documents import policy_document

RELEASES_PREFIX = ".releases/"
"""Where publishing notes which files a release consists of; no visitor's business."""


def static_bucket_policy(bucket_arn: str, distribution_arn: str) -> str:
    """The one distribution may read the published files, and nobody may come without TLS.

    Listing is not granted, so a missing object answers 403: the code on which the edge turns to
    the web pods. Form: CloudFront guide, "Restrict access to an Amazon S3 origin".
    """
    return policy_document(
        tls_only_statement(bucket_arn),
        _distribution_reads(bucket_arn, distribution_arn),
        _releases_stay_private(bucket_arn),
    )


def _distribution_reads(bucket_arn: str, distribution_arn: str) -> dict[str, Any]:
    return {
        "Sid": "DistributionReads",
        "Effect": "Allow",
        "Principal": {"Service": "cloudfront.amazonaws.com"},
        "Action": "s3:GetObject",
        "Resource": f"{bucket_arn}/*",
        "Condition": {"StringEquals": {"AWS:SourceArn": distribution_arn}},
    }


def _releases_stay_private(bucket_arn: str) -> dict[str, Any]:
    return {
        "Sid": "ReleasesStayPrivate",
        "Effect": "Deny",
        "Principal": {"Service": "cloudfront.amazonaws.com"},
        "Action": "s3:GetObject",
        "Resource": f"{bucket_arn}/{RELEASES_PREFIX}*",
    }
