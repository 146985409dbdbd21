"""Disaster recovery: what a stack keeps in its recovery region, ready for a site to grow from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pulumi import ComponentResource, Input, Resource, ResourceOptions

from components.identity.encryption import Keys, RecoveryKey
from components.recovery.backups import RecoveryBackups, RecoveryBackupsArgs
from components.recovery.replicated_bucket import (
    ReplicatedBucket,
    ReplicatedBucketArgs,
    SourceBucket,
)
from components.recovery.replicated_images import ReplicatedImages, ReplicatedImagesArgs
from components.shared.place import Place
from scaleplan.recovery.disaster_recovery import RecoveryMode


@dataclass(frozen=True, kw_only=True)
class DisasterRecoveryArgs:
    """What is copied to the recovery region."""

    place: Place
    keys: Keys
    recovery: RecoveryKey

    mode: RecoveryMode
    """What a recovery site starts from: backups, or a database that follows."""

    database_arn: Input[str]
    """The primary, whose backups are copied."""

    page_topic_arn: Input[str]
    """The topic that hears of backups that failed."""

    buckets: Sequence[SourceBucket]
    """Buckets that are copied, object by object."""

    repositories: Sequence[Resource]
    """The images' repositories, which the registry's rules copy."""

    image_rules: bool
    """Whether the stack makes those rules, or others did."""


class DisasterRecovery(ComponentResource):
    """Copies of images, buckets and backups. Secrets and the data key are copied where they are
    made; the replica of the database belongs to the recovery site, which promotes it.

    `handover` is what the recovery site reads of this stack. It holds no secret.
    """

    handover: dict[str, Input[object]]

    def __init__(
        self, name: str, args: DisasterRecoveryArgs, opts: ResourceOptions | None = None
    ) -> None:
        summary = {"region": args.recovery.region, "mode": args.mode.value}
        super().__init__("researchflow:recovery:DisasterRecovery", name, summary, opts)
        self._name, self._args = name, args
        buckets = {source.role: self._bucket(source) for source in args.buckets}
        backups = self._backups()
        ReplicatedImages(
            f"{name}-images",
            ReplicatedImagesArgs(
                place=args.place,
                recovery=args.recovery,
                repositories=args.repositories,
                rules=args.image_rules,
            ),
            ResourceOptions(parent=self),
        )
        self.handover = {
            "region": args.recovery.region,
            "mode": args.mode.value,
            "dataKeyArn": args.recovery.key_arn,
            "databaseArn": args.database_arn,
            "automatedBackupArn": backups.automated_backup_arn or "",
            "backupVaultArn": backups.vault_arn,
            "buckets": {role: bucket.bucket_name for role, bucket in buckets.items()},
        }
        self.register_outputs({"region": args.recovery.region})

    def _bucket(self, source: SourceBucket) -> ReplicatedBucket:
        args = self._args
        return ReplicatedBucket(
            f"{self._name}-{source.role}",
            ReplicatedBucketArgs(
                place=args.place,
                recovery=args.recovery,
                source=source,
            ),
            ResourceOptions(parent=self),
        )

    def _backups(self) -> RecoveryBackups:
        args = self._args
        return RecoveryBackups(
            f"{self._name}-backups",
            RecoveryBackupsArgs(
                place=args.place,
                keys=args.keys,
                recovery=args.recovery,
                database_arn=args.database_arn,
                page_topic_arn=args.page_topic_arn,
                replicate=args.mode is RecoveryMode.BACKUP,
            ),
            ResourceOptions(parent=self),
        )
