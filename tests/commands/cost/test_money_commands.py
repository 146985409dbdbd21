"""`rf cost`, `rf prices`, `rf grow` and `rf report` as commands: exit codes, choices, JSON."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest
from typer.testing import CliRunner, Result

from rf.cli import app


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments))


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("cost",), "give --stack"),
        (("cost", "--stack", "prd"), "nearest: prod"),
        (("cost", "--stack", "dev", "--no-plan", "--load", "13-months"), "nearest: 12-months"),
        (("cost", "--diff", "dev", "prodd"), "nearest: prod"),
        (("cost", "--diff", "small", "large"), "--stack beside a size"),
        (("cost", "--stack", "dev", "--size", "large", "--diff", "small", "large"), "--size"),
        (("grow",), "two sizes or more"),
        (("grow", "small"), "two sizes or more"),
        (("grow", "small", "medum"), "nearest: medium"),
        (("grow", "small", "--base", "main"), "not both"),
        (("grow", "--base", "no-such-revision"), "Git knows no such revision"),
        (("report", "--base", "main"), "--all-stacks"),
        (("report", "--base", "no-such-revision", "--stack", "dev"), "Git knows no such revision"),
        (("prices", "refresh", "--region", "eu-wets-1"), "nearest: eu-west-1"),
    ],
)
def test_bad_input_exits_2_and_says_what_is_allowed(arguments, said):
    result = run(*arguments)
    assert result.exit_code == 2
    assert said in " ".join(result.stderr.replace("│", " ").split())
    assert result.stdout == ""


def test_a_bill_is_json_and_nothing_else():
    result = run("cost", "--stack", "dev", "--no-plan", "--json")
    assert result.exit_code == 0
    document = json.loads(result.stdout)
    total = Decimal(document["total"]["atLoad"])
    layers = sum(Decimal(amount["atLoad"]) for amount in document["layers"].values())
    assert abs(total - layers) < Decimal("0.10")  # each is rounded to the cent
    assert document["unpriced"] == []
    assert document["coverage"] is None
    assert {line["priceRegion"] for line in document["lines"]} <= {"us-east-1", "global"}


def test_a_bill_for_people_says_what_was_not_looked_at_and_what_was_assumed():
    result = run("cost", "--stack", "prod", "--no-plan", "--load", "2x")
    assert result.exit_code == 0
    assert "load 2x" in result.stdout
    assert "a user, of 2,000 at once" in result.stdout
    assert "if committed: rds" in result.stdout
    assert "not compared with the plan" in result.stdout
    assert "ours: 5 MB a job" in result.stdout


@pytest.mark.parametrize(
    "arguments", [("--diff", "dev", "prod"), ("--stack", "staging", "--diff", "small", "large")]
)
def test_two_bills_differ_by_what_their_lines_do(arguments):
    document = json.loads(run("cost", *arguments, "--json").stdout)
    change = Decimal(document["total"]["change"]["atLoad"])
    lines = sum(Decimal(each["change"]["atLoad"]) for each in document["differences"])
    assert change > 0
    assert abs(change - lines) < Decimal("0.30")
    assert "rds" in run("cost", *arguments).stdout


def test_without_credentials_the_price_api_is_not_asked(monkeypatch, tmp_path):
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    result = run("prices", "refresh", "--dry-run")
    assert result.exit_code == 2
    assert "pricing:GetProducts" in result.stderr
    assert "Traceback" not in result.stderr
