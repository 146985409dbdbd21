"""The whole preflight against an account: it changes nothing, and nothing that fails is a pass."""

import json

import pytest
from botocore.config import Config
from typer.testing import CliRunner

from rf.cli import app
from rf.preflight.checks import CHECKS, preflight
from rf.preflight.row import RowStatus
from rf.shared import stacks
from rf.shared.account.account import Account, WriteRefusedError

READS = ("Describe", "Get", "List", "Simulate")


@pytest.fixture
def sent(session):
    """What really leaves for AWS, by the HTTP layer: no word of preflight's own about itself."""
    operations = []

    def note(event_name, **_):
        operations.append(event_name.split(".")[-1])

    session.events.register("request-created", note)
    return operations


def test_all_that_is_sent_are_reads(session, need, sent, faults):
    faults["*"] = "AccessDenied"
    account = Account(session, "us-east-1")
    rows = list(preflight(account, need.plan, need.settings))
    assert len(sent) > 50
    assert {operation for operation in sent if not operation.startswith(READS)} == set()
    assert {call.split(":")[1] for call in account.calls} >= set(sent)
    # What moto doesn't know is refused here, and each refusal is a row of its own.
    assert {row.status for row in rows} == set(RowStatus)
    assert all(row.fix for row in rows if row.status is not RowStatus.PASS)


def test_a_write_is_refused_before_it_is_sent(session, sent):
    account = Account(session, "us-east-1")
    with pytest.raises(WriteRefusedError, match="ec2:CreateVpc"):
        account.client("ec2").create_vpc(CidrBlock="10.9.0.0/16")
    with pytest.raises(WriteRefusedError, match="service-quotas:RequestServiceQuotaIncrease"):
        account.client("service-quotas").request_service_quota_increase(
            ServiceCode="vpc", QuotaCode="L-F678F1CE", DesiredValue=9
        )
    assert sent == []
    vpcs = account.listed("ec2", "DescribeVpcs", "Vpcs")
    assert [vpc["CidrBlock"] for vpc in vpcs] == ["172.31.0.0/16"]


@pytest.mark.parametrize("code", ["AccessDenied", "ThrottlingException", "InternalFailure"])
def test_whatever_aws_refuses_is_unknown_with_a_reason_and_never_a_pass(
    session, need, owner, faults, code
):
    account = Account(session, "us-east-1")
    faults["*"] = code
    for operation in (
        "eks:DescribeClusterVersions",
        "eks:DescribeAddonVersions",
        "ec2:DescribeAvailabilityZones",
        "ec2:DescribeVpcs",
        "ec2:DescribeVpcPeeringConnections",
        "ec2:DescribeInstanceTypeOfferings",
        "route53:ListHostedZones",
        "s3:GetBucketLocation",
        "service-quotas:GetServiceQuota",
    ):
        faults[operation] = code
    asked = [
        row
        for check in CHECKS
        if check.__name__
        in (
            "permissions",
            "zones",
            "node_classes",
            "database_classes",
            "redis",
            "cluster_version",
            "peers",
            "domain",
            "quotas",
        )
        for row in check(account, need, owner)
    ]
    assert len(asked) > 50
    assert {row.status for row in asked} == {RowStatus.UNKNOWN}
    assert sum(code in row.found for row in asked) > 50
    if code == "ThrottlingException":
        assert "run preflight again" in {row.check: row.fix for row in asked}["zone"]


def run(*options):
    return CliRunner().invoke(app, ["preflight", "--stack", "prod", *options])


ROWS = []
"""All rows for an empty account: tests only read them, so it is asked once."""


@pytest.fixture
def command(session, need, faults, monkeypatch):
    faults["*"] = "AccessDenied"
    if not ROWS:
        ROWS.extend(preflight(Account(session, "us-east-1"), need.plan, need.settings))
    monkeypatch.setattr("rf.preflight.checks.plan_of", lambda *_, **__: need.plan)
    monkeypatch.setattr("rf.preflight.checks.preflight", lambda *_: ROWS)
    return run


def test_json_has_every_row_and_anything_but_a_pass_ends_with_one(command):
    result = command("--json")
    assert result.exit_code == 1
    document = json.loads(result.stdout)
    assert document["format"] == 1
    assert sum(document["counts"].values()) == len(document["rows"]) > 80
    assert document["counts"]["unknown"] > 0
    keys = {"check", "subject", "verdict", "needed", "found", "fix"}
    assert all(set(row) == keys for row in document["rows"])


def test_people_see_what_does_not_pass_with_its_fix_and_the_rest_on_demand(command):
    result = command()
    assert result.exit_code == 1
    assert "researchflow-prod/worker:1.0.0" in result.stdout
    assert "aws service-quotas" in result.stdout
    assert "--all shows what passed" in result.stdout
    assert "bucket researchflow-prod-static" not in result.stdout
    assert "researchflow-prod-static" in command("--all").stdout


def test_only_passes_end_with_zero_and_an_unknown_alone_does_not(monkeypatch, need):
    from rf.preflight.row import PreflightRow

    def rows_of(*verdicts):
        return [
            PreflightRow(check="c", subject="s", status=verdict, needed="n", found="f")
            for verdict in verdicts
        ]

    for found, code in (
        ([RowStatus.PASS, RowStatus.PASS], 0),
        ([RowStatus.PASS, RowStatus.UNKNOWN], 1),
        ([RowStatus.PASS, RowStatus.FAIL], 1),
    ):
        monkeypatch.setattr("rf.preflight.checks.rows_of", lambda *_, f=found, **__: rows_of(*f))
        assert run().exit_code == code


def test_no_credentials_and_an_unknown_profile_are_bad_input(monkeypatch, need, tmp_path):
    monkeypatch.setattr("rf.preflight.checks.plan_of", lambda *_, **__: need.plan)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    result = run()
    assert (result.exit_code, "no credentials" in result.stderr) == (2, True)
    result = run("--profile", "nobody")
    assert (result.exit_code, "nobody" in result.stderr) == (2, True)


def test_without_a_network_one_sentence_says_so(session, monkeypatch, need):
    """Nothing listens on the discard port of this machine."""
    monkeypatch.setattr("rf.preflight.checks.plan_of", lambda *_, **__: need.plan)
    monkeypatch.setattr(
        "rf.shared.account.account._CONFIG", Config(retries={"max_attempts": 0}, connect_timeout=1)
    )
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    result = run()
    assert result.exit_code == 2
    assert "EndpointConnectionError" in result.stderr
    assert len(result.stderr.strip().splitlines()) == 1


def test_an_unknown_stack_is_bad_input():
    assert CliRunner().invoke(app, ["preflight", "--stack", "porduction"]).exit_code == 2
    assert stacks.settings_of("prod").stack == "prod"
