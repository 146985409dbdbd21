"""AWS Backup: vaults, their locks, plans, and what a plan takes in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from rf.shared.cards.calls import Calls
from rf.shared.cards.card import Card
from rf.shared.cards.changes import DANGEROUS, IN_PLACE, REPLACE, Changes, PropertyRule, Unruled
from rf.shared.cards.control_plane import REGIONAL
from rf.shared.cards.lifecycle import Created, Inputs, Reading, Task
from rf.shared.cards.prices import Free, Unpriced
from rf.shared.cards.residency import IN_REGION, NO_DATA
from rf.shared.cards.source import guide, provider
from rf.shared.cards.verification import NOT_SHOWN, Comparison, Verification
from rf.shared.cards.without import NO_QUOTA, NOT_COMPARED, OWN_NAME, Without
from rf.shared.offline.invention import Computed, Registration

if TYPE_CHECKING:
    from rf.shared.sandbox.reader import Reader


def _invented_plan(registration: Registration) -> Computed:
    unique = registration.uuid()
    return Computed(unique, {"arn": registration.arn("backup", f"backup-plan:{unique}")})


PLAN_NAMES = {
    "targetVaultName": "TargetBackupVaultName",
    "schedule": "ScheduleExpression",
    "startWindow": "StartWindowMinutes",
    "completionWindow": "CompletionWindowMinutes",
    "deleteAfter": "DeleteAfterDays",
    "destinationVaultArn": "DestinationBackupVaultArn",
}


def _create_plan(task: Task, inputs: Inputs) -> Created:
    name, tags = inputs.take("name"), inputs.take("tags") or {}
    answer = task.send(
        "backup",
        "CreateBackupPlan",
        {"backupPlan": {"backupPlanName": name, **inputs.rest()}},
        PLAN_NAMES,
        **({"BackupPlanTags": tags} if tags else {}),
    )
    return Created(answer["BackupPlanId"], {"arn": answer["BackupPlanArn"]})


def _verify_plan(
    reader: Reader, identifier: str, inputs: Mapping[str, Any], _reading: Reading
) -> Iterator[Comparison]:
    """When, into which vault, and into which other region's."""
    actual = reader.read("backup", "GetBackupPlan", BackupPlanId=identifier)["BackupPlan"]
    for wanted, rule in zip(inputs["rules"], actual["Rules"], strict=True):
        yield "vault", wanted["targetVaultName"], rule["TargetBackupVaultName"]
        yield "schedule", wanted["schedule"], rule["ScheduleExpression"]
        copies = [each["DestinationBackupVaultArn"] for each in rule.get("CopyActions") or []]
        yield "copied to", [each["destinationVaultArn"] for each in wanted["copyActions"]], copies


def _invented_selection(registration: Registration) -> Computed:
    return Computed(registration.uuid(), {})


def _create_selection(task: Task, inputs: Inputs) -> Created:
    name, plan_id = inputs.take("name"), inputs.take("planId")
    answer = task.send(
        "backup",
        "CreateBackupSelection",
        {"backupSelection": {"selectionName": name, **inputs.rest()}},
        BackupPlanId=plan_id,
    )
    return Created(str(answer.data.get("SelectionId") or task.auto_name()))


def _invented_vault(registration: Registration) -> Computed:
    name = registration.named()
    return Computed(name, {"name": name, "arn": registration.arn("backup", f"backup-vault:{name}")})


def _create_vault(task: Task, inputs: Inputs) -> Created:
    name = inputs.take("name")
    inputs.drop("forceDestroy")
    answer = task.send(
        "backup",
        "CreateBackupVault",
        inputs.rest(),
        {"kmsKeyArn": "EncryptionKeyArn", "tags": "BackupVaultTags"},
        BackupVaultName=name,
    )
    return Created(name, {"name": name, "arn": answer["BackupVaultArn"]})


def _verify_vault(
    reader: Reader, identifier: str, inputs: Mapping[str, Any], _reading: Reading
) -> Iterator[Comparison]:
    """Its key."""
    actual = reader.read("backup", "DescribeBackupVault", BackupVaultName=identifier)
    yield "key", inputs["kmsKeyArn"], actual.get("EncryptionKeyArn", NOT_SHOWN)


def _invented_vault_lock(registration: Registration) -> Computed:
    name = registration.text("backupVaultName")
    return Computed(name, {"backupVaultArn": registration.arn("backup", f"backup-vault:{name}")})


