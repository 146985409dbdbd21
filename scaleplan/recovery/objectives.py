"""What the loss of a region costs: how much work, and how long, computed from a stack's settings.

Pure arithmetic over `Settings`. `objectives_of` says it data class by data class, `misses_of` what
is over the stack's own targets; `scaleplan.recovery.steps` says which steps the time is made of.
Figures are seconds; each has its `basis`, so that nobody takes an estimate for a promise.

What a stack with `disasterRecovery.region` keeps there, by physical name (`<prefix>` is that of the
stack, as `researchflow-prod`; `<region>` the recovery region):

- key: `alias/<prefix>-recovery`, replica of `alias/<prefix>-data`; secrets: replicas, same name
- buckets `<prefix>-{artifacts,citus,static}-<account>-<region>`, filled by S3 replication
- images: repositories `<prefix>/<application>`, filled by ECR's registry-wide replication
- database, mode backup: replicated automated backups of `<prefix>-database`
- AWS Backup: vault `<prefix>-recovery` in both regions, locked, plan `<prefix>-recovery`

It exports them as `recovery`, which the recovery site (`disasterRecovery.siteOf`) reads by a
StackReference. In mode warm the site holds the replica `<site's prefix>-database`; phase `active`
removes its `replicateSourceDb`, which promotes it, and starts all pods; phase `open` lets
`recovery.<domain>/health/ready` say so. Records: `<domain>` is a failover pair, PRIMARY in the
stack and SECONDARY in its site; `recovery.<domain>` always is the site.
"""

from __future__ import annotations

from dataclasses import dataclass

from scaleplan.assumptions import Assumptions
from scaleplan.model import Plan
from scaleplan.recovery.disaster_recovery import RecoveryMode
from scaleplan.recovery.steps import Basis, steps_of
from scaleplan.recovery.times import (
    CITUS_LOG_SECONDS,
    COPIED_BACKUP_SECONDS,
    RDS_LOG_SECONDS,
    REPLICATED_IMAGE_SECONDS,
    REPLICATED_OBJECT_SECONDS,
)
from scaleplan.settings import Settings


@dataclass(frozen=True, kw_only=True)
class Objective:
    """What one class of data loses. `rpo_seconds` None: it is not copied, and `lost` says why that
    is bearable. `counts`: it is work that nothing else holds, so the targets apply to it.
    `assumptions`: keys of those that decide `rpo_seconds`."""

    key: str
    holds: str
    copied_by: str
    rpo_seconds: float | None
    rto_seconds: float
    basis: Basis
    lost: str
    counts: bool
    assumptions: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class ObjectiveMiss:
    """An objective over its target; `key` is the data class, or `site` for the time until all is
    back."""

    key: str
    seconds: float
    target_seconds: int


def objectives_of(settings: Settings, plan: Plan) -> tuple[Objective, ...]:
    """Each class of data: what is lost of it, and when it is back. Empty without a region.

    What needs nothing restored is back with the site; the site's own time is that of the last step.
    """
    recovery = settings.disaster_recovery
    if not recovery.prepared:
        return ()
    assumed, warm = settings.load.assumptions, recovery.mode is RecoveryMode.WARM
    database_seconds = assumed.promote_seconds if warm else assumed.restore_seconds
    whole = sum(step.seconds for step in steps_of(settings))
    system = _system_database(plan, assumed, warm=warm, rto_seconds=whole)
    classes = [system]
    if settings.sharding.present:
        classes.append(_tenant_data(whole))
    return (
        *classes,
        Objective(
            key="artifacts",
            holds="papers, extractions, results",
            copied_by="S3 replication with Time Control",
            basis=Basis.AWS,
            rpo_seconds=REPLICATED_OBJECT_SECONDS,
            rto_seconds=whole,
            lost="objects written in the last minutes; a row that names one shows which",
            counts=True,
        ),
        Objective(
            key="jobs",
            holds="the queue",
            copied_by="nothing: replayed from the database",
            rpo_seconds=classes[-1].rpo_seconds,
            rto_seconds=whole,
            basis=classes[-1].basis,
            lost="nothing that isn't also in the database: each unfinished job's row is enqueued "
            "anew, and may run twice",
            counts=True,
            assumptions=classes[-1].assumptions,
        ),
        *_made_again(assumed, whole),
        Objective(
            key="backups",
            holds="daily copies of the system database in a locked vault",
            copied_by="AWS Backup",
            rpo_seconds=COPIED_BACKUP_SECONDS,
            rto_seconds=whole - database_seconds + assumed.restore_seconds,
            basis=Basis.SETTING,
            lost="a day: for the case that the other copies are deleted or hold the same damage",
            counts=False,
        ),
    )


