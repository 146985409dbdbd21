"""Secrets provider, backend and stack files: what is refused where data is real."""

import json

import pytest
import yaml
from typer.testing import CliRunner

from rf.check.state import files, policy
from rf.check.state.policy import StateStatus
from rf.cli import app
from rf.shared.project import PROJECT_ROOT
from scaleplan.config.stack_file import stack_names

KMS = {"secretsprovider": "awskms://alias/pulumi?region=us-east-1", "encryptedkey": "AQICAHh"}


@pytest.mark.parametrize(
    ("document", "protected", "rest"),
    [
        (KMS, StateStatus.FINE, StateStatus.FINE),
        (
            {"secretsprovider": "gcpkms://projects/p/key", "encryptedkey": "x"},
            *[StateStatus.FINE] * 2,
        ),
        ({"secretsprovider": "awskms://alias/pulumi"}, StateStatus.WRONG, StateStatus.WRONG),
        ({"encryptionsalt": "v1:abc="}, StateStatus.WRONG, StateStatus.FINE),
        ({"secretsprovider": "passphrase"}, StateStatus.WRONG, StateStatus.FINE),
        ({"secretsprovider": "default"}, StateStatus.WRONG, StateStatus.FINE),
        ({}, StateStatus.UNKNOWN, StateStatus.FINE),
    ],
)
def test_a_stack_that_protects_data_needs_a_key_that_can_be_revoked(document, protected, rest):
    assert policy.secrets_provider("prod", document, protected=True).state is protected
    assert policy.secrets_provider("dev", document, protected=False).state is rest


@pytest.mark.parametrize(
    ("url", "protected"),
    [
        ("s3://state-bucket?region=us-east-1", StateStatus.FINE),
        ("https://api.pulumi.com", StateStatus.FINE),
        ("file://~/.pulumi", StateStatus.WRONG),
        (None, StateStatus.UNKNOWN),
    ],
)
def test_a_stack_that_protects_data_keeps_its_state_where_a_team_shares_it(url, protected):
    assert policy.backend("prod", url, protected=True).state is protected
    assert policy.backend("dev", url, protected=False).state is StateStatus.FINE


SEEDED = {
    "databasePassword": "hunter2",
    "slack": {"webhookUrl": "https://hooks.slack.com/services/T000/B000/XXXX"},
    "notify": ["https://hooks.slack.com/services/T000/B000/XXXX"],
    "aws": "AKIAIOSFODNN7EXAMPLE",
    "upstream": "postgres://ros:ros@database:5432/ros",
    "certificate": "-----BEGIN RSA PRIVATE KEY-----\nMIIE",
    "pagerduty": "0123456789abcdef0123456789abcdef",
    "git": "ghp_" + "a" * 36,
    "apiKey": "x",
    "jwt": "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.c2lnbmF0dXJl",
}


@pytest.mark.parametrize("key", SEEDED)
def test_a_secret_in_plain_text_is_found_and_never_shown(key):
    value = SEEDED[key]
    document = {"config": {f"researchflow:{key}": value, "researchflow:size": "large"}}
    found = policy.plain_secrets("prod", document)
    assert found.state is StateStatus.WRONG
    assert f"researchflow:{key}" in found.found
    for text in value if isinstance(value, list) else [value]:
        assert str(text) not in found.found
    assert "pulumi config set --secret" in found.fix


@pytest.mark.parametrize(
    "config",
    [
        {"databasePassword": {"secure": "AAABAK=="}},
        {"secretName": "researchflow-prod/database", "tokenVersion": "3", "passwordLength": 32},
        {"images": {"web": "sha256:" + "0a" * 32}, "domain": "secrets.example.com"},
        {"hostedZoneId": "Z0123456789ABCDEFGHIJ", "url": "https://example.com/path"},
    ],
)
def test_what_is_encrypted_or_only_names_a_secret_is_fine(config):
    document = {"config": {f"researchflow:{key}": value for key, value in config.items()}}
    assert policy.plain_secrets("prod", document).state is StateStatus.FINE


