"""What the stacks of production keep in their recovery regions, in their recorded plans."""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import replace
from itertools import pairwise

import pytest
from moto.events.models import EventPattern

from rf.check.residency.leaks import leaks_of
from rf.cost.stock import stock_of
from rf.grow.classify import Kind, step_between
from rf.shared.plan import reveal
from rf.shared.plan_document import document_of
from rf.shared.stacks import PROJECT_ROOT, plan_of, settings_of
from scaleplan.config.mistakes import InvalidSettings
from scaleplan.config.stack_file import stack_names
from scaleplan.cost import recovery as cost_recovery
from scaleplan.recovery.disaster_recovery import RecoveryMode
from scaleplan.recovery.times import POINT_IN_TIME_DAYS
from tests.configurations import ACTIVE, OPEN

PREPARED = {"prod": "us-east-2", "prod-us-west": "us-east-2", "prod-eu": "eu-central-1"}
AUTOMATED = "aws:rds/instanceAutomatedBackupsReplication:InstanceAutomatedBackupsReplication"
HEALTH_CHECK = "aws:route53/healthCheck:HealthCheck"
RECORD = "aws:route53/record:Record"
REPLICA_KEY = "aws:kms/replicaKey:ReplicaKey"
REPLICATION = "aws:s3/bucketReplicationConfig:BucketReplicationConfig"
STACK_REFERENCE = "pulumi:pulumi:StackReference"
SECRET = "aws:secretsmanager/secret:Secret"
VAULT = "aws:backup/vault:Vault"
BACKUP_PLAN = "aws:backup/plan:Plan"
SELECTION = "aws:backup/selection:Selection"
INSTANCE = "aws:rds/instance:Instance"

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
HOUR, DAY, WEEK = 60, 24 * 60, 7 * 24 * 60
"""In minutes."""
DAILY = re.compile(r"cron\((?P<minute>\d+) (?P<hour>\d+) \* \* \? \*\)")
WINDOW = re.compile(
    r"(?:(?P<from_day>[a-z]{3}):)?(?P<from>\d\d:\d\d)-(?:(?P<to_day>[a-z]{3}):)?(?P<to>\d\d:\d\d)"
)


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


def minutes_of(start, length):
    """So many minutes from a minute of the week on; what passes Sunday's end is Monday's."""
    return {minute % WEEK for minute in range(start, start + length)}


def minutes_of_window(text):
    """The minutes of the week in a window of RDS, by the day or by the week, in UTC."""
    window = WINDOW.fullmatch(text)
    assert window is not None, text

    def minute(day, time):
        hours, minutes = time.split(":")
        return day * DAY + int(hours) * HOUR + int(minutes)

    found = set()
    for day in [DAYS.index(window["from_day"])] if window["from_day"] else range(7):
        last_day = DAYS.index(window["to_day"]) if window["to_day"] else day
        start, end = minute(day, window["from"]), minute(last_day, window["to"])
        found |= minutes_of(start, (end - start) % WEEK)
    return found


def closed_to_aws_backup(instance):
    """The minutes of the week in which AWS Backup can start no snapshot of an RDS instance: its own
    windows and the hour before each (AWS Backup guide, "Troubleshoot creating resources")."""
    windows = [instance["maintenanceWindow"]]
    if instance["backupRetentionPeriod"]:
        windows.append(instance["backupWindow"])
    own = set.union(*map(minutes_of_window, windows))
    return {(minute - ahead) % WEEK for minute in own for ahead in range(HOUR + 1)}


def minutes_of_schedule(rule):
    """The minutes of the week in which a rule of a backup plan may start its job, in UTC."""
    daily = DAILY.fullmatch(rule["schedule"])
    assert daily, rule["schedule"]
    assert rule.get("scheduleExpressionTimezone", "Etc/UTC") == "Etc/UTC"
    start = int(daily["hour"]) * HOUR + int(daily["minute"])
    # Its end too: a job that starts at the last moment needs that minute.
    starts = [minutes_of(day * DAY + start, rule["startWindow"] + 1) for day in range(7)]
    return set.union(*starts)


