"""What copies data to another region, and the health checks that fail over to it."""

# ruff: noqa: D103 - the token above each handler says what it creates

from __future__ import annotations

from typing import Any

from rf.shared.sandbox.registry import Created, Inputs, Task, handles


@handles("aws:kms/replicaKey:ReplicaKey")
def replica_key(task: Task, inputs: Inputs) -> Created:
    """KMS makes it from the primary's region, which is asked; the replica then stands in ours."""
    primary = str(inputs.take("primaryKeyArn"))
    inputs.drop("deletionWindowInDays")
    tags = inputs.take("tags") or {}
    pairs = [{"TagKey": name, "TagValue": value} for name, value in sorted(tags.items())]
    parameters = task.api.fitted("kms", "ReplicateKey", inputs.rest())
    answer = task.api.call(
        "kms",
        "ReplicateKey",
        primary.split(":")[3],
        **parameters,
        KeyId=primary.rsplit("/", 1)[-1],
        ReplicaRegion=task.region,
        **({"Tags": pairs} if pairs else {}),
    )["ReplicaKeyMetadata"]
    arn = f"arn:aws:kms:{task.region}:{task.account_id}:key/{answer['KeyId']}"
    return Created(answer["KeyId"], {"keyId": answer["KeyId"], "arn": arn})


@handles("aws:s3/bucketReplicationConfig:BucketReplicationConfig")
def bucket_replication(task: Task, inputs: Inputs) -> Created:
    name = inputs.take("bucket")
    task.send(
        "s3",
        "PutBucketReplication",
        {"replicationConfiguration": inputs.rest()},
        {"id": "ID", "replicaKmsKeyId": "ReplicaKmsKeyID"},
        Bucket=name,
    )
    return Created(name)


@handles("aws:ecr/replicationConfiguration:ReplicationConfiguration")
def registry_rules(task: Task, inputs: Inputs) -> Created:
    task.send("ecr", "PutReplicationConfiguration", inputs.rest())
    return Created(task.account_id, {"registryId": task.account_id})


@handles("aws:ecr/repositoryCreationTemplate:RepositoryCreationTemplate")
def repository_template(task: Task, inputs: Inputs) -> Created:
    prefix = inputs["prefix"]
    task.send(
        "ecr",
        "CreateRepositoryCreationTemplate",
        inputs.rest(),
        {"appliedFors": "appliedFor", "encryptionConfigurations": "encryptionConfiguration"},
    )
    return Created(prefix, {"registryId": task.account_id})


@handles("aws:rds/instanceAutomatedBackupsReplication:InstanceAutomatedBackupsReplication")
def automated_backups(task: Task, inputs: Inputs) -> Created:
    answer = task.send(
        "rds",
        "StartDBInstanceAutomatedBackupsReplication",
        inputs.rest(),
        {"retentionPeriod": "BackupRetentionPeriod", "sourceDbInstanceArn": "SourceDBInstanceArn"},
    )
    invented = str(task.invented.get("id") or task.auto_name())
    described: dict[str, Any] = dict(answer.data.get("DBInstanceAutomatedBackup") or {})
    return Created(described.get("DBInstanceAutomatedBackupsArn") or invented)


@handles("aws:backup/vault:Vault")
def vault(task: Task, inputs: Inputs) -> Created:
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


@handles("aws:backup/vaultLockConfiguration:VaultLockConfiguration")
def vault_lock(task: Task, inputs: Inputs) -> Created:
    name = inputs["backupVaultName"]
    task.send("backup", "PutBackupVaultLockConfiguration", inputs.rest())
    return Created(name)


PLAN_NAMES = {
    "targetVaultName": "TargetBackupVaultName",
    "schedule": "ScheduleExpression",
    "startWindow": "StartWindowMinutes",
    "completionWindow": "CompletionWindowMinutes",
    "deleteAfter": "DeleteAfterDays",
    "destinationVaultArn": "DestinationBackupVaultArn",
}


@handles("aws:backup/plan:Plan")
def plan(task: Task, inputs: Inputs) -> Created:
    name, tags = inputs.take("name"), inputs.take("tags") or {}
    answer = task.send(
        "backup",
        "CreateBackupPlan",
        {"backupPlan": {"backupPlanName": name, **inputs.rest()}},
        PLAN_NAMES,
        **({"BackupPlanTags": tags} if tags else {}),
    )
    return Created(answer["BackupPlanId"], {"arn": answer["BackupPlanArn"]})


@handles("aws:backup/selection:Selection")
def selection(task: Task, inputs: Inputs) -> Created:
    name, plan_id = inputs.take("name"), inputs.take("planId")
    answer = task.send(
        "backup",
        "CreateBackupSelection",
        {"backupSelection": {"selectionName": name, **inputs.rest()}},
        BackupPlanId=plan_id,
    )
    return Created(str(answer.data.get("SelectionId") or task.auto_name()))


@handles("aws:route53/healthCheck:HealthCheck")
def health_check(task: Task, inputs: Inputs) -> Created:
    reference = inputs.take("referenceName") or task.auto_name("", 27)
    tags = inputs.take("tags") or {}
    answer = task.send(
        "route53",
        "CreateHealthCheck",
        {"healthCheckConfig": inputs.rest()},
        {
            "fqdn": "FullyQualifiedDomainName",
            "enableSni": "EnableSNI",
            "invertHealthcheck": "Inverted",
            "childHealthchecks": "ChildHealthChecks",
            "childHealthThreshold": "HealthThreshold",
        },
        CallerReference=reference,
    )["HealthCheck"]
    if tags:
        pairs = [{"Key": key, "Value": value} for key, value in sorted(tags.items())]
        task.call(
            "route53",
            "ChangeTagsForResource",
            ResourceType="healthcheck",
            ResourceId=answer["Id"],
            AddTags=pairs,
        )
    return Created(answer["Id"], {"arn": f"arn:aws:route53:::healthcheck/{answer['Id']}"})


@handles("aws:wafv2/webAclAssociation:WebAclAssociation")
def web_acl_association(task: Task, inputs: Inputs) -> Created:
    acl, resource = inputs["webAclArn"], inputs["resourceArn"]
    task.send("wafv2", "AssociateWebACL", inputs.rest(), {"webAclArn": "WebACLArn"})
    return Created(f"{acl},{resource}")