@pytest.mark.parametrize("stack", stack_names(PROJECT_ROOT))
def test_no_stack_file_of_the_repository_holds_a_secret_or_a_passphrase_for_real_data(stack):
    found = list(files.findings(PROJECT_ROOT, [stack], "researchflow"))
    rules = {each.rule: each.state for each in found}
    assert rules["no plain secret"] is StateStatus.FINE
    assert rules["secrets provider"] is not StateStatus.WRONG


def stack_file(tmp_path, **document):
    (tmp_path / "Pulumi.yaml").write_text("name: researchflow\nruntime: python\n", "utf-8")
    (tmp_path / "Pulumi.prod.yaml").write_text(yaml.safe_dump(document), "utf-8")
    return {each.rule: each.state for each in files.findings(tmp_path, ["prod"], "researchflow")}


def test_production_protects_data_unless_its_file_says_otherwise(tmp_path, monkeypatch):
    monkeypatch.setenv("PULUMI_BACKEND_URL", "file:///tmp")
    salted = {"encryptionsalt": "v1:abc="}
    assert stack_file(tmp_path, config={}, **salted)["secrets provider"] is StateStatus.WRONG
    thrown_away = {"researchflow:protectData": False}
    rules = stack_file(tmp_path, config=thrown_away, **salted)
    assert set(rules.values()) == {StateStatus.FINE}


def test_the_project_file_names_the_backend_where_the_environment_does_not(tmp_path, monkeypatch):
    monkeypatch.delenv("PULUMI_BACKEND_URL", raising=False)
    text = "name: researchflow\nbackend:\n  url: s3://state-bucket\n"
    (tmp_path / "Pulumi.yaml").write_text(text, "utf-8")
    assert files.backend_url(tmp_path) == "s3://state-bucket"
    monkeypatch.setenv("PULUMI_BACKEND_URL", "s3://other")
    assert files.backend_url(tmp_path) == "s3://other"


def test_without_backend_and_cli_nobody_knows(tmp_path, monkeypatch):
    monkeypatch.delenv("PULUMI_BACKEND_URL", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert files.backend_url(tmp_path) is None


def test_the_command_judges_every_stack_and_speaks_json(monkeypatch):
    monkeypatch.setenv("PULUMI_BACKEND_URL", "s3://state-bucket")
    result = CliRunner().invoke(app, ["check", "state", "--json"])
    assert result.exit_code == 0
    found = json.loads(result.stdout)["findings"]
    assert {each["stack"] for each in found} == set(stack_names(PROJECT_ROOT))
    monkeypatch.setenv("PULUMI_BACKEND_URL", "file://~")
    assert CliRunner().invoke(app, ["check", "state", "--stack", "prod"]).exit_code == 1
    assert CliRunner().invoke(app, ["check", "state", "--stack", "porduction"]).exit_code == 2


@pytest.mark.parametrize(
    ("recovery", "state"),
    [
        ({"siteOf": "prod", "mode": "warm"}, StateStatus.FINE),
        ({"siteOf": "prod", "mode": "warm", "phase": "standby"}, StateStatus.FINE),
        ({"siteOf": "prod", "mode": "warm", "phase": "active"}, StateStatus.WRONG),
        ({"siteOf": "prod", "mode": "warm", "phase": "open"}, StateStatus.WRONG),
        ({"siteOf": "prod", "mode": "backup", "phase": "active"}, StateStatus.FINE),
    ],
)
def test_a_file_that_would_promote_the_replica_of_another_region_is_named(
    tmp_path, recovery, state
):
    config = {"researchflow:disasterRecovery": recovery}
    (tmp_path / "Pulumi.site.yaml").write_text(yaml.safe_dump({"config": config}))
    rules = {each.rule: each for each in files.findings(tmp_path, ["site"], "researchflow")}
    assert rules["replica"].state is state
    assert "prod" in rules["replica"].found
