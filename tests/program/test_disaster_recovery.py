"""What the stacks of production keep in their recovery regions, in their recorded plans."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace

import pytest

from components.recovery_backups import KEPT_DAYS, POINT_IN_TIME_DAYS
from rf.cells.residency import leaks_of
from rf.cost.stock import stock_of
from rf.plan import reveal
from rf.stacks import settings_of
from scaleplan import cost_recovery
from scaleplan.disaster_recovery import RecoveryMode

PREPARED = {"prod": "us-east-2", "prod-us-west": "us-east-2", "prod-eu": "eu-central-1"}
AUTOMATED = "aws:rds/instanceAutomatedBackupsReplication:InstanceAutomatedBackupsReplication"
HEALTH_CHECK = "aws:route53/healthCheck:HealthCheck"
RECORD = "aws:route53/record:Record"
REPLICA_KEY = "aws:kms/replicaKey:ReplicaKey"
REPLICATION = "aws:s3/bucketReplicationConfig:BucketReplicationConfig"
SECRET = "aws:secretsmanager/secret:Secret"
VAULT = "aws:backup/vault:Vault"


def inputs_of(plan, token):
    return [reveal(resource.inputs) for resource in plan.of_type(token)]


def the(plan, token):
    (found,) = plan.of_type(token)
    return found


@pytest.mark.parametrize(("stack", "region"), PREPARED.items())
def test_every_secret_and_bucket_of_production_has_a_copy_under_the_recovery_regions_key(
    planned, stack, region
):
    plan = planned(stack)
    key = the(plan, REPLICA_KEY)
    arn = f"arn:aws:kms:{region}:123456789012:key/{key.resource_id}"
    assert key.outputs["arn"] == arn
    assert key.resource_id.startswith("mrk-")
    secrets = inputs_of(plan, SECRET)
    assert [each["replicas"] for each in secrets] == [
        [{"region": region, "kmsKeyId": arn}] for _ in secrets
    ]
    copies = {}
    for rule in inputs_of(plan, REPLICATION):
        destination = rule["rules"][0]["destination"]
        encryption = destination.get("encryptionConfiguration") or {}
        copies[rule["bucket"]] = (destination["bucket"], encryption.get("replicaKmsKeyId"))
        assert destination["replicationTime"]["time"]["minutes"] == 15
    here = settings_of(stack).region
    assert copies == {
        f"researchflow-{stack}-{role}-123456789012-{here}": (
            f"arn:aws:s3:::researchflow-{stack}-{role}-123456789012-{region}",
            None if role == "static" else arn,
        )
        for role in ("artifacts", "citus", "static")
    }


@pytest.mark.parametrize("stack", PREPARED)
def test_a_copy_is_versioned_closed_encrypted_and_as_guarded_as_its_source(planned, stack):
    plan = planned(stack)
    region = PREPARED[stack]
    copies = {
        each.inputs["bucket"]: each
        for each in plan.of_type("aws:s3/bucket:Bucket")
        if each.inputs.get("region") == region
    }
    assert len(copies) == 3
    assert all(each.protect for each in copies.values())
    for setting in (
        "Versioning:BucketVersioning",
        "PublicAccessBlock:BucketPublicAccessBlock",
        "ServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration",
        "Policy:BucketPolicy",
        "LifecycleConfiguration:BucketLifecycleConfiguration",
    ):
        there = {
            each["bucket"]
            for each in inputs_of(plan, f"aws:s3/bucket{setting}")
            if each.get("region") == region
        }
        assert there == set(copies), setting


@pytest.mark.parametrize("stack", PREPARED)
def test_a_daily_backup_of_the_database_goes_to_a_locked_vault_in_the_recovery_region(
    planned, stack
):
    plan = planned(stack)
    vaults = {each.inputs.get("region"): each for each in plan.of_type(VAULT)}
    assert set(vaults) == {None, PREPARED[stack]}
    assert all(each.protect for each in vaults.values())
    locks = inputs_of(plan, "aws:backup/vaultLockConfiguration:VaultLockConfiguration")
    assert {each.get("region") for each in locks} == set(vaults)
    # Governance: a lock in compliance mode is nobody's to take off, so no program's to set.
    assert all("changeableForDays" not in each for each in locks)
    (rule,) = reveal(the(plan, "aws:backup/plan:Plan").inputs)["rules"]
    (copy,) = rule["copyActions"]
    there = vaults[PREPARED[stack]].outputs["arn"]
    assert (rule["targetVaultName"], copy["destinationVaultArn"]) == (
        f"researchflow-{stack}-recovery",
        there,
    )
    least, most = locks[0]["minRetentionDays"], locks[0]["maxRetentionDays"]
    for life in (rule["lifecycle"], copy["lifecycle"]):
        assert least <= life["deleteAfter"] <= most
    selected = reveal(the(plan, "aws:backup/selection:Selection").inputs)["resources"]
    primary = plan.named("aws:rds/instance:Instance", "database-primary")
    assert selected == [primary.outputs["arn"]]


@pytest.mark.parametrize("stack", PREPARED)
def test_backups_are_replicated_where_no_replica_stands(planned, stack):
    plan = planned(stack)
    replications = inputs_of(plan, AUTOMATED)
    if settings_of(stack).disaster_recovery.mode is RecoveryMode.WARM:
        assert replications == []
        return
    (found,) = replications
    assert found["region"] == PREPARED[stack]
    assert found["retentionPeriod"] == POINT_IN_TIME_DAYS
    assert found["kmsKeyId"] == the(plan, REPLICA_KEY).outputs["arn"]


@pytest.mark.parametrize("stack", PREPARED)
def test_only_the_stacks_own_images_are_copied_into_repositories_with_its_key(planned, stack):
    plan = planned(stack)
    rules = the(plan, "aws:ecr/replicationConfiguration:ReplicationConfiguration")
    (rule,) = reveal(rules.inputs)["replicationConfiguration"]["rules"]
    assert rule["destinations"] == [{"region": PREPARED[stack], "registryId": "123456789012"}]
    assert rule["repositoryFilters"] == [
        {"filter": f"researchflow-{stack}/", "filterType": "PREFIX_MATCH"}
    ]
    template = the(plan, "aws:ecr/repositoryCreationTemplate:RepositoryCreationTemplate")
    assert template.urn in rules.dependencies
    made = reveal(template.inputs)
    assert (made["prefix"], made["imageTagMutability"]) == (f"researchflow-{stack}", "IMMUTABLE")
    assert made["encryptionConfigurations"][0]["kmsKey"] == the(plan, REPLICA_KEY).outputs["arn"]


def test_a_domain_leads_home_while_home_answers_and_the_site_is_not_ready(planned):
    plan = planned("prod")
    checks = {each.name: each for each in plan.of_type(HEALTH_CHECK)}
    domain = plan.named(RECORD, "edge-domain-a")
    alone = checks["edge-failover-primary-alone"]
    assert domain.inputs["healthCheckId"] == alone.resource_id
    assert domain.inputs["failoverRoutingPolicies"] == [{"type": "PRIMARY"}]
    # Both, so that two sites never take writes: a primary that comes back stays out.
    assert alone.inputs["childHealthThreshold"] == 2
    waits = checks["edge-failover-site-waits"]
    assert set(alone.inputs["childHealthchecks"]) == {
        checks["edge-failover-primary"].resource_id,
        waits.resource_id,
    }
    assert waits.inputs["invertHealthcheck"]
    assert waits.inputs["childHealthchecks"] == [checks["edge-failover-site"].resource_id]
    distribution = the(plan, "aws:cloudfront/distribution:Distribution")
    looked_at = {checks[f"edge-failover-{role}"].inputs["fqdn"] for role in ("primary", "site")}
    assert looked_at == {distribution.outputs["domainName"], "recovery.researchflow.example.com"}
    # An AAAA record alone would go on leading to the lost site.
    names = [(each.inputs["name"], each.inputs["type"]) for each in plan.of_type(RECORD)]
    assert ("researchflow.example.com", "AAAA") not in names


def test_replication_may_read_its_bucket_write_its_copy_and_use_either_key_there_alone(planned):
    plan = planned("prod")
    policy = plan.named("aws:iam/rolePolicy:RolePolicy", "recovery-artifacts-replication")
    statements = {each["Sid"]: each for each in json.loads(policy.inputs["policy"])["Statement"]}
    source = "arn:aws:s3:::researchflow-prod-artifacts-123456789012-us-east-1"
    copy = "arn:aws:s3:::researchflow-prod-artifacts-123456789012-us-east-2"
    assert statements["ReadVersions"]["Resource"] == [f"{source}/*"]
    assert statements["WriteCopies"]["Resource"] == [f"{copy}/*"]
    for sid, region in (("DecryptThroughSource", "us-east-1"), ("EncryptThroughCopy", "us-east-2")):
        via = statements[sid]["Condition"]["StringEquals"]["kms:ViaService"]
        assert (len(statements[sid]["Resource"]), via) == (1, f"s3.{region}.amazonaws.com")


@pytest.mark.parametrize("leak", ["us-east-2", "eu-west-2"])
def test_copies_of_european_data_stay_in_the_union_and_one_elsewhere_is_found(planned, leak):
    plan = planned("prod-eu")
    assert leaks_of(plan) == []
    text = plan.to_json()
    assert "eu-central-1" in text
    moved = tuple(_moved(resource, leak) for resource in plan.resources)
    seeded = replace(plan, resources=moved)
    found = {each.urn.rsplit("::", 1)[-1] for each in leaks_of(seeded)}
    assert {"encryption-recovery", "recovery-artifacts-bucket", "recovery-backups-there"} <= found


def _moved(resource, region):
    if resource.inputs.get("region") != "eu-central-1":
        return resource
    return replace(resource, inputs={**resource.inputs, "region": region})


def test_the_bill_counts_what_the_plan_has_in_the_recovery_region(planned):
    plan = planned("prod")
    stock = stock_of(plan)
    assert stock["route53:health-check"].low == cost_recovery.HEALTH_CHECKS
    assert stock["route53:health-check-https"].low == cost_recovery.CHECKED_ENDPOINTS
    assert cost_recovery.DAILY_BACKUPS == KEPT_DAYS
    assert cost_recovery.POINT_IN_TIME_DAYS == POINT_IN_TIME_DAYS


def test_the_registrys_one_object_of_rules_belongs_to_one_stack_of_a_region(planned):
    """Two stacks of one account and region would overwrite each other's."""
    regions = Counter(
        settings_of(stack).region
        for stack in ("dev", "staging", *PREPARED)
        if planned(stack).of_type("aws:ecr/replicationConfiguration:ReplicationConfiguration")
    )
    assert set(regions.values()) == {1}
