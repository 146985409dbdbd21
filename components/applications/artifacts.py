"""The bucket where orchestrator and workers keep papers, extractions and results."""

from __future__ import annotations

from dataclasses import dataclass

from pulumi import ComponentResource, Input, Output, Resource, ResourceOptions

from components.identity.encryption import Keys
from components.shared.place import Place
from components.shared.private_bucket import PrivateBucket, PrivateBucketArgs

NONCURRENT_DAYS = 90
"""How long an overwritten or deleted object can be brought back: a quarter."""


@dataclass(frozen=True, kw_only=True)
class ArtifactsArgs:
    """The bucket's place, and the keys, of which the data key encrypts its objects."""

    place: Place
    keys: Keys

    copy_name: Input[str] | None = None
    """The bucket that another stack's artifacts are copied to: a recovery site goes on with that
    one; None for a bucket of the stack's own."""


class Artifacts(ComponentResource):
    """A bucket, private, versioned, encrypted, TLS only; IAM alone says who may read or write."""

    bucket_name: Output[str]
    bucket_arn: Output[str]
    versions: Resource | None

    def __init__(self, name: str, args: ArtifactsArgs, opts: ResourceOptions | None = None) -> None:
        summary = {"noncurrentDays": NONCURRENT_DAYS}
        super().__init__("researchflow:data:Artifacts", name, summary, opts)
        if args.copy_name is not None:
            self._adopt(args.copy_name)
        else:
            self._own(name, args)
        self.register_outputs({"bucketName": self.bucket_name, "bucketArn": self.bucket_arn})

    def _adopt(self, copy_name: Input[str]) -> None:
        self.bucket_name = Output.from_input(copy_name)
        self.bucket_arn = Output.concat("arn:aws:s3:::", copy_name)
        self.versions = None

    def _own(self, name: str, args: ArtifactsArgs) -> None:
        bucket = PrivateBucket(
            name,
            PrivateBucketArgs(
                place=args.place,
                role="artifacts",
                key_arn=args.keys.data_arn,
                noncurrent_days=NONCURRENT_DAYS,
            ),
            ResourceOptions(parent=self),
        )
        self.bucket_name = bucket.bucket_name
        self.bucket_arn = bucket.bucket_arn
        self.versions = bucket.versions
