"""Rules of PostgreSQL on RDS."""

from __future__ import annotations

from collections.abc import Iterator

from ..shared.rule import Resource, Rule, RuleLayer, StackResources
from ..shared.tokens import DATABASE, DATABASE_PARAMETERS
from ..shared.values import at, is_true, listed, parameters

BACKUP_DAYS = 7
"""Days of point-in-time recovery at least: a mistake of a Friday is seen on a Monday."""

LONG_BACKUP_DAYS = 14
"""Days from medium on."""

REPLICAS = 2
"""Scale plan, Resource Estimates by Scale, medium: a primary and two read replicas."""


def _is_replica(resource: Resource) -> bool:
    return "replicateSourceDb" in resource.inputs


def _encrypted(resource: Resource, stack: StackResources) -> Iterator[str]:
    if not is_true(resource.inputs, "storageEncrypted"):
        yield "stores its data unencrypted"
    elif not _is_replica(resource) and "kmsKeyId" not in resource.inputs:
        yield "is encrypted with the account's key, whose snapshots can't be shared or restricted"
    insights = is_true(resource.inputs, "performanceInsightsEnabled")
    if insights and "performanceInsightsKmsKeyId" not in resource.inputs:
        yield "keeps statements in Performance Insights under no key of the stack"


def _backed_up(resource: Resource, stack: StackResources) -> Iterator[str]:
    if _is_replica(resource):
        return
    wanted = BACKUP_DAYS if stack.size == "small" else LONG_BACKUP_DAYS
    days = at(resource.inputs, "backupRetentionPeriod", 0)
    if days < wanted:
        yield f"can be restored to the last {days} days only; {wanted} are wanted"
    if not is_true(resource.inputs, "copyTagsToSnapshot"):
        yield "makes snapshots that belong to nobody"


def _kept(resource: Resource, stack: StackResources) -> Iterator[str]:
    if not stack.protects_data:
        return
    if not is_true(resource.inputs, "deletionProtection"):
        yield "can be deleted in the console"
    if _is_replica(resource):
        return
    if is_true(resource.inputs, "skipFinalSnapshot"):
        yield "leaves no last snapshot"
    if is_true(resource.inputs, "deleteAutomatedBackups"):
        yield "takes its backups with it"


def _two_zones(resource: Resource, stack: StackResources) -> Iterator[str]:
    if not _is_replica(resource) and not is_true(resource.inputs, "multiAz"):
        yield "stands in one zone, and its loss is a restore"


def _replicated(resource: Resource, stack: StackResources) -> Iterator[str]:
    if _is_replica(resource):
        return
    count = len(list(stack.pointing_at(resource, DATABASE, "replicateSourceDb")))
    if count < REPLICAS:
        yield f"has {count} read replica{'s' if count != 1 else ''}; the plan says {REPLICAS}"


def _server_parameters(resource: Resource, stack: StackResources) -> Iterator[str]:
    values = parameters(resource.inputs)
    wanted = {
        "rds.force_ssl": "1",
        "password_encryption": "scram-sha-256",
        "rds.accepted_password_auth_method": "scram",
    }
    for key, value in wanted.items():
        if values.get(key) != value:
            yield f"{key} is {values.get(key, 'not set')}, not {value}"
    if "pgaudit" not in values.get("shared_preload_libraries", ""):
        yield "loads no pgaudit: nobody sees who changed a record"


def _logs_exported(resource: Resource, stack: StackResources) -> Iterator[str]:
    exported = listed(resource.inputs, "enabledCloudwatchLogsExports")
    if "postgresql" not in exported:
        yield "exports no log, so its audit ends with its disk"
    elif "upgrade" not in exported:
        yield "keeps the log of an upgrade to itself"


RULES = (
    Rule(
        id="database-encrypted",
        layer=RuleLayer.DATABASE,
        demand="RDS instances and their Performance Insights are encrypted with the stack's key.",
        reason="It holds patients' records; encryption can't be added to an instance later.",
        source="HIPAA Security Rule, 45 CFR 164.312(a)(2)(iv); AWS Security Hub, RDS.3",
        remedy="set storageEncrypted and kmsKeyId",
        types=(DATABASE,),
        check=_encrypted,
    ),
    Rule(
        id="database-backed-up",
        layer=RuleLayer.DATABASE,
        demand=f"The primary can go back {BACKUP_DAYS} days, {LONG_BACKUP_DAYS} from medium.",
        reason="A wrong migration is often noticed days later.",
        source="HIPAA Security Rule, 45 CFR 164.308(a)(7); AWS Security Hub, RDS.11",
        remedy="raise database.backupRetentionDays",
        types=(DATABASE,),
        check=_backed_up,
    ),
    Rule(
        id="database-not-deleted",
        layer=RuleLayer.DATABASE,
        demand="AWS refuses to delete the database, and a deletion leaves a snapshot and backups.",
        reason="Pulumi's protect doesn't stop the console.",
        source="AWS Security Hub, RDS.8; RDS user guide, Deleting a DB instance",
        remedy="leave protectData true",
        types=(DATABASE,),
        check=_kept,
    ),
    Rule(
        id="database-two-zones",
        layer=RuleLayer.DATABASE,
        demand="From medium the primary has a standby in another zone.",
        reason="A failover takes two minutes; a restore takes hours.",
        source="RDS user guide, Multi-AZ DB instance deployments; AWS Security Hub, RDS.5",
        remedy="set database.multiAz",
        types=(DATABASE,),
        from_size="medium",
        check=_two_zones,
    ),
    Rule(
        id="database-replicas",
        layer=RuleLayer.DATABASE,
        demand=f"From medium {REPLICAS} read replicas carry the reads.",
        reason="With one fewer the primary gets reads that it has no capacity for.",
        source="scale plan, Resource Estimates by Scale, medium",
        remedy="raise database.readReplicas",
        types=(DATABASE,),
        from_size="medium",
        check=_replicated,
        whole_stack=True,
    ),
    Rule(
        id="database-tls-scram-audit",
        layer=RuleLayer.DATABASE,
        demand="PostgreSQL takes connections by TLS alone, passwords by SCRAM alone, and audits.",
        reason="md5, as the plan has it, is broken; without TLS the network reads along.",
        source="RDS user guide, Requiring an SSL connection, and SCRAM; PostgreSQL docs, 20.5",
        remedy="keep the parameters of `rendering/database/parameters.py`",
        types=(DATABASE_PARAMETERS,),
        check=_server_parameters,
    ),
    Rule(
        id="database-logs-exported",
        layer=RuleLayer.DATABASE,
        demand="Every instance exports its log.",
        reason="The audit must outlive the machine that it is about.",
        source="AWS Security Hub, RDS.9; HIPAA Security Rule, 45 CFR 164.312(b)",
        remedy="put postgresql into enabledCloudwatchLogsExports",
        types=(DATABASE,),
        check=_logs_exported,
    ),
)
