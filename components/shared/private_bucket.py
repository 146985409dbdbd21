"""A bucket that nobody but named roles can use: private, encrypted, versioned, over TLS only."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pulumi_aws as aws
from pulumi import ComponentResource, Input, Output, Resource, ResourceOptions

from components.shared.place import Place
from rendering.shared.bucket_documents import bucket_name, tls_only_policy


def owner_only(
    name: str,
    bucket: aws.s3.Bucket,
    *,
    region: str | None,
    parent: Resource,
    protect: bool,
    block_suffix: str = "private",
) -> aws.s3.BucketPublicAccessBlock:
    """No public access, and no object that isn't the account's. `region` None is the stack's own.
    `protect` as the bucket has it: an update that may not delete the bucket must not open it.

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
        opts=ResourceOptions(parent=parent, protect=protect),
    )
    aws.s3.BucketOwnershipControls(
        f"{name}-ownership",
        bucket=bucket.bucket,
        region=region,
        rule=aws.s3.BucketOwnershipControlsRuleArgs(object_ownership="BucketOwnerEnforced"),
        opts=ResourceOptions(parent=parent, protect=protect),
    )
    return block


ABANDONED_UPLOAD_DAYS = 7
"""An upload in parts that has not ended in a week never will; its parts cost storage."""


@dataclass(frozen=True, kw_only=True)
class PrivateBucketArgs:
    """The bucket's name, key, policy and region."""

    place: Place

    role: str
    """The word in the bucket's name that says what it holds."""

    key_arn: Input[str]
    """The key that encrypts what is in it."""

    noncurrent_days: int
    """How many days an overwritten or deleted object can be brought back."""

    policy: Callable[[str], str] = tls_only_policy
    """What makes the bucket's policy of its ARN; TLS only unless given."""

    region: str | None = None
    """The region of the bucket; None is the place's own."""


class PrivateBucket(ComponentResource):
    """A bucket and what keeps it private. Who may read or write is said by IAM alone."""

    bucket_name: Output[str]
    bucket_arn: Output[str]
    versions: aws.s3.BucketVersioning
    """What must be on before the bucket takes or gives copies."""

    def __init__(
        self, name: str, args: PrivateBucketArgs, opts: ResourceOptions | None = None
    ) -> None:
        summary = {"role": args.role, "noncurrentDays": args.noncurrent_days}
        super().__init__("researchflow:data:PrivateBucket", name, summary, opts)
        self._name = name
        self._region = args.region
        self._guarded = args.place.protect
        bucket = aws.s3.Bucket(
            f"{name}-bucket",
            bucket=bucket_name(
                args.place.prefix,
                args.role,
                args.place.account_id,
                args.region or args.place.region,
            ),
            region=self._region,
            force_destroy=not args.place.protect,
            opts=ResourceOptions(parent=self, protect=args.place.protect),
        )
        self._keep_private(bucket, args.policy)
        self._encrypt(bucket, args.key_arn)
        self.versions = self._keep_versions(bucket, args.noncurrent_days)
        self.bucket_name = bucket.bucket
        self.bucket_arn = bucket.arn
        self.register_outputs({"bucketName": self.bucket_name, "bucketArn": self.bucket_arn})

    def _keep_private(self, bucket: aws.s3.Bucket, policy: Callable[[str], str]) -> None:
        block = owner_only(
            self._name, bucket, region=self._region, parent=self, protect=self._guarded
        )
        aws.s3.BucketPolicy(
            f"{self._name}-tls-only",
            bucket=bucket.bucket,
            region=self._region,
            policy=bucket.arn.apply(policy),
            # S3 answers a conflict when both are changed at the same moment.
            opts=ResourceOptions(parent=self, protect=self._guarded, depends_on=[block]),
        )

    def _encrypt(self, bucket: aws.s3.Bucket, key_arn: Input[str]) -> None:
        by_default = aws.s3.BucketServerSideEncryptionConfigurationRuleApplyServerSideEncryptionByDefaultArgs(  # noqa: E501
            sse_algorithm="aws:kms", kms_master_key_id=key_arn
        )
        aws.s3.BucketServerSideEncryptionConfiguration(
            f"{self._name}-encryption",
            bucket=bucket.bucket,
            region=self._region,
            rules=[
                aws.s3.BucketServerSideEncryptionConfigurationRuleArgs(
                    apply_server_side_encryption_by_default=by_default,
                    # One key call a bucket and time slice instead of one an object.
                    bucket_key_enabled=True,
                )
            ],
            opts=ResourceOptions(parent=self, protect=self._guarded),
        )

    def _keep_versions(
        self, bucket: aws.s3.Bucket, noncurrent_days: int
    ) -> aws.s3.BucketVersioning:
        versioning = aws.s3.BucketVersioning(
            f"{self._name}-versions",
            bucket=bucket.bucket,
            region=self._region,
            versioning_configuration=aws.s3.BucketVersioningVersioningConfigurationArgs(
                status="Enabled"
            ),
            opts=ResourceOptions(parent=self, protect=self._guarded),
        )
        everything = aws.s3.BucketLifecycleConfigurationRuleFilterArgs(prefix="")
        aws.s3.BucketLifecycleConfiguration(
            f"{self._name}-lifecycle",
            bucket=bucket.bucket,
            region=self._region,
            rules=[
                aws.s3.BucketLifecycleConfigurationRuleArgs(
                    id="old-versions",
                    status="Enabled",
                    filter=everything,
                    noncurrent_version_expiration=aws.s3.BucketLifecycleConfigurationRuleNoncurrentVersionExpirationArgs(
                        noncurrent_days=noncurrent_days
                    ),
                    expiration=aws.s3.BucketLifecycleConfigurationRuleExpirationArgs(
                        expired_object_delete_marker=True
                    ),
                ),
                aws.s3.BucketLifecycleConfigurationRuleArgs(
                    id="abandoned-uploads",
                    status="Enabled",
                    filter=everything,
                    abort_incomplete_multipart_upload=aws.s3.BucketLifecycleConfigurationRuleAbortIncompleteMultipartUploadArgs(
                        days_after_initiation=ABANDONED_UPLOAD_DAYS
                    ),
                ),
            ],
            # Rules on old versions need versions.
            opts=ResourceOptions(parent=self, protect=self._guarded, depends_on=[versioning]),
        )
        return versioning
