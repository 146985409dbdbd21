"""Where the data of a recovery site's database comes from, and what RDS lets be said beside it."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi_aws as aws
from pulumi import Input

from scaleplan.windows import DATABASE_MAINTENANCE, STANDBY_MAINTENANCE, Window


@dataclass(frozen=True, kw_only=True)
class DatabaseSource:
    """One of the two: the primary that is followed, or the backups that are restored."""

    primary_arn: Input[str] | None = None
    """The instance that is followed; None where backups are restored."""

    automated_backup_arn: Input[str] | None = None
    """RDS's backups that are restored; None where a primary is followed."""

    promoted: bool = False
    """Whether the following has ended. RDS ends it when `replicate_source_db` goes, in place and
    for good."""


@dataclass(frozen=True, kw_only=True)
class Origin:
    """What an instance is and says by where its data comes from."""

    inherits: bool
    """Whether engine, names and storage came with the data, and are never said. So a promoted
    instance that is lost is not made anew, empty, by the next deployment: RDS would want an
    engine."""

    independent: bool
    """Whether it has a password of its own, and a last snapshot when it is deleted."""

    replicate_source_db: Input[str] | None = None
    """The primary that it follows; None for one that follows none."""

    restore_to_point_in_time: aws.rds.InstanceRestoreToPointInTimeArgs | None = None
    """The backups that it was restored from; None for one that wasn't."""

    @property
    def maintenance(self) -> Window:
        """Its window: a follower's is not its primary's."""
        return DATABASE_MAINTENANCE if self.independent else STANDBY_MAINTENANCE


def origin_of(source: DatabaseSource | None) -> Origin:
    """What an instance says of its origin; nothing where it began empty.

    A source in another region is named by ARN, and the replica then needs a key and a subnet group
    of its own region (RDS guide, "Creating a read replica in a different AWS Region").
    """
    if source is None:
        return Origin(inherits=False, independent=True)
    if source.automated_backup_arn is not None:
        # It stays for good: RDS reads it when the instance is made, and to take it off is to
        # replace the instance (docs/disaster-recovery.md).
        restored = aws.rds.InstanceRestoreToPointInTimeArgs(
            source_db_instance_automated_backups_arn=source.automated_backup_arn,
            use_latest_restorable_time=True,
        )
        return Origin(inherits=True, independent=True, restore_to_point_in_time=restored)
    if source.promoted:
        return Origin(inherits=True, independent=True)
    return Origin(inherits=True, independent=False, replicate_source_db=source.primary_arn)
