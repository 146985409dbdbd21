"""Where Citus' backups and archived logs go."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
from pulumi import ComponentResource, Input, Output, ResourceOptions

from components.identity.encryption import Keys
from components.shared.place import Place
from components.shared.private_bucket import PrivateBucket, PrivateBucketArgs
from rendering.shared.bucket_documents import bucket_name

BUCKET_ROLE = "citus"

RECOVERABLE_DAYS = 14
"""A server may delete old backups, so one that was taken over may delete all: for two weeks each
object can be brought back by somebody who may see old versions, which a server may not."""


def backup_bucket_arn(place: Place, copy_name: Input[str] | None) -> Output[str]:
    """The bucket that servers write to, known before it stands: this stack's own, or a copy."""
    own = bucket_name(place.prefix, BUCKET_ROLE, place.account_id, place.region)
    return Output.concat("arn:aws:s3:::", own if copy_name is None else copy_name)


@dataclass(frozen=True, kw_only=True)
class CitusBackupsArgs:
    """The bucket's place and key."""

    place: Place
    keys: Keys

    copy_name: Input[str] | None = None
    """The bucket that another stack's backups are copied to, which a recovery site restores from
    and goes on with; None for a bucket of the stack's own."""


class CitusBackups(ComponentResource):
    """The bucket. Who writes to it has a role of `PodRoles`."""

    bucket_name: Output[str]
    bucket_arn: Output[str]
    versions: pulumi.Resource | None

    def __init__(
        self, name: str, args: CitusBackupsArgs, opts: ResourceOptions | None = None
    ) -> None:
        adopted = args.copy_name is not None
        super().__init__("researchflow:data:CitusBackups", name, {"adopted": adopted}, opts)
        self._name, self._args = name, args
        self._bucket()
        self.register_outputs({"bucketName": self.bucket_name, "bucketArn": self.bucket_arn})

    def _bucket(self) -> None:
        name, args = self._name, self._args
        if args.copy_name is not None:
            self.bucket_name = Output.from_input(args.copy_name)
            self.bucket_arn = backup_bucket_arn(args.place, args.copy_name)
            self.versions = None
            return
        bucket = PrivateBucket(
            name,
            PrivateBucketArgs(
                place=args.place,
                role=BUCKET_ROLE,
                key_arn=args.keys.data_arn,
                noncurrent_days=RECOVERABLE_DAYS,
            ),
            ResourceOptions(parent=self),
        )
        self.bucket_name, self.bucket_arn = bucket.bucket_name, bucket.bucket_arn
        self.versions = bucket.versions
