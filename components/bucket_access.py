"""What closes a bucket to everybody whom its own policy doesn't name."""

from __future__ import annotations

import pulumi_aws as aws
from pulumi import Resource, ResourceOptions


def owner_only(
    name: str,
    bucket: aws.s3.Bucket,
    *,
    region: str | None,
    parent: Resource,
    block_suffix: str = "private",
) -> aws.s3.BucketPublicAccessBlock:
    """No public access, and no object that isn't the account's. `region` None is the stack's own.

    Returns the block: S3 answers a conflict when it is changed at the same moment as a policy.
    """
    block = aws.s3.BucketPublicAccessBlock(
        f"{name}-{block_suffix}",
        bucket=bucket.bucket,
        region=region,
        block_public_acls=True,
        block_public_policy=True,
        ignore_public_acls=True,
        restrict_public_buckets=True,
        opts=ResourceOptions(parent=parent),
    )
    aws.s3.BucketOwnershipControls(
        f"{name}-ownership",
        bucket=bucket.bucket,
        region=region,
        rule=aws.s3.BucketOwnershipControlsRuleArgs(object_ownership="BucketOwnerEnforced"),
        opts=ResourceOptions(parent=parent),
    )
    return block
