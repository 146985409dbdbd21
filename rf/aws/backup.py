"""AWS Backup: vaults, their locks, plans, and what a plan takes in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from rf.shared.account.names import of_stack, pairs
from rf.shared.cards.answers import RequestError
from rf.shared.cards.calls import (
    AS_CREATED,
    Calls,
    Name,
    Tagging,
    differing,
    look_up,
    parameters_of,
    retag,
    shown,
    take_away,
)
from rf.shared.cards.card import Card
from rf.shared.cards.changes import DANGEROUS, IN_PLACE, REPLACE, Changes, PropertyRule
from rf.shared.cards.control_plane import REGIONAL
from rf.shared.cards.creation import SECONDS
from rf.shared.cards.lifecycle import Created, Inputs, Reading, Standing, Task
from rf.shared.cards.naming import Answer, Naming
from rf.shared.cards.permissions import ServiceLinkedRole
from rf.shared.cards.prices import Free, Unpriced
from rf.shared.cards.residency import IN_REGION, NO_DATA
from rf.shared.cards.source import guide, provider
from rf.shared.cards.verification import Comparison, Verification, always
from rf.shared.cards.without import NO_QUOTA, NOT_COMPARED, NOT_ENUMERATED, OWN_NAME
from rf.shared.offline.invention import Computed, Registration

if TYPE_CHECKING:
    from rf.shared.account.account import Account
    from rf.shared.account.owned import Owner
    from rf.shared.sandbox.reader import Reader


_TAGGING = Tagging(
    add="TagResource", remove="UntagResource", by="ResourceArn", tags="Tags", keys="TagKeyList"
)

_PLAN_NAMES = {
    "name": "BackupPlanName",
    "targetVaultName": "TargetBackupVaultName",
    "schedule": "ScheduleExpression",
    "startWindow": "StartWindowMinutes",
    "completionWindow": "CompletionWindowMinutes",
    "deleteAfter": "DeleteAfterDays",
    "destinationVaultArn": "DestinationBackupVaultArn",
}


def _invented_plan(registration: Registration) -> Computed:
    unique = registration.uuid()
    return Computed(unique, {"arn": registration.arn("backup", f"backup-plan:{unique}")})


def _as_document(_task: Task, inputs: Inputs) -> None:
    """A plan is one document, beside its tags."""
    tags = inputs.take("tags")
    document = inputs.rest()
    inputs["backupPlan"] = document
    if tags:
        inputs["backupPlanTags"] = tags


_PLAN = Calls(
    service="backup",
    create="CreateBackupPlan",
    read="GetBackupPlan",
    delete="DeleteBackupPlan",
    identifier="BackupPlanId",
    by={"BackupPlanId": "{id}"},
    described="",
    found="BackupPlan",
    renames=_PLAN_NAMES,
    prepare=_as_document,
    outputs={"arn": "BackupPlanArn"},
    tagging=_TAGGING,
)


def _read_plan(task: Task, standing: Standing) -> Reading | None:
    """A deleted plan is still described, with the date when it was."""
    reading = look_up(replace(_PLAN, found=""), task, standing)
    if reading is None or "BackupPlan" not in reading.thing:
        return reading
    if reading.thing.get("DeletionDate"):
        return None
    plan = reading.thing["BackupPlan"]
    return Reading(thing=plan, shown=shown(_PLAN, task, "BackupPlan", plan, standing))


def _update_plan(task: Task, standing: Standing, inputs: Inputs) -> Created:
    """The document is replaced as a whole."""
    retag("backup", _TAGGING, task, standing, inputs.take("tags") or {})
    changed = differing(standing.inputs, inputs)
    document = parameters_of(_PLAN, task, inputs, {})
    if changed:
        task.call("backup", "UpdateBackupPlan", BackupPlanId=standing.id, **document)
    return Created(standing.id, standing.outputs)


def _each_rule(
    _reader: Reader, _identifier: str, inputs: Mapping[str, Any], reading: Reading
) -> Iterator[Comparison]:
    """When, into which vault, and into which other region's."""
    for wanted, rule in zip(inputs["rules"], reading.thing["Rules"], strict=True):
        yield "vault", wanted["targetVaultName"], rule["TargetBackupVaultName"]
        yield "schedule", wanted["schedule"], rule["ScheduleExpression"]
        copies = [each["DestinationBackupVaultArn"] for each in rule.get("CopyActions") or []]
        yield "copied to", [each["destinationVaultArn"] for each in wanted["copyActions"]], copies


def _invented_selection(registration: Registration) -> Computed:
    return Computed(registration.uuid(), {})


_SELECTION = Calls(
    service="backup",
    create="CreateBackupSelection",
    read="GetBackupSelection",
    delete="DeleteBackupSelection",
    identifier="SelectionId",
    by={"BackupPlanId": "{planId}", "SelectionId": "{id}"},
    within="BackupSelection",
    described="",
    renames={"name": "SelectionName"},
    provider_only=("planId",),
)


def _invented_vault(registration: Registration) -> Computed:
    name = registration.named()
    return Computed(name, {"name": name, "arn": registration.arn("backup", f"backup-vault:{name}")})