def _system_database(
    plan: Plan, assumed: Assumptions, *, warm: bool, rto_seconds: float
) -> Objective:
    lag = plan.observability.replica_lag_seconds.critical
    return Objective(
        key="database",
        holds="the system database: users, organizations, workflows; all of it before Citus serves",
        copied_by="a cross-region replica" if warm else "replicated automated backups",
        rpo_seconds=lag if warm else RDS_LOG_SECONDS + assumed.copied_log_seconds,
        rto_seconds=rto_seconds,
        basis=Basis.SETTING if warm else Basis.ESTIMATE,
        lost="the replica's lag, usually a second; somebody is paged at this one"
        if warm
        else "the log that was not yet archived and copied",
        counts=True,
        assumptions=() if warm else ("copiedLogSeconds",),
    )


def _tenant_data(rto_seconds: float) -> Objective:
    return Objective(
        key="tenant-data",
        holds="organizations' data on Citus",
        copied_by="its log archive in S3, replicated with Time Control",
        rpo_seconds=CITUS_LOG_SECONDS + REPLICATED_OBJECT_SECONDS,
        rto_seconds=rto_seconds,
        basis=Basis.AWS,
        lost="the log that was not yet archived and copied",
        counts=True,
    )


def _made_again(assumed: Assumptions, rto_seconds: float) -> tuple[Objective, ...]:
    """What is copied to save time, or not at all because something else holds it."""
    rows = (
        (
            "images",
            "the applications' images",
            "ECR replication",
            REPLICATED_IMAGE_SECONDS,
            Basis.AWS,
            "a push of the last minutes: push it again",
        ),
        (
            "static",
            "the published frontend",
            "S3 replication with Time Control",
            REPLICATED_OBJECT_SECONDS,
            Basis.AWS,
            "a publication of the last minutes; the web pods hold the same files",
        ),
        (
            "secrets",
            "passwords and keys",
            "Secrets Manager and KMS replicas",
            assumed.replicated_secret_seconds,
            Basis.ESTIMATE,
            "a password changed in the last minute: change it again",
        ),
        (
            "cache",
            "cached answers, sessions",
            "nothing",
            None,
            Basis.SETTING,
            "all of it: everybody logs in again, and the cache fills itself",
        ),
        (
            "telemetry",
            "metrics, logs, the audit trail",
            "nothing",
            None,
            Basis.SETTING,
            "not to be read until the region is back; CloudTrail also keeps 90 days of management "
            "events for itself",
        ),
    )
    return tuple(
        Objective(
            key=key,
            holds=holds,
            copied_by=copied_by,
            rpo_seconds=rpo_seconds,
            rto_seconds=rto_seconds,
            basis=basis,
            lost=lost,
            counts=False,
            assumptions=("replicatedSecretSeconds",) if key == "secrets" else (),
        )
        for key, holds, copied_by, rpo_seconds, basis, lost in rows
    )


def misses_of(settings: Settings, plan: Plan) -> tuple[ObjectiveMiss, ...]:
    """What is over `rpoMinutes` or, for the whole site, `rtoMinutes`. Empty where all is within."""
    recovery = settings.disaster_recovery
    rpo_target, rto_target = recovery.rpo_minutes * 60, recovery.rto_minutes * 60
    misses = [
        ObjectiveMiss(key=objective.key, seconds=objective.rpo_seconds, target_seconds=rpo_target)
        for objective in objectives_of(settings, plan)
        if objective.counts
        and objective.rpo_seconds is not None
        and objective.rpo_seconds > rpo_target
    ]
    whole = sum(step.seconds for step in steps_of(settings))
    if whole > rto_target:
        misses.append(ObjectiveMiss(key="site", seconds=whole, target_seconds=rto_target))
    return tuple(misses)
