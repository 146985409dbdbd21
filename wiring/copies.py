"""Arguments of what is kept in the recovery region, and of what a site there reads of it."""

from __future__ import annotations

from collections.abc import Sequence

import pulumi

from components.applications.artifacts import Artifacts
from components.applications.registry import Registry
from components.applications.web import Web
from components.citus.citus import Citus
from components.database.database import Database
from components.identity.encryption import Encryption
from components.observability.observability import PAGE, Observability
from components.recovery.disaster_recovery import DisasterRecoveryArgs
from components.recovery.primary_site import PrimarySiteArgs
from components.recovery.replicated_bucket import SourceBucket
from wiring.site import Site


def primary_site_args(site: Site, stack: str) -> PrimarySiteArgs:
    """The stack that a recovery site takes over from: of the same project and organization."""
    return PrimarySiteArgs(stack=f"{pulumi.get_organization()}/{site.settings.project}/{stack}")


def buckets(
    encryption: Encryption, artifacts: Artifacts, web: Web, citus: Citus | None
) -> list[SourceBucket]:
    """The buckets that hold what nothing else does, and the published frontend. One that is a copy
    itself is copied no further."""
    found: list[SourceBucket] = []
    if artifacts.versions is not None:
        found.append(
            SourceBucket(
                role="artifacts",
                bucket_name=artifacts.bucket_name,
                bucket_arn=artifacts.bucket_arn,
                key_arn=encryption.data_key_arn,
                versions=artifacts.versions,
            )
        )
    if web.bucket is not None:
        found.append(
            SourceBucket(
                role="static",
                bucket_name=web.bucket.name,
                bucket_arn=web.bucket.arn,
                key_arn=None,
                versions=web.bucket.versions,
            )
        )
    backups = citus.backups if citus else None
    if backups is not None and backups.versions is not None:
        found.append(
            SourceBucket(
                role="citus",
                bucket_name=backups.bucket_name,
                bucket_arn=backups.bucket_arn,
                key_arn=encryption.data_key_arn,
                versions=backups.versions,
            )
        )
    return found


def disaster_recovery_args(
    site: Site,
    encryption: Encryption,
    *,
    registry: Registry,
    database: Database,
    monitoring: Observability,
    sources: Sequence[SourceBucket],
) -> DisasterRecoveryArgs | None:
    """Copies of everything that can't be made again; None without a recovery region."""
    if encryption.recovery is None:
        return None
    settings = site.settings
    return DisasterRecoveryArgs(
        prefix=settings.prefix,
        account_id=site.account_id,
        region=settings.region,
        mode=settings.disaster_recovery.mode,
        recovery=encryption.recovery,
        data_key_arn=encryption.data_key_arn,
        database_arn=database.primary_arn,
        page_topic_arn=monitoring.topic_arns[PAGE],
        buckets=sources,
        repositories=registry.repositories,
        protect=settings.protect_data,
    )
