"""The database layer: what each size deploys, and what RDS would refuse or lose."""

import json

import pulumi
import pytest

from components.database.database import Database, DatabaseArgs
from rf.shared.plan import Secret, reveal
from scaleplan.model import load_plan
from scaleplan.sizes import Size
from tests.components.recorded_once import recorded_once
from tests.components.values import data_network, keys, place

PLAN = load_plan()
INSTANCE = "aws:rds/instance:Instance"
KEY = "arn:aws:kms:us-east-1:123456789012:key/11111111-2222-3333-4444-555555555555"
LOGS_KEY = "arn:aws:kms:us-east-1:123456789012:key/66666666-7777-8888-9999-000000000000"
ZONES = ("us-east-1a", "us-east-1b", "us-east-1c")


@pytest.fixture
def database(build):
    @recorded_once
    def run(size=Size.MEDIUM, *, protect=True, **options):
        def construct(opts):
            args = DatabaseArgs(
                place=place(availability_zones=ZONES, protect=protect),
                keys=keys(data_arn=KEY, logs_arn=LOGS_KEY),
                network=data_network(),
                settings=PLAN.sizes[size].database,
                replication=PLAN.replication,
            )
            made = Database("database", args, opts)
            pulumi.export("password", made.password)
            pulumi.export("replicas", made.replica_addresses)
            return made

        return build(construct, **options)

    return run


def primary_of(built):
    return built.inputs(INSTANCE, "database-primary")


def replicas_of(built):
    return [r for r in built.of_type(INSTANCE) if "replicateSourceDb" in r.inputs]


@pytest.mark.parametrize("size", Size)
def test_the_primary_has_the_class_storage_and_backups_of_its_size(database, size):
    settings = PLAN.sizes[size].database
    primary = primary_of(database(size))
    assert primary["instanceClass"] == settings.instance_class
    assert primary["allocatedStorage"] == settings.allocated_storage_gib
    assert primary["maxAllocatedStorage"] == settings.max_storage_gib
    assert primary["multiAz"] is settings.multi_az
    assert primary["backupRetentionPeriod"] == settings.backup_retention_days


@pytest.mark.parametrize("size", Size)
def test_what_would_replace_the_primary_is_the_same_in_every_size(database, size):
    primary = primary_of(database(size))
    fixed = ("identifier", "engine", "engineVersion", "dbName", "username", "port", "kmsKeyId")
    assert [primary[key] for key in fixed] == [
        "researchflow-test-database",
        "postgres",
        "16",
        "ros",
        "ros",
        5432,
        KEY,
    ]
    assert primary["storageEncrypted"] is True
    # A zone here would replace the instance when it moves; AWS places a standby by itself.
    assert "availabilityZone" not in primary


@pytest.mark.parametrize("size", Size)
def test_no_blue_green_update_is_set_while_replicas_exist(database, size):
    assert all("blueGreenUpdate" not in r.inputs for r in database(size).of_type(INSTANCE))


@pytest.mark.parametrize("size", Size)
def test_each_replica_stands_in_another_zone_under_a_name_that_stays(database, size):
    replicas = replicas_of(database(size))
    expected = [("database-replica-b", "us-east-1b"), ("database-replica-c", "us-east-1c")]
    wanted = expected[: PLAN.sizes[size].database.read_replicas]
    assert [(r.name, r.inputs["availabilityZone"]) for r in replicas] == wanted


def test_a_replica_repeats_nothing_that_rds_forbids(database):
    forbidden = {
        "username",
        "password",
        "dbName",
        "engine",
        "engineVersion",
        "allocatedStorage",
        "dbSubnetGroupName",
        "kmsKeyId",
        "finalSnapshotIdentifier",
        "manageMasterUserPassword",
    }
    for replica in replicas_of(database()):
        assert not forbidden & set(replica.inputs)
        assert replica.inputs["replicateSourceDb"] == "researchflow-test-database"
        assert replica.inputs["skipFinalSnapshot"] is True
        # Not forbidden, and left out the provider would replace the replica at the next deployment.
        assert replica.inputs["storageEncrypted"] is True


def test_maintenance_takes_one_instance_at_a_time(database):
    windows = [r.inputs["maintenanceWindow"] for r in database().of_type(INSTANCE)]
    assert len(set(windows)) == len(windows) == 3


def test_the_masters_password_is_not_managed_by_rds_which_would_refuse_replicas(database):
    primary = primary_of(database())
    assert "manageMasterUserPassword" not in primary
    assert primary["password"]


@pytest.mark.parametrize("size", Size)
def test_instances_are_private_watched_and_ask_for_the_forced_tls_group(database, size):
    built = database(size)
    groups = {r.inputs["parameterGroupName"] for r in built.of_type(INSTANCE)}
    assert len(groups) == 1
    for instance in built.of_type(INSTANCE):
        assert instance.inputs["publiclyAccessible"] is False
        assert instance.inputs["storageType"] == "gp3"
        assert instance.inputs["storageEncrypted"] is True
        assert instance.inputs["performanceInsightsEnabled"] is True
        assert instance.inputs["performanceInsightsKmsKeyId"] == KEY
        assert instance.inputs["monitoringInterval"] == 60
        assert instance.inputs["enabledCloudwatchLogsExports"] == ["postgresql", "upgrade"]
        assert instance.inputs["applyImmediately"] is False
    (group,) = built.of_type("aws:rds/parameterGroup:ParameterGroup")
    assert group.inputs["family"] == "postgres16"
    assert "postgres16" in group.inputs["namePrefix"]
    assert {"name": "rds.force_ssl", "value": "1", "applyMethod": "immediate"} in group.inputs[
        "parameters"
    ]


