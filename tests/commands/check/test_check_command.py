"""`rf check`, `rf size` and the proof in the program: verdicts, exit codes, machine output."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from rf.cli import app
from tests.configurations import LONGER_JOBS, NEWER_KUBERNETES_AT_RISK


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments))


def test_a_stack_that_carries_its_load_exits_0_and_names_the_tightest_term():
    result = run("check", "--stack", "prod")
    assert result.exit_code == 0
    assert "every check passes; the tightest is queue: utilization at the maximum" in result.stdout
    assert "jobSeconds" in result.stdout


def test_a_stack_that_does_not_exits_1_with_fault_excess_and_a_tried_change():
    result = run("check", "--stack", "prod", "--set", "pgbouncer.maxClientConnections=500")
    assert result.exit_code == 1
    assert "connections fails: clients of the fullest pooler" in result.stdout
    assert "1,543 clients more than 500" in result.stdout
    assert "pgbouncer.maxClientConnections: 2043 (now 500)" in result.stdout


def test_json_is_the_only_output_and_the_same_on_every_run():
    first, second = (run("check", "--stack", "dev", "--lose", "primary", "--json") for _ in "12")
    assert first.stdout == second.stdout
    assert first.exit_code == 1
    document = json.loads(first.stdout)
    assert document["lost"] == "primary"
    assert document["fault"]["check"] == "failover"
    assert document["fault"]["changes"][0]["key"] == "database.multiAz"
    assert {each["name"] for each in document["assumptions"]} >= {"jobSeconds", "peakFactor"}
    names = [check["name"] for check in document["checks"]]
    assert names[0] == "users"
    assert len(names) == len(set(names)) == 14


def test_a_load_file_replaces_the_numbers_it_names(tmp_path: Path):
    path = tmp_path / "congress.yaml"
    path.write_text("concurrentUsers: 90\nassumptions: {jobSeconds: 170}\n", encoding="utf-8")
    result = run("check", "--stack", "dev", "--load", str(path), "--json")
    document = json.loads(result.stdout)
    assert document["load"]["concurrentUsers"] == 90
    assert document["fault"]["check"] == "queue"
    own = next(each for each in document["assumptions"] if each["name"] == "jobSeconds")
    assert own["value"] == 170
    assert "the plan file has 30" in own["source"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("check", "--size", "large"), "--stack"),
        (("check", "--stack", "prd"), "nearest: prod"),
        (("check", "--stack", "dev", "--load", "6-month"), "nearest: 6-months"),
        (("check", "--stack", "dev", "--lose", "zone"), "az"),
        (("size",), "--users"),
        (("size", "--sweep", "chart.pdf"), ".png"),
        (("preview", "--stack", "dev", "--set", "allowCapacityRisk=[que]"), "nearest: queue"),
    ],
)
def test_bad_input_exits_2_and_says_what_was_meant(arguments, said):
    result = run(*arguments)
    assert result.exit_code == 2
    assert said in result.stderr


def test_the_schema_check_is_still_a_command_of_its_own():
    result = run("check", "sharding", "--schema", "tests/commands/check/schemas/correct.sql")
    assert result.exit_code == 0
    assert "breaks no rule" in result.stdout


def test_a_size_is_found_with_its_price_and_why_the_next_cheaper_one_fails():
    question = ("--users", "800", "--rps", "150", "--jobs-per-hour", "1500", "--data-gb", "120")
    result = run("size", *question, "--json")
    assert result.exit_code == 0
    found = json.loads(result.stdout)
    assert found["cheapest"]["base"] == "medium"
    assert found["cheapest"]["differences"]["worker.maxReplicas"] >= 15
    costs = [base["usdPerMonth"] for base in found["bases"] if base["usdPerMonth"] is not None]
    assert found["cheapest"]["usdPerMonth"] == min(costs)
    small = next(base for base in found["bases"] if base["base"] == "small")
    assert "users fails" in small["fails"]
    assert found["nextCheaper"]["usdPerMonth"] < found["cheapest"]["usdPerMonth"]
    assert found["nextCheaper"]["term"]["passes"] is False


def test_a_program_that_fails_a_check_registers_nothing():
    refused = run("preview", "--stack", "prod", "--set", "worker.maxReplicas=10")
    assert refused.exit_code == 1
    assert "the stack does not carry its load" in refused.stderr
    assert "queue fails: utilization at the maximum" in refused.stderr
    assert "allowCapacityRisk: [queue]" in refused.stderr
    assert refused.stdout == ""


def test_a_risk_that_is_accepted_by_name_lets_the_program_go_on():
    def preview(*overrides: str):
        chosen = [part for override in overrides for part in ("--set", override)]
        return run("preview", "--stack", "dev", "--json", *chosen)

    accepted = preview(*NEWER_KUBERNETES_AT_RISK)
    assert accepted.exit_code == 0
    other = preview(*LONGER_JOBS, "allowCapacityRisk=[edge]")
    assert other.exit_code == 1
