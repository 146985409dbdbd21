"""The copies in the recovery region, read there, and what decides which site a name leads to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from rf.shared.sandbox.comparisons import NOT_SHOWN, Comparison, Reader, verifies


@verifies("aws:kms/replicaKey:ReplicaKey", "replica key")
def replica_key(reader: Reader, identifier: str, inputs: Mapping[str, Any]) -> Iterator[Comparison]:
    """That it is there in its own region, and whose replica it is."""
    actual = reader.read("kms", "DescribeKey", KeyId=identifier)["KeyMetadata"]
    yield "enabled", True, actual["Enabled"]
    yield "multi-Region", True, actual.get("MultiRegion", NOT_SHOWN)
    yield "primary", str(inputs["primaryKeyArn"]).rsplit("/", 1)[-1], actual["KeyId"]


@verifies("aws:s3/bucketReplicationConfig:BucketReplicationConfig", "bucket replication")
def replication(reader: Reader, identifier: str, inputs: Mapping[str, Any]) -> Iterator[Comparison]:
    """Whither, by which role, and encrypted with which key."""
    answer = reader.read("s3", "GetBucketReplication", Bucket=identifier)
    actual = answer["ReplicationConfiguration"]
    yield "role", inputs["role"], actual["Role"]
    wanted, (rule,) = inputs["rules"][0], actual["Rules"]
    yield "status", wanted["status"], rule["Status"]
    destination = wanted["destination"]
    yield "destination", destination["bucket"], rule["Destination"]["Bucket"]
    key = (destination.get("encryptionConfiguration") or {}).get("replicaKmsKeyId")
    encryption = rule["Destination"].get("EncryptionConfiguration")
    if key is not None:
        yield "key", key, (encryption or {}).get("ReplicaKmsKeyID", NOT_SHOWN)


@verifies("aws:ecr/replicationConfiguration:ReplicationConfiguration", "registry replication")
def registry(reader: Reader, _: str, inputs: Mapping[str, Any]) -> Iterator[Comparison]:
    """Which repositories go to which region."""
    actual = reader.read("ecr", "DescribeRegistry")["replicationConfiguration"]["rules"]
    wanted = inputs["replicationConfiguration"]["rules"]
    yield "regions", _regions(wanted), _regions(actual)
    yield "repositories", _filters(wanted), _filters(actual)


def _regions(rules: list[Mapping[str, Any]]) -> list[str]:
    return [each["region"] for rule in rules for each in rule["destinations"]]


def _filters(rules: list[Mapping[str, Any]]) -> list[str]:
    return [each["filter"] for rule in rules for each in rule.get("repositoryFilters") or []]


@verifies("aws:backup/vault:Vault", "backup vault")
def vault(reader: Reader, identifier: str, inputs: Mapping[str, Any]) -> Iterator[Comparison]:
    """Its key."""
    actual = reader.read("backup", "DescribeBackupVault", BackupVaultName=identifier)
    yield "key", inputs["kmsKeyArn"], actual.get("EncryptionKeyArn", NOT_SHOWN)


@verifies("aws:backup/vaultLockConfiguration:VaultLockConfiguration", "vault lock")
def vault_lock(reader: Reader, identifier: str, inputs: Mapping[str, Any]) -> Iterator[Comparison]:
    """That nothing in the vault goes before its time."""
    actual = reader.read("backup", "DescribeBackupVault", BackupVaultName=identifier)
    yield "locked", True, actual.get("Locked", NOT_SHOWN)
    yield "least days", inputs["minRetentionDays"], actual.get("MinRetentionDays", NOT_SHOWN)
    yield "most days", inputs["maxRetentionDays"], actual.get("MaxRetentionDays", NOT_SHOWN)


@verifies("aws:backup/plan:Plan", "backup plan")
def plan(reader: Reader, identifier: str, inputs: Mapping[str, Any]) -> Iterator[Comparison]:
    """When, into which vault, and into which other region's."""
    actual = reader.read("backup", "GetBackupPlan", BackupPlanId=identifier)["BackupPlan"]
    for wanted, rule in zip(inputs["rules"], actual["Rules"], strict=True):
        yield "vault", wanted["targetVaultName"], rule["TargetBackupVaultName"]
        yield "schedule", wanted["schedule"], rule["ScheduleExpression"]
        copies = [each["DestinationBackupVaultArn"] for each in rule.get("CopyActions") or []]
        yield "copied to", [each["destinationVaultArn"] for each in wanted["copyActions"]], copies


@verifies("aws:route53/healthCheck:HealthCheck", "health check")
def health_check(
    reader: Reader, identifier: str, inputs: Mapping[str, Any]
) -> Iterator[Comparison]:
    """What it looks at, how often, and which way round."""
    answer = reader.read("route53", "GetHealthCheck", HealthCheckId=identifier)
    actual = answer["HealthCheck"]["HealthCheckConfig"]
    yield "type", inputs["type"], actual["Type"]
    for subject, key, member in (
        ("name", "fqdn", "FullyQualifiedDomainName"),
        ("path", "resourcePath", "ResourcePath"),
        ("interval", "requestInterval", "RequestInterval"),
        ("failures", "failureThreshold", "FailureThreshold"),
        ("needed", "childHealthThreshold", "HealthThreshold"),
        ("inverted", "invertHealthcheck", "Inverted"),
    ):
        if inputs.get(key) is not None:
            yield subject, inputs[key], actual.get(member, NOT_SHOWN)
    if inputs.get("childHealthchecks"):
        yield "of", sorted(inputs["childHealthchecks"]), sorted(actual.get("ChildHealthChecks", []))