@pytest.mark.parametrize("size", Size)
def test_logs_go_to_encrypted_groups_that_exist_before_rds_would_make_its_own(database, size):
    built = database(size)
    groups = {r.inputs["name"]: r for r in built.of_type("aws:cloudwatch/logGroup:LogGroup")}
    for instance in built.of_type(INSTANCE):
        for log in instance.inputs["enabledCloudwatchLogsExports"]:
            group = groups.pop(f"/aws/rds/instance/{instance.inputs['identifier']}/{log}")
            assert group.urn in instance.dependencies
            assert group.inputs["kmsKeyId"] == LOGS_KEY
            assert group.inputs["retentionInDays"] == 90
    assert not groups


def test_only_the_cluster_reaches_the_port(database):
    (rule,) = database().of_type("aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule")
    assert (rule.inputs["fromPort"], rule.inputs["toPort"]) == (5432, 5432)
    assert rule.inputs["referencedSecurityGroupId"] == "sg-0c1c2c3c4c5c6c7c8"
    assert "cidrIpv4" not in rule.inputs


def test_protected_data_survives_a_destroy(database):
    built = database(protect=True)
    primary = built.named(INSTANCE, "database-primary")
    assert primary.protect
    assert primary.inputs["deletionProtection"] is True
    assert primary.inputs["skipFinalSnapshot"] is False
    assert primary.inputs["finalSnapshotIdentifier"] == "researchflow-test-database-final"
    assert primary.inputs["deleteAutomatedBackups"] is False
    assert built.named("aws:secretsmanager/secret:Secret", "database-connection").protect
    assert replicas_of(built)
    assert all(replica.protect for replica in replicas_of(built))
    assert all(replica.inputs["deletionProtection"] is True for replica in replicas_of(built))


def test_a_stack_to_throw_away_leaves_no_name_taken(database):
    built = database(protect=False)
    primary = primary_of(built)
    assert primary["deletionProtection"] is False
    assert primary["skipFinalSnapshot"] is True
    assert "finalSnapshotIdentifier" not in primary
    (secret,) = built.of_type("aws:secretsmanager/secret:Secret")
    assert secret.inputs["recoveryWindowInDays"] == 0


def test_the_secret_says_how_to_connect_and_is_secret(database):
    built = database()
    (version,) = built.of_type("aws:secretsmanager/secretVersion:SecretVersion")
    assert isinstance(version.inputs["secretString"], Secret)
    facts = json.loads(reveal(version.inputs["secretString"]))
    assert (facts["engine"], facts["port"], facts["dbname"]) == ("postgres", 5432, "ros")
    assert facts["username"] == "ros"
    assert facts["password"] == reveal(built.exported["password"])
    assert len(facts["replicaHosts"]) == 2
    assert facts["host"] not in facts["replicaHosts"]
    (secret,) = built.of_type("aws:secretsmanager/secret:Secret")
    assert secret.inputs["name"] == "researchflow-test/database"
    assert secret.inputs["kmsKeyId"] == KEY


@pytest.mark.parametrize("size", Size)
def test_failovers_and_failures_of_every_instance_are_told_to_the_topic(database, size):
    built = database(size)
    (topic,) = built.of_type("aws:sns/topic:Topic")
    (subscription,) = built.of_type("aws:rds/eventSubscription:EventSubscription")
    assert subscription.inputs["snsTopic"] == topic.outputs["arn"]
    assert subscription.inputs["sourceType"] == "db-instance"
    identifiers = {r.inputs["identifier"] for r in built.of_type(INSTANCE)}
    assert set(subscription.inputs["sourceIds"]) == identifiers
    categories = set(subscription.inputs["eventCategories"])
    assert {"failover", "failure", "low storage", "maintenance"} <= categories
    assert topic.inputs["kmsMasterKeyId"] == LOGS_KEY
    # RDS subscribes by publishing a first message, which the policy has to let in.
    (policy,) = built.of_type("aws:sns/topicPolicy:TopicPolicy")
    assert policy.urn in subscription.dependencies


def test_only_rds_of_this_account_publishes_and_only_over_tls(database):
    (policy,) = database().of_type("aws:sns/topicPolicy:TopicPolicy")
    allow, deny = json.loads(policy.inputs["policy"])["Statement"]
    assert allow["Principal"] == {"Service": "events.rds.amazonaws.com"}
    assert allow["Condition"] == {"StringEquals": {"aws:SourceAccount": "123456789012"}}
    assert allow["Resource"] == deny["Resource"] == policy.inputs["arn"]
    assert (deny["Effect"], deny["Condition"]) == (
        "Deny",
        {"Bool": {"aws:SecureTransport": "false"}},
    )


def test_the_password_is_shown_nowhere(database):
    built = database()
    assert isinstance(built.exported["password"], Secret)
    assert reveal(built.exported["password"]) not in built.plan.to_json()


def test_a_first_preview_knows_which_instances_there_will_be(database):
    assert len(database(unknowns=True).of_type(INSTANCE)) == 3
