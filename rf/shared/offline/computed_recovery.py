"""Invented ids and outputs of what copies data to another region and fails over to it."""

from __future__ import annotations

from collections.abc import Mapping

from rf.shared.offline.invention import ACCOUNT_ID, Computed, Invent, Registration


def _replica_key(registration: Registration) -> Computed:
    """The same id as its primary's, in another region."""
    key = registration.text("primaryKeyArn").rsplit("/", 1)[-1]
    return Computed(key, {"keyId": key, "arn": registration.arn("kms", f"key/{key}")})


def _template(registration: Registration) -> Computed:
    return Computed(registration.text("prefix"), {"registryId": ACCOUNT_ID})


def _registry_rules(_registration: Registration) -> Computed:
    """One a registry, known by its account."""
    return Computed(ACCOUNT_ID, {"registryId": ACCOUNT_ID})


def _automated_backups(registration: Registration) -> Computed:
    unique = f"ab-{registration.letters(26).lower()}"
    return Computed(registration.arn("rds", f"auto-backup:{unique}"), {})


def _vault(registration: Registration) -> Computed:
    name = registration.named()
    return Computed(name, {"name": name, "arn": registration.arn("backup", f"backup-vault:{name}")})


def _vault_lock(registration: Registration) -> Computed:
    name = registration.text("backupVaultName")
    return Computed(name, {"backupVaultArn": registration.arn("backup", f"backup-vault:{name}")})


def _plan(registration: Registration) -> Computed:
    unique = registration.uuid()
    return Computed(unique, {"arn": registration.arn("backup", f"backup-plan:{unique}")})


def _selection(registration: Registration) -> Computed:
    return Computed(registration.uuid(), {})


def _health_check(registration: Registration) -> Computed:
    unique = registration.uuid()
    return Computed(unique, {"arn": f"arn:aws:route53:::healthcheck/{unique}"})


def _of_bucket(registration: Registration) -> Computed:
    return Computed(registration.text("bucket"), {})


def _web_acl_association(registration: Registration) -> Computed:
    parts = (registration.text("webAclArn"), registration.text("resourceArn"))
    return Computed(",".join(parts), {})


REGISTRY: Mapping[str, Invent] = {
    "aws:kms/replicaKey:ReplicaKey": _replica_key,
    "aws:ecr/repositoryCreationTemplate:RepositoryCreationTemplate": _template,
    "aws:ecr/replicationConfiguration:ReplicationConfiguration": _registry_rules,
    "aws:rds/instanceAutomatedBackupsReplication:InstanceAutomatedBackupsReplication": (
        _automated_backups
    ),
    "aws:backup/vault:Vault": _vault,
    "aws:backup/vaultLockConfiguration:VaultLockConfiguration": _vault_lock,
    "aws:backup/plan:Plan": _plan,
    "aws:backup/selection:Selection": _selection,
    "aws:route53/healthCheck:HealthCheck": _health_check,
    "aws:s3/bucketReplicationConfig:BucketReplicationConfig": _of_bucket,
    "aws:wafv2/webAclAssociation:WebAclAssociation": _web_acl_association,
}
