"""What the copies in the recovery region cost, on the bill of the stack that keeps them.

A recovery site that stands has a bill of its own (`rf cost --stack prod-dr`).
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from scaleplan.cost.bill import Bounds, Item
from scaleplan.cost.stores import changing_daily, data_gb, with_daily_changes
from scaleplan.cost.usage import Usage, exact
from scaleplan.load import Load
from scaleplan.recovery.disaster_recovery import RecoveryMode
from scaleplan.recovery.times import DAILY_BACKUP_DAYS, POINT_IN_TIME_DAYS
from scaleplan.settings import Settings

HEALTH_CHECKS = 4
CHECKED_ENDPOINTS = 2
"""Of a domain with a recovery site (`components/edge/failover_checks.py`, which a test counts): two
look at an endpoint, over HTTPS; two are calculated from those."""

DAYS_PER_MONTH = 30


def recovery_items(settings: Settings, load: Load, usage: Usage, *, secrets: int) -> Iterator[Item]:
    """Key, secrets, copies, what travels to them, and health checks; nothing without a region."""
    recovery = settings.disaster_recovery
    if not recovery.prepared:
        return
    yield _item("key", "kms:key", Decimal(1), "the data key's replica", usage=False)
    yield _item(
        "secrets", "secrets-manager:secret", Decimal(secrets), "a replica each", usage=False
    )
    yield _item("images", "ecr:storage", exact(usage.assumed.images_gb), "as many as in the region")
    yield _item(
        "objects",
        "s3:storage",
        usage.artifacts_gb + _citus_gb(settings, load),
        "as much as in the region: artifacts and Citus' backups",
    )
    copied = _copied_gb(settings, load, usage)
    yield _item(
        "replicated objects' time control",
        "s3:replication-time-control",
        copied,
        "each GB that is copied",
    )
    yield from _database(settings, load)
    yield _item(
        "traffic to the region",
        "transfer:between-regions",
        copied + _changed_gb(settings, load) + exact(usage.assumed.images_gb),
        "objects, the database's changes, and images, all pushed anew in a month",
    )
    if settings.domain:
        yield _item(
            "health checks",
            "route53:health-check",
            Decimal(HEALTH_CHECKS),
            f"{CHECKED_ENDPOINTS} of an endpoint, the others of these",
            usage=False,
        )
        yield _item(
            "health checks over HTTPS",
            "route53:health-check-https",
            Decimal(CHECKED_ENDPOINTS),
            "an optional feature of a check",
            usage=False,
        )


def _database(settings: Settings, load: Load) -> Iterator[Item]:
    size = _database_gb(settings, load)
    vaulted = with_daily_changes(size, DAILY_BACKUP_DAYS, load)
    yield _item(
        "vaults",
        "backup:rds-storage",
        vaulted * 2,
        f"{DAILY_BACKUP_DAYS} daily backups, {changing_daily(load)}, in both regions",
    )
    if settings.disaster_recovery.mode is RecoveryMode.BACKUP:
        yield _item(
            "replicated automated backups",
            "rds-backup:storage",
            with_daily_changes(size, POINT_IN_TIME_DAYS, load),
            f"{POINT_IN_TIME_DAYS} days, {changing_daily(load)}; none of it is free there",
        )


def _database_gb(settings: Settings, load: Load) -> Decimal:
    """Data of the system database; tenants' is on Citus where that serves, and its own small."""
    return Decimal(1) if settings.sharding.serving else data_gb(load)


def _citus_gb(settings: Settings, load: Load) -> Decimal:
    if not settings.sharding.present:
        return Decimal(0)
    return data_gb(load) * settings.citus.backup_retention_days


def _copied_gb(settings: Settings, load: Load, usage: Usage) -> Decimal:
    """New objects of a month: what changes of the artifacts, and a whole backup of Citus a day."""
    artifacts = usage.artifacts_gb * _changed_in_a_month(load)
    daily = data_gb(load) if settings.sharding.present else Decimal(0)
    return artifacts + daily * DAYS_PER_MONTH


def _changed_gb(settings: Settings, load: Load) -> Decimal:
    return _database_gb(settings, load) * _changed_in_a_month(load)


def _changed_in_a_month(load: Load) -> Decimal:
    return exact(load.assumptions.daily_change_share) * DAYS_PER_MONTH


def _item(resource: str, key: str, quantity: Decimal, basis: str, *, usage: bool = True) -> Item:
    return Item(
        layer="recovery",
        resource=resource,
        key=key,
        quantity=Bounds.of(quantity),
        basis=basis,
        usage=usage,
    )