_VAULT = Calls(
    service="backup",
    create="CreateBackupVault",
    read="DescribeBackupVault",
    delete="DeleteBackupVault",
    name=Name(parameter="BackupVaultName", limit=50),
    described="",
    found="",
    renames={
        "name": "BackupVaultName",
        "kmsKeyArn": "EncryptionKeyArn",
        "tags": "BackupVaultTags",
    },
    provider_only=("forceDestroy",),
    outputs={"arn": "BackupVaultArn"},
    tagging=_TAGGING,
)


def _delete_vault(task: Task, standing: Standing) -> None:
    """AWS deletes none that holds a backup: it is emptied first, where the program says so."""
    if standing.inputs.get("forceDestroy"):
        try:
            _empty(task, standing.id)
        except RequestError as error:
            if not error.says_gone:
                raise
    take_away(_VAULT, task, standing)


def _empty(task: Task, vault: str) -> None:
    more: dict[str, str] | None = {}
    while more is not None:
        page = task.call(
            "backup", "ListRecoveryPointsByBackupVault", BackupVaultName=vault, **more
        ).data
        for point in page.get("RecoveryPoints", ()):
            task.call(
                "backup",
                "DeleteRecoveryPoint",
                BackupVaultName=vault,
                RecoveryPointArn=point["RecoveryPointArn"],
            )
        more = {"NextToken": page["NextToken"]} if page.get("NextToken") else None


def _invented_vault_lock(registration: Registration) -> Computed:
    name = registration.text("backupVaultName")
    return Computed(name, {"backupVaultArn": registration.arn("backup", f"backup-vault:{name}")})


_VAULT_LOCK = Calls(
    service="backup",
    create="PutBackupVaultLockConfiguration",
    read="DescribeBackupVault",
    update=AS_CREATED,
    delete="DeleteBackupVaultLockConfiguration",
    identifier="{backupVaultName}",
    by={"BackupVaultName": "{id}"},
    found="",
    gone={"Locked": False},
    outputs={"backupVaultArn": "BackupVaultArn"},
)

_KEPT = PropertyRule(
    up=IN_PLACE, effect=DANGEROUS, why="backups made from then on are deleted sooner"
)


def _vault_state(account: Account, owner: Owner, name: str) -> Answer:
    """By the list: of a vault that is not there, AWS Backup says that access is denied."""
    vaults = account.listed("backup", "ListBackupVaults", "BackupVaultList")
    return of_stack(
        owner,
        [each for each in vaults if each["BackupVaultName"] == name],
        lambda each: pairs(
            account.read("backup", "ListTags", ResourceArn=each["BackupVaultArn"]).get("Tags")
        ),
    )


CARDS = (
    Card(
        type="aws:backup/plan:Plan",
        computed=_invented_plan,
        values=NOT_ENUMERATED,
        lifecycle=_PLAN.lifecycle(read=_read_plan, update=_update_plan),
        creation=SECONDS,
        verification=Verification(kind="backup plan", more=_each_rule),
        changes=Changes(
            source=(
                provider("backup/plan.go"),
                guide("AWS Backup developer guide", "Backup plan options and configuration"),
            ),
            properties={
                "name": REPLACE,
                **dict.fromkeys(
                    (
                        "rules.ruleName",
                        "rules.schedule",
                        "rules.startWindow",
                        "rules.completionWindow",
                        "rules.targetVaultName",
                    ),
                    IN_PLACE,
                ),
                "advancedBackupSettings": IN_PLACE,
                "rules.lifecycle.deleteAfter": _KEPT,
                "rules.copyActions.lifecycle.deleteAfter": _KEPT,
                "rules": PropertyRule(
                    widened=IN_PLACE,
                    effect=DANGEROUS,
                    why="fewer backups, or none in the recovery region",
                ),
            },
        ),
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
        values=NOT_ENUMERATED,
        lifecycle=_SELECTION.lifecycle(),
        creation=SECONDS,
        verification=NOT_COMPARED,
        changes=Changes(
            source=(provider("backup/selection.go (no update)"),),
            properties={
                **dict.fromkeys(
                    (
                        "name",
                        "planId",
                        "iamRoleArn",
                        "resources",
                        "conditions",
                        "notResources",
                        "selectionTags",
                    ),
                    REPLACE,
                )
            },
        ),
        price=Free(reason="part of its plan"),
        quotas=NO_QUOTA,
        naming=OWN_NAME,
        permissions=(
            "backup:CreateBackupSelection",
            ServiceLinkedRole(principal="backup.amazonaws.com", name="AWSServiceRoleForBackup"),
            "iam:PassRole",
        ),
        residency=NO_DATA,
        control_plane=REGIONAL,
    ),
    Card(
        type="aws:backup/vault:Vault",
        computed=_invented_vault,
        values=NOT_ENUMERATED,
        lifecycle=_VAULT.lifecycle(delete=_delete_vault),
        creation=SECONDS,
        verification=Verification(kind="backup vault", rows={"key": "kmsKeyArn"}),
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
        naming=Naming(title="backup vault", key="name", state=_vault_state),
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
        values=NOT_ENUMERATED,
        lifecycle=_VAULT_LOCK.lifecycle(),
        creation=SECONDS,
        verification=Verification(
            kind="vault lock",
            rows={
                "locked": always(True, "Locked"),
                "least days": "minRetentionDays",
                "most days": "maxRetentionDays",
            },
        ),
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
