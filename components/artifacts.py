"""The bucket where orchestrator and workers keep papers, extractions and results."""

from __future__ import annotations

from dataclasses import dataclass

from pulumi import ComponentResource, Input, Output, Resource, ResourceOptions

from components.private_bucket import PrivateBucket, PrivateBucketArgs

NONCURRENT_DAYS = 90
"""How long an overwritten or deleted object can be brought back: a quarter."""


@dataclass(frozen=True, kw_only=True)
class ArtifactsArgs:
    """Objects are encrypted with `data_key_arn`."""

    prefix: str
    account_id: str
    region: str
    data_key_arn: Input[str]
    protect: bool


class Artifacts(ComponentResource):
    """Private, versioned, encrypted, TLS only. Who may read or write is said by IAM alone."""

    bucket_name: Output[str]
    bucket_arn: Output[str]
    versions: Resource

    def __init__(self, name: str, args: ArtifactsArgs, opts: ResourceOptions | None = None) -> None:
        summary = {"noncurrentDays": NONCURRENT_DAYS}
        super().__init__("researchflow:data:Artifacts", name, summary, opts)
        bucket = PrivateBucket(
            name,
            PrivateBucketArgs(
                prefix=args.prefix,
                role="artifacts",
                account_id=args.account_id,
                region=args.region,
                data_key_arn=args.data_key_arn,
                noncurrent_days=NONCURRENT_DAYS,
                protect=args.protect,
            ),
            ResourceOptions(parent=self),
        )
        self.bucket_name = bucket.bucket_name
        self.bucket_arn = bucket.bucket_arn
        self.versions = bucket.versions
        self.register_outputs({"bucketName": self.bucket_name, "bucketArn": self.bucket_arn})
