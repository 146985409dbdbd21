"""The servers that take the writes are lost: copies take over, or a person restores the database as
docs/database.md says."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rf.check.capacity import report_of
from rf.drill.steps import DrillStep, Duration, StepBasis, StepFailedError, Who, require
from rf.drill.takeovers import assumed, takeovers_of
from rf.drill.world import DrillWorld
from rf.shared.plan import RecordedPlan
from scaleplan.capacity.result import Loss
from scaleplan.capacity.summary import fault_line, said
from scaleplan.settings import Settings


def primary_runbook(settings: Settings, plan: RecordedPlan) -> Iterator[DrillStep[DrillWorld]]:
    """The primaries are lost: their copies take over, or a person restores the database."""
    if not settings.database.multi_az:
        yield from _restore(settings)
    yield from takeovers_of(settings, plan)
    yield verify_step(settings, Loss.PRIMARY if settings.database.multi_az else None)


def _restore(settings: Settings) -> Iterator[DrillStep[DrillWorld]]:
    """Without a standby: to the last archived record of the log, under another name, then back."""
    name = f"{settings.prefix}-database"
    yield DrillStep(
        name="decide",
        title="somebody sees the alarm and decides to restore",
        who=Who.PERSON,
        command="an alarm of docs/runbooks, or the database's SNS topic",
        action=lambda _: None,
        verify=_restorable,
        duration=Duration(
            seconds=settings.disaster_recovery.decision_minutes * 60,
            basis=StepBasis.SETTING,
            source="disasterRecovery.decisionMinutes",
        ),
    )
    yield DrillStep(
        name="restore",
        title="the database is restored from its backups",
        who=Who.PERSON,
        command="aws rds restore-db-instance-to-point-in-time --use-latest-restorable-time"
        f" --source-db-instance-identifier {name}"
        f" --target-db-instance-identifier {name}-restored (docs/database.md, Restore)",
        action=_restore_instance,
        verify=lambda world: _available(world, f"{name}-restored"),
        duration=assumed(settings, "restoreSeconds"),
    )
    yield DrillStep(
        name="rename",
        title="the restored one gets the lost one's name, so nothing is repointed",
        who=Who.PERSON,
        command=f"aws rds modify-db-instance --apply-immediately: {name} to {name}-broken,"
        f" then {name}-restored to {name}",
        action=_rename_instances,
        verify=lambda world: _available(world, name),
        duration=assumed(settings, "renameSeconds"),
    )


def _restorable(world: DrillWorld) -> Sequence[str]:
    now = world.instance(world.place.primary, world.place.settings.region)
    days = now["BackupRetentionPeriod"]
    require(days > 0, f"{world.place.primary} has no backups")
    return [f"backups of {days} days; restorable until five minutes before the loss"]


def _restore_instance(world: DrillWorld) -> None:
    place = world.place
    now = world.instance(place.primary, place.settings.region)
    world.act(
        "rds",
        "RestoreDBInstanceToPointInTime",
        place.settings.region,
        SourceDBInstanceIdentifier=place.primary,
        TargetDBInstanceIdentifier=f"{place.primary}-restored",
        UseLatestRestorableTime=True,
        DBSubnetGroupName=now["DBSubnetGroup"]["DBSubnetGroupName"],
        VpcSecurityGroupIds=[
            group["VpcSecurityGroupId"] for group in now.get("VpcSecurityGroups", [])
        ],
        DeletionProtection=now["DeletionProtection"],
    )


def _rename_instances(world: DrillWorld) -> None:
    primary = world.place.primary
    for old, new in ((primary, f"{primary}-broken"), (f"{primary}-restored", primary)):
        world.act(
            "rds",
            "ModifyDBInstance",
            world.place.settings.region,
            DBInstanceIdentifier=old,
            NewDBInstanceIdentifier=new,
            ApplyImmediately=True,
        )


def _available(world: DrillWorld, name: str) -> Sequence[str]:
    now = world.instance(name, world.place.settings.region)
    require(now["DBInstanceStatus"] == "available", f"{name}: {now['DBInstanceStatus']}")
    require(now["StorageEncrypted"], f"{name} is not encrypted")
    return [f"{name} is available and encrypted"]


def verify_step(settings: Settings, loss: Loss | None) -> DrillStep[DrillWorld]:
    """The load is proven again, without what is lost."""
    return DrillStep(
        name="verify",
        title="somebody verifies that what is left carries the load",
        who=Who.PERSON,
        command="rf check --stack STACK"
        + (f" --lose {loss}" if loss else "")
        + ", dashboards, a request of one's own",
        action=lambda _: None,
        verify=lambda world: _carries(world, loss),
        duration=assumed(settings, "verifySeconds"),
        within_rto=False,
    )


def _carries(world: DrillWorld, loss: Loss | None) -> Sequence[str]:
    stack = world.place.settings.stack
    report = report_of(stack, size=world.size, overrides=world.overrides, load=None, lose=loss)
    fault = report.fault
    if fault is not None:
        raise StepFailedError(fault_line(*fault))
    tightest = report.tightest
    return [f"the load is carried; least to spare: {said(tightest[1])}"] if tightest else []