@pytest.mark.parametrize("stack", stack_names(PROJECT_ROOT))
def test_no_scheduled_backup_may_start_when_rds_lets_none_start(serving, stack):
    """Else the copy of that day is lost: every day, or each week's of the maintenance day."""
    plan = serving(stack)
    rules = {each.resource_id: reveal(each.inputs)["rules"] for each in plan.of_type(BACKUP_PLAN)}
    instances = {each.outputs["arn"]: reveal(each.inputs) for each in plan.of_type(INSTANCE)}
    looked_at = []
    for selection in inputs_of(plan, SELECTION):
        for arn in selection["resources"]:
            closed = closed_to_aws_backup(instances[arn])
            for rule in rules[selection["planId"]]:
                starts = minutes_of_schedule(rule)
                assert not starts & closed, f"{rule['schedule']} meets a window of {arn}"
                looked_at.append(arn)
    assert bool(looked_at) == (stack in PREPARED)


def job_event(kind, state, database, **detail):
    """An event of AWS Backup, as its guide shows them under "Monitoring AWS Backup events"."""
    return {
        "version": "0",
        "id": "710b0398-d48e-f3c3-afca-cfeb2fdaa656",
        "detail-type": f"{kind} Job State Change",
        "source": "aws.backup",
        "account": "123456789012",
        "time": "2026-03-01T08:00:26Z",
        "region": "us-east-1",
        "resources": [],
        "detail": {
            "resourceArn": database,
            "resourceType": "RDS",
            "iamRoleArn": "arn:aws:iam::123456789012:role/daily",
            "state": state,
            **detail,
        },
    }


@pytest.mark.parametrize("stack", PREPARED)
def test_a_backup_or_a_copy_that_comes_to_nothing_pages(planned, stack):
    plan = planned(stack)
    database = plan.named(INSTANCE, "database-primary").outputs["arn"]
    pages = plan.named("aws:sns/topic:Topic", "observability-topics-pages").outputs["arn"]
    rules = {
        target["rule"]: EventPattern.load(
            plan.named("aws:cloudwatch/eventRule:EventRule", target_name).inputs["eventPattern"]
        )
        for target_name, target in (
            (each.name, reveal(each.inputs))
            for each in plan.of_type("aws:cloudwatch/eventTarget:EventTarget")
        )
        if target["arn"] == pages
    }

    def pages_at(event):
        return any(rule.matches_event(event) for rule in rules.values())

    for kind in ("Backup", "Copy"):
        for state in ("FAILED", "EXPIRED", "ABORTED"):
            assert pages_at(job_event(kind, state, database)), (kind, state)
        for state in ("CREATED", "PENDING", "RUNNING", "COMPLETED"):
            assert not pages_at(job_event(kind, state, database)), (kind, state)
        assert not pages_at(job_event(kind, "FAILED", f"{database}-of-another-stack"))
    assert not pages_at(job_event("Restore", "FAILED", database))


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


def test_the_registrys_one_object_of_rules_belongs_to_one_stack_of_a_region(planned):
    """Two stacks of one account and region would overwrite each other's."""
    regions = Counter(
        settings_of(stack).region
        for stack in ("dev", "staging", *PREPARED)
        if planned(stack).of_type("aws:ecr/replicationConfiguration:ReplicationConfiguration")
    )
    assert set(regions.values()) == {1}


GLOBAL = ("aws:iam/", "aws:route53/", "aws:cloudfront/", "aws:acm/")
"""Services whose control planes stand in us-east-1, and certificates, whose proofs are records."""


def site(planned, *overrides):
    return planned("prod-dr", overrides=overrides)


def test_the_waiting_site_follows_prods_primary_in_its_own_network_under_the_replicated_key(
    planned,
):
    prod, plan = planned("prod"), site(planned)
    (replica,) = plan.of_type(INSTANCE)
    inputs = reveal(replica.inputs)
    primary = prod.named(INSTANCE, "database-primary")
    assert inputs["replicateSourceDb"] == primary.outputs["arn"]
    assert inputs["kmsKeyId"] == the(prod, REPLICA_KEY).outputs["arn"]
    assert inputs["dbSubnetGroupName"] == "researchflow-prod-dr-database"
    assert (replica.protect, inputs["storageEncrypted"]) == (True, True)
    # What RDS takes from the source and refuses beside it.
    refused = {"engine", "engineVersion", "dbName", "username", "password", "allocatedStorage"}
    assert not refused & set(inputs)
    assert "finalSnapshotIdentifier" not in inputs
    # It must replay all that is written there, and take over without a change of class.
    assert inputs["instanceClass"] == primary.inputs["instanceClass"]


def test_the_waiting_site_runs_no_pod_of_an_application(planned):
    names = {each.name for each in site(planned).resources}
    assert not names & {"orchestrator-workload", "worker-workload", "citus-cluster", "pgbouncer"}
    assert {"platform", "ingress-balancer", "site-certificate", "cache-group"} <= names