def _create_vault_lock(task: Task, inputs: Inputs) -> Created:
    name = inputs["backupVaultName"]
    task.send("backup", "PutBackupVaultLockConfiguration", inputs.rest())
    return Created(name)


def _verify_vault_lock(
    reader: Reader, identifier: str, inputs: Mapping[str, Any], _reading: Reading
) -> Iterator[Comparison]:
    """That nothing in the vault goes before its time."""
    actual = reader.read("backup", "DescribeBackupVault", BackupVaultName=identifier)
    yield "locked", True, actual.get("Locked", NOT_SHOWN)
    yield "least days", inputs["minRetentionDays"], actual.get("MinRetentionDays", NOT_SHOWN)
    yield "most days", inputs["maxRetentionDays"], actual.get("MaxRetentionDays", NOT_SHOWN)


CARDS = (
    Card(
        type="aws:backup/plan:Plan",
        computed=_invented_plan,
        values=Without("no model enumerates its inputs"),
        lifecycle=Calls(service="backup", create="?").lifecycle(create=_create_plan),
        verification=Verification(kind="backup plan", more=_verify_plan),
        changes=Unruled(),
        price=Free(reason="paid as the backups it makes"),
        quotas=NO_QUOTA,
        naming=OWN_NAME,
        permissions=(
            "backup:CreateBackupPlan",
            "backup:TagResource",
        ),
        residency=NO_DATA,
        control_plane=REGIONAL,
    ),
    Card(
        type="aws:backup/selection:Selection",
        computed=_invented_selection,
        values=Without("no model enumerates its inputs"),
        lifecycle=Calls(service="backup", create="?").lifecycle(create=_create_selection),
        verification=NOT_COMPARED,
        changes=Unruled(),
        price=Free(reason="part of its plan"),
        quotas=NO_QUOTA,
        naming=OWN_NAME,
        permissions=(
            "backup:CreateBackupSelection",
            "iam:PassRole",
        ),
        residency=NO_DATA,
        control_plane=REGIONAL,
    ),
    Card(
        type="aws:backup/vault:Vault",
        computed=_invented_vault,
        values=Without("no model enumerates its inputs"),
        lifecycle=Calls(service="backup", create="?").lifecycle(create=_create_vault),
        verification=Verification(kind="backup vault", more=_verify_vault),
        changes=Changes(
            holds="backups",
            source=(provider("backup/vault.go"),),
            properties={
                "name": REPLACE,
                "kmsKeyArn": REPLACE,
                "region": REPLACE,
                "tags": IN_PLACE,
                "forceDestroy": PropertyRule(
                    to={"false": IN_PLACE},
                    effect=DANGEROUS,
                    why="a deletion would take every backup with it",
                ),
            },
        ),
        price=Unpriced(
            "AWS Backup's storage of RDS, of which no dated price was found; the bill names the GB"
        ),
        quotas=NO_QUOTA,
        naming=OWN_NAME,
        permissions=(
            "backup:CreateBackupVault",
            "backup:TagResource",
            "backup-storage:MountCapsule",
            "kms:CreateGrant",
            "kms:DescribeKey",
            "kms:GenerateDataKey",
        ),
        residency=IN_REGION,
        control_plane=REGIONAL,
    ),
    Card(
        type="aws:backup/vaultLockConfiguration:VaultLockConfiguration",
        computed=_invented_vault_lock,
        values=Without("no model enumerates its inputs"),
        lifecycle=Calls(service="backup", create="?").lifecycle(create=_create_vault_lock),
        verification=Verification(kind="vault lock", more=_verify_vault_lock),
        changes=Changes(
            holds="that no backup is deleted before its time",
            source=(provider("backup/vault_lock_configuration.go"),),
            properties={
                "backupVaultName": REPLACE,
                "region": REPLACE,
                "minRetentionDays": REPLACE,
                "maxRetentionDays": REPLACE,
                "changeableForDays": PropertyRule(
                    effect=DANGEROUS,
                    why=(
                        "sets the lock to compliance, which nobody can take off when those "
                        "days are over"
                    ),
                    source=(guide("AWS Backup guide", "AWS Backup Vault Lock"),),
                ),
            },
        ),
        price=Free(reason="part of its vault"),
        quotas=NO_QUOTA,
        naming=OWN_NAME,
        permissions=("backup:PutBackupVaultLockConfiguration",),
        residency=IN_REGION,
        control_plane=REGIONAL,
    ),
)
