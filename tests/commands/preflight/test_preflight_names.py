"""Names that must be free or the stack's own, and images that pods will pull."""

import hashlib
import json

import pytest

from rf.preflight import check_names
from rf.preflight.row import RowStatus
from rf.shared.account.account import Account
from rf.shared.cards.naming import AccountSetting, Naming
from rf.shared.cards.registry import card_of
from rf.shared.plan import redact
from tests.commands.preflight.conftest import OWN_TAGS, REGION, TAG_LIST
from tests.commands.preflight.preflight_rows import verdicts
from tests.configurations import BEFORE_CITUS, RABBITMQ

DATABASE = "researchflow-prod-database"


@pytest.fixture
def named(session, need, owner):
    """The rows of all names, asked anew."""
    return lambda: list(check_names.names(Account(session, "us-east-1"), need, owner))


def test_in_an_empty_account_every_name_is_free(named):
    rows = named()
    assert set(verdicts(rows).values()) == {"pass"}
    kinds = {row.subject.split()[0] for row in rows}
    assert {
        "database",
        "Redis",
        "cluster",
        "bucket",
        "repository",
        "secret",
        "key",
        "logs",
    } <= kinds


@pytest.mark.parametrize(("tags", "verdict"), [(TAG_LIST, "pass"), ([], "fail")])
def test_a_database_of_that_name_is_this_stacks_or_in_the_way(writer, named, tags, verdict):
    writer.client("rds").create_db_instance(
        DBInstanceIdentifier=DATABASE,
        DBInstanceClass="db.t4g.large",
        Engine="postgres",
        AllocatedStorage=20,
        Tags=tags,
    )
    assert verdicts(named())[f"database {DATABASE}"] == verdict


@pytest.mark.parametrize(("tags", "verdict"), [(TAG_LIST, "pass"), ([], "fail")])
def test_a_secret_of_that_name_is_this_stacks_or_in_the_way(writer, named, tags, verdict):
    writer.client("secretsmanager").create_secret(
        Name="researchflow-prod/database", SecretString="x", Tags=tags
    )
    assert verdicts(named())["secret researchflow-prod/database"] == verdict


def test_a_deleted_secret_keeps_its_name_for_a_month(writer, named):
    secrets = writer.client("secretsmanager")
    secrets.create_secret(Name="researchflow-prod/database", SecretString="x", Tags=TAG_LIST)
    secrets.delete_secret(SecretId="researchflow-prod/database", RecoveryWindowInDays=30)
    row = next(row for row in named() if row.subject == "secret researchflow-prod/database")
    assert row.status is RowStatus.FAIL
    assert "restore-secret" in row.found


@pytest.mark.parametrize(("tags", "verdict"), [(TAG_LIST, "pass"), (None, "fail")])
def test_a_bucket_of_this_account_is_this_stacks_or_in_the_way(writer, named, tags, verdict):
    s3, bucket = writer.client("s3"), "researchflow-prod-static-123456789012-us-east-1"
    s3.create_bucket(Bucket=bucket)
    if tags:
        s3.put_bucket_tagging(Bucket=bucket, Tagging={"TagSet": tags})
    assert verdicts(named())[f"bucket {bucket}"] == verdict


def test_a_bucket_of_another_account_is_in_the_way(named, faults):
    faults["s3:GetBucketLocation"] = "AccessDenied"
    rows = [row for row in named() if row.subject.startswith("bucket ")]
    assert rows
    assert {row.status for row in rows} == {RowStatus.FAIL}


@pytest.mark.parametrize(("tags", "verdict"), [(OWN_TAGS, "pass"), ({}, "fail")])
def test_logs_of_that_name_are_this_stacks_or_in_the_way(writer, named, tags, verdict):
    # The classic one: AWS made them itself for a cluster that is long gone.
    group = "/aws/eks/researchflow-prod/cluster"
    writer.client("logs").create_log_group(logGroupName=group, **({"tags": tags} if tags else {}))
    assert verdicts(named())[f"logs {group}"] == verdict


def test_the_final_snapshot_of_an_earlier_stack_is_in_the_way(writer, named):
    rds = writer.client("rds")
    rds.create_db_instance(
        DBInstanceIdentifier="other",
        DBInstanceClass="db.t4g.large",
        Engine="postgres",
        AllocatedStorage=20,
    )
    rds.create_db_snapshot(DBSnapshotIdentifier=f"{DATABASE}-final", DBInstanceIdentifier="other")
    row = next(row for row in named() if row.subject == f"RDS snapshot {DATABASE}-final")
    assert row.status is RowStatus.FAIL
    assert "delete-db-snapshot" in row.fix


