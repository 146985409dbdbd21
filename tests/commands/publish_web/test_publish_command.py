"""`rf publish-web`: what it prints and how it exits."""

import json

import boto3
import pytest
from moto import mock_aws
from typer.testing import CliRunner

from rf.cli import app
from rf.publish_web import target
from rf.publish_web.target import Clients

BUCKET = "researchflow-dev-static-123456789012-us-east-1"


def run(*arguments):
    return CliRunner().invoke(app, ["publish-web", "--stack", "dev", *map(str, arguments)])


@pytest.fixture(scope="module")
def aws():
    with pytest.MonkeyPatch.context() as patch, mock_aws():
        patch.setenv("AWS_ACCESS_KEY_ID", "test")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "test")
        session = boto3.Session(region_name="us-east-1")
        made = Clients(
            sts=session.client("sts"),
            s3=session.client("s3"),
            cloudfront=session.client("cloudfront"),
        )
        patch.setattr(target, "clients_of", lambda _: made)
        yield made


@pytest.fixture
def build(tmp_path):
    (tmp_path / "index.html").write_text("<script src=/main.3f2a9c1b.js>")
    (tmp_path / "main.3f2a9c1b.js").write_text("x")
    return tmp_path


def test_a_directory_without_index_exits_2_with_a_sentence(tmp_path):
    result = run("--dir", tmp_path)
    assert result.exit_code == 2
    assert "has no index.html" in result.output


@pytest.fixture
def _no_credentials(monkeypatch, tmp_path):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))


@pytest.mark.usefixtures("_no_credentials")
def test_without_credentials_a_dry_run_shows_a_first_publication(build):
    result = run("--dir", build, "--dry-run")
    assert result.exit_code == 0
    assert "main.3f2a9c1b.js" in result.output
    assert "this is what a first publication does" in result.output
    document = json.loads(run("--dir", build, "--dry-run", "--json").stdout)
    assert (document["bucket"], document["deleted"]) == (None, [])


@pytest.mark.usefixtures("_no_credentials")
def test_without_credentials_a_publication_exits_2(build):
    result = run("--dir", build)
    assert result.exit_code == 2
    assert "no credentials for AWS" in result.output


def test_an_account_without_the_stack_exits_1_with_a_hint(aws, build):
    result = run("--dir", build)
    assert result.exit_code == 1
    assert "is the stack up" in result.output
    assert "Traceback" not in result.output


def test_a_dry_run_says_what_would_be_done_and_the_run_does_it(aws, build):
    aws.s3.create_bucket(Bucket=BUCKET)
    origin = {
        "Id": "static",
        "DomainName": "x.s3.amazonaws.com",
        "S3OriginConfig": {"OriginAccessIdentity": ""},
    }
    for comment in ("researchflow-dev", "somebody else's"):
        aws.cloudfront.create_distribution(
            DistributionConfig={
                "CallerReference": comment,
                "Comment": comment,
                "Enabled": True,
                "Origins": {"Quantity": 1, "Items": [origin]},
                "DefaultCacheBehavior": {
                    "TargetOriginId": "static",
                    "ViewerProtocolPolicy": "https-only",
                },
            }
        )
    planned = json.loads(run("--dir", build, "--dry-run", "--json").stdout)
    assert "Contents" not in aws.s3.list_objects_v2(Bucket=BUCKET)
    done = json.loads(run("--dir", build, "--json").stdout)
    assert (planned.pop("dryRun"), done.pop("dryRun")) == (True, False)
    assert [entry["key"] for entry in done["uploaded"]] == ["main.3f2a9c1b.js", "index.html"]
    assert planned["uploaded"] == done["uploaded"]
    assert (done["bucket"], done["invalidated"]) == (BUCKET, ["/index.html"])
    again = run("--dir", build)
    assert again.exit_code == 0
    assert "live already" in again.output
