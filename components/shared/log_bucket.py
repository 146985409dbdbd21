"""A bucket for logs that AWS delivers: private, encrypted, over TLS only, emptied by age."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi_aws as aws
from pulumi import ComponentResource, Output, Resource, ResourceOptions

from components.shared.place import Place
from components.shared.private_bucket import owner_only
from rendering.shared.bucket_documents import log_bucket_policy


@dataclass(frozen=True, kw_only=True)
class LogBucketArgs:
    """The bucket's name, its region, and how long logs are kept."""

    place: Place

    bucket: str
    """The physical name."""

    region: str | None
    """The region of the bucket; None is the stack's own."""

    retention_days: int
    """How many days an object is kept."""


class LogBucket(ComponentResource):
    """A bucket that is encrypted with S3's own key (AES256): the delivery would need a say in a
    customer key, and a key of the stack's region can't encrypt a bucket in another."""

    bucket_name: Output[str]
    bucket_arn: Output[str]
    writable: Resource
    """What must exist before AWS can deliver."""

    def __init__(self, name: str, args: LogBucketArgs, opts: ResourceOptions | None = None) -> None:
        summary = {"bucket": args.bucket, "retentionDays": args.retention_days}
        super().__init__("researchflow:edge:LogBucket", name, summary, opts)
        self._name = name
        bucket = aws.s3.Bucket(
            f"{name}-bucket",
            bucket=args.bucket,
            region=args.region,
            force_destroy=not args.place.protect,
            opts=ResourceOptions(parent=self, protect=args.place.protect),
        )
        self.writable = self._closed_to_all_but_delivery(args, bucket)
        self._encrypted(args, bucket)
        self._emptied_by_age(args, bucket)
        self.bucket_name = bucket.bucket
        self.bucket_arn = bucket.arn
        self.register_outputs({"bucketName": self.bucket_name})

    def _closed_to_all_but_delivery(
        self, args: LogBucketArgs, bucket: aws.s3.Bucket
    ) -> aws.s3.BucketPolicy:
        block = owner_only(
            self._name, bucket, region=args.region, parent=self, protect=args.place.protect
        )
        return aws.s3.BucketPolicy(
            f"{self._name}-policy",
            bucket=bucket.bucket,
            region=args.region,
            policy=bucket.arn.apply(lambda arn: log_bucket_policy(arn, args.place.account_id)),
            # S3 answers a conflict when both are changed at the same moment.
            opts=ResourceOptions(parent=self, protect=args.place.protect, depends_on=[block]),
        )

    def _encrypted(self, args: LogBucketArgs, bucket: aws.s3.Bucket) -> None:
        aws.s3.BucketServerSideEncryptionConfiguration(
            f"{self._name}-encryption",
            bucket=bucket.bucket,
            region=args.region,
            rules=[
                aws.s3.BucketServerSideEncryptionConfigurationRuleArgs(
                    apply_server_side_encryption_by_default=aws.s3.BucketServerSideEncryptionConfigurationRuleApplyServerSideEncryptionByDefaultArgs(
                        sse_algorithm="AES256"
                    )
                )
            ],
            opts=ResourceOptions(parent=self, protect=args.place.protect),
        )

    def _emptied_by_age(self, args: LogBucketArgs, bucket: aws.s3.Bucket) -> None:
        aws.s3.BucketLifecycleConfiguration(
            f"{self._name}-lifecycle",
            bucket=bucket.bucket,
            region=args.region,
            rules=[
                aws.s3.BucketLifecycleConfigurationRuleArgs(
                    id="expire",
                    status="Enabled",
                    filter=aws.s3.BucketLifecycleConfigurationRuleFilterArgs(prefix=""),
                    expiration=aws.s3.BucketLifecycleConfigurationRuleExpirationArgs(
                        days=args.retention_days
                    ),
                    abort_incomplete_multipart_upload=aws.s3.BucketLifecycleConfigurationRuleAbortIncompleteMultipartUploadArgs(
                        days_after_initiation=1
                    ),
                )
            ],
            opts=ResourceOptions(parent=self, protect=args.place.protect),
        )