def test_a_name_that_can_not_be_asked_for_is_unknown(named, faults):
    faults["eks:DescribeCluster"] = "AccessDeniedException"
    row = next(row for row in named() if row.subject.startswith("cluster "))
    assert row.status is RowStatus.UNKNOWN


def test_images_must_be_in_their_repositories(session, writer, need, owner):
    ecr = writer.client("ecr")
    ecr.create_repository(repositoryName="researchflow-prod/worker")
    ecr.create_repository(repositoryName="researchflow-prod/web")
    for tag in ("1.0.0", "0.9.0"):
        layers = [
            {
                "digest": f"sha256:{hashlib.sha256(tag.encode()).hexdigest()}",
                "size": 1,
                "mediaType": "application/vnd.docker.image.rootfs.diff.tar.gzip",
            }
        ]
        manifest = {
            "schemaVersion": 2,
            "layers": layers,
            "config": layers[0],
            "mediaType": "application/vnd.docker.distribution.manifest.v2+json",
        }
        repository = "worker" if tag == "1.0.0" else "web"
        ecr.put_image(
            repositoryName=f"researchflow-prod/{repository}",
            imageTag=tag,
            imageManifest=json.dumps(manifest),
        )
    found = verdicts(check_names.images(Account(session, "us-east-1"), need, owner))
    assert found == {
        "researchflow-prod/orchestrator:1.0.0": "fail",
        "researchflow-prod/worker:1.0.0": "pass",
        "researchflow-prod/collaboration:1.0.0": "fail",
        # The repository is there, but with another tag only.
        "researchflow-prod/web:1.0.0": "fail",
    }


# --- names that are overwritten in silence


def make_alarm(writer, name):
    writer.client("cloudwatch").put_metric_alarm(
        AlarmName=name,
        ComparisonOperator="GreaterThanThreshold",
        EvaluationPeriods=1,
        MetricName="x",
        Namespace="x",
        Period=60,
        Statistic="Sum",
        Threshold=1,
    )


def make_rule(writer, name):
    writer.client("events").put_rule(Name=name, ScheduleExpression="rate(1 day)")


def make_topic(writer, name):
    writer.client("sns").create_topic(Name=name)


def make_role(writer, name):
    writer.client("iam").create_role(RoleName=name, AssumeRolePolicyDocument="{}")


def make_document(writer, name):
    writer.client("ssm").create_document(
        Name=name, DocumentType="Command", Content=json.dumps({"schemaVersion": "2.2"})
    )


@pytest.mark.parametrize(
    ("kind", "make"),
    [
        ("alarm", make_alarm),
        ("event rule", make_rule),
        ("topic", make_topic),
        ("role", make_role),
        ("session document", make_document),
    ],
)
def test_somebody_elses_thing_of_a_planned_name_is_not_overwritten_unasked(
    writer, named, kind, make
):
    subject = next(each for each in verdicts(named()) if each.startswith(f"{kind} "))
    assert verdicts(named())[subject] == "pass"
    make(writer, subject.removeprefix(f"{kind} "))
    assert verdicts(named())[subject] == "fail"


def test_a_name_is_asked_for_in_the_region_that_it_stands_in(session, writer, need, owner):
    name = "researchflow-prod-recovery"
    writer.client("backup", region_name="us-east-2").create_backup_vault(BackupVaultName=name)
    found = [
        str(row.status)
        for row in check_names.names(Account(session, REGION), need, owner)
        if row.subject == f"backup vault {name}"
    ]
    assert sorted(found) == ["fail", "pass"]


WITHIN_ANOTHER = {
    "aws:acm/certificate:Certificate": "certificates of one domain stand side by side",
    "aws:backup/plan:Plan": "plans are told by their ids",
    "aws:backup/selection:Selection": "part of its plan",
    "aws:cloudwatch/logMetricFilter:LogMetricFilter": "part of its log group",
    "aws:guardduty/detectorFeature:DetectorFeature": "part of its detector",
    "aws:route53/record:Record": "a record that is there is refused; proofs of one name are one",
    "aws:route53/zone:Zone": "asked about by the check of the domain",
}
"""Explicit names that are no account's, and why."""

NAMES = ("name", "identifier", "userId", "userGroupId", "brokerName", "domainName", "policyName")


@pytest.mark.parametrize("overrides", [(), RABBITMQ, BEFORE_CITUS])
def test_every_name_that_an_account_has_once_is_asked_about(planned, overrides):
    plan = planned("prod", overrides=overrides)
    unasked = set()
    for each in plan.resources:
        card = card_of(each.type) if each.type.startswith("aws:") else None
        named = any(isinstance(redact(each.inputs).get(key), str) for key in NAMES)
        if card and named and not isinstance(card.naming, Naming | AccountSetting):
            unasked.add(each.type)
    assert unasked - WITHIN_ANOTHER.keys() == set()