def test_taking_over_asks_nothing_of_a_service_whose_control_plane_may_be_lost(planned):
    """Roles, records, certificates: made, changed or deleted in no phase after standby."""
    phases = [document_of(site(planned, *phase)) for phase in ((), ACTIVE, OPEN)]
    for before, after in pairwise(phases):
        step = step_between(before, after, names=("before", "after"))
        assert [each.name for each in step.changes if each.type.startswith(GLOBAL)] == []
    stands_in = {
        str(reveal(each.inputs).get("region"))
        for each in phases[2].resources.values()
        if each.type.startswith("aws:") and reveal(each.inputs).get("region")
    }
    assert stands_in == set()


def test_the_promotion_is_all_that_endangers_anything_and_rf_grow_names_it(planned):
    before, after = (document_of(site(planned, *phase)) for phase in ((), ACTIVE))
    step = step_between(before, after, names=("standby", "active"))
    (finding,) = step.findings
    assert finding.resource == "database-primary"
    assert "promotes the replica of researchflow-prod-database in us-east-1" in finding.what
    kinds = {each.name: each.kind for each in step.changes if each.stateful}
    assert kinds["database-primary"] is Kind.PROMOTE
    assert not {Kind.DELETE, Kind.CANNOT} & set(kinds.values())


def test_the_active_site_is_prods_size_on_the_copies_and_names_nothing_in_the_lost_region(planned):
    prod, plan = planned("prod"), site(planned, *ACTIVE)
    sizes = {
        "database-primary": ("instanceClass", "multiAz"),
        "cache-group": ("nodeType", "numNodeGroups", "replicasPerNodeGroup"),
        "queue-group": ("nodeType", "numCacheClusters"),
    }
    by_name = [{each.name: each for each in each_plan.resources} for each_plan in (prod, plan)]
    for name, keys in sizes.items():
        there, here = (found[name].inputs for found in by_name)
        assert [here[key] for key in keys] == [there[key] for key in keys], name
    deployments = "kubernetes:apps/v1:Deployment"
    assert {each.name for each in plan.of_type(deployments)} == {
        each.name for each in prod.of_type(deployments)
    }
    text = json.dumps([each.to_json() for each in plan.resources if each.type != STACK_REFERENCE])
    assert "researchflow-prod-artifacts-123456789012-us-east-2" in text
    assert "researchflow-prod-citus-123456789012-us-east-2" in text
    assert "123456789012.dkr.ecr.us-east-2.amazonaws.com/researchflow-prod/worker:1.0.0" in text
    naming = {
        each.name
        for each in plan.resources
        if each.type != STACK_REFERENCE and "us-east-1" in json.dumps(each.to_json()["inputs"])
    }
    # CloudFront's metrics are read there, where there are any: counts, which nothing waits for.
    assert naming == {"observability-exporters-cloudwatch-files"}


def test_health_checks_hear_of_the_site_when_it_is_open_and_not_before(planned):
    shut = "aws:lb/listenerRule:ListenerRule"
    answers = {
        phase: [
            r.inputs["actions"][0]
            for r in site(planned, *phase).of_type(shut)
            if r.inputs["priority"] == 1
        ]
        for phase in ((), ACTIVE, OPEN)
    }
    for phase in ((), ACTIVE):
        (action,) = answers[phase]
        assert action["fixedResponse"]["statusCode"] == "503"
    assert answers[OPEN] == []
    plan = site(planned)
    secondary = plan.named(RECORD, "site-entry-domain")
    check = planned("prod").named(HEALTH_CHECK, "edge-failover-site")
    assert secondary.inputs["failoverRoutingPolicies"] == [{"type": "SECONDARY"}]
    assert secondary.inputs["healthCheckId"] == check.resource_id
    assert secondary.inputs["name"] == "researchflow.example.com"
    assert plan.named(RECORD, "site-entry-site").inputs["name"] == check.inputs["fqdn"]
    (certificate,) = plan.of_type("aws:acm/certificate:Certificate")
    names = (certificate.inputs["domainName"], *certificate.inputs["subjectAlternativeNames"])
    assert names == ("researchflow.example.com", "recovery.researchflow.example.com")
    (acl,) = plan.of_type("aws:wafv2/webAcl:WebAcl")
    assert acl.inputs["scope"] == "REGIONAL"


def test_a_site_whose_stack_prepares_another_region_or_mode_is_refused():
    with pytest.raises(InvalidSettings) as raised:
        plan_of("prod-dr", overrides=("disasterRecovery.siteOf=prod-eu",))
    assert "siteOf" in str(raised.value)
