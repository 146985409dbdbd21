"""Names that must be free or the stack's own, and images that pods will pull."""

import hashlib
import json

import pytest

from rf.preflight import check_names
from rf.preflight.row import RowStatus
from rf.shared.account.account import Account
from tests.commands.preflight.conftest import OWN_TAGS, TAG_LIST
from tests.commands.preflight.preflight_rows import verdicts

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
