"""Arguments of copies in the recovery region, and of what a site that grows from them reads."""

from __future__ import annotations

import pulumi

from components.applications.artifacts import Artifacts
from components.citus.backups import CitusBackups
from components.observability.observability import PAGE
from components.recovery.disaster_recovery import DisasterRecoveryArgs
from components.recovery.primary_site import PrimarySiteArgs
from components.recovery.replicated_bucket import SourceBucket
from wiring.stack import Stack


def primary_site_args(stack: Stack) -> PrimarySiteArgs:
    """The stack that a recovery site takes over from: of the same project and organization."""
    settings = stack.settings
    primary = settings.disaster_recovery.site_of
    return PrimarySiteArgs(stack=f"{pulumi.get_organization()}/{settings.project}/{primary}")


def disaster_recovery_args(stack: Stack) -> DisasterRecoveryArgs | None:
    """Copies of everything that can't be made again; None without a recovery region."""
    recovery = stack.keys.recovery
    if recovery is None:
        return None
    return DisasterRecoveryArgs(
        place=stack.place,
        keys=stack.keys,
        mode=stack.settings.disaster_recovery.mode,
        recovery=recovery,
        database_arn=stack.database.primary_arn,
        page_topic_arn=stack.observability.topic_arns[PAGE],
        buckets=_buckets(stack),
        repositories=stack.registry.repositories,
        image_rules=not stack.settings.disaster_recovery.image_rules_adopted,
    )


def _buckets(stack: Stack) -> list[SourceBucket]:
    """The buckets that hold what nothing else does, and the published frontend. One that is a copy
    itself is copied no further."""
    static, citus = stack.web.bucket, stack.citus
    buckets = [_encrypted(stack, "artifacts", stack.artifacts)]
    if static is not None:
        buckets.append(
            SourceBucket(
                role="static",
                bucket_name=static.name,
                bucket_arn=static.arn,
                key_arn=None,
                versions=static.versions,
            )
        )
    if citus is not None:
        buckets.append(_encrypted(stack, "citus", citus.backups))
    return [bucket for bucket in buckets if bucket is not None]


def _encrypted(stack: Stack, role: str, bucket: Artifacts | CitusBackups) -> SourceBucket | None:
    """A bucket of the stack's own under its data key; None for one that is a copy."""
    if bucket.versions is None:
        return None
    return SourceBucket(
        role=role,
        bucket_name=bucket.bucket_name,
        bucket_arn=bucket.bucket_arn,
        key_arn=stack.keys.data_arn,
        versions=bucket.versions,
    )
