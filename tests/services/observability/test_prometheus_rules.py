"""The rules in Prometheus' own hands: promtool reads them, and each alert fires when it should."""

import subprocess

import pytest
import yaml

from rendering.observability.alerting.subject import Subject
from rendering.observability.prometheus_rules import rule_groups
from scaleplan.model import load_plan
from tests.services.observability.rule_cases import (
    backup_cases,
    budget_cases,
    every_alert,
    graded_cases,
    other_cases,
    recording_tests,
)
from tests.stack_config import accepted

pytestmark = pytest.mark.services

CITUS = {"sharding": {"stage": "parallel"}, "nodes": {"karpenter": True}}
STACKS = {
    "small": {"size": "small"},
    "medium with all libraries": {"size": "medium", "queue": {"clients": ["bullmq", "bull", "rq"]}},
    "large": {"size": "large", **CITUS},
    "large with RabbitMQ": {"size": "large", "queue": {"engine": "rabbitmq"}},
    "small with an HPA": {"size": "small", "scaling": {"worker": "hpa"}},
}

each_stack = pytest.mark.parametrize("stack", STACKS)


@pytest.fixture
def subject(stack):
    return Subject(load_plan(), accepted(**STACKS[stack]))


@pytest.fixture
def rule_file(subject, tmp_path):
    path = tmp_path / "rules.yaml"
    path.write_text(yaml.safe_dump({"groups": rule_groups(subject)}), encoding="utf-8")
    return path


def run(promtool, *arguments):
    result = subprocess.run([promtool, *arguments], capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout + result.stderr


def run_cases(promtool, subject, folder, cases, evaluation_interval="1m"):
    """Group by group, each on what it asks for: a test evaluates every rule at every step."""
    groups = rule_groups(subject)
    recorded = [rule for group in groups for rule in group["rules"] if "record" in rule]
    ran = 0
    for group in [each for each in groups if "alert" in each["rules"][0]]:
        names = {rule["alert"] for rule in group["rules"]}
        tests = [case.as_test() for case in cases if case.name in names]
        if not tests:
            continue
        ran += len(tests)
        asked = " ".join(rule["expr"] for rule in group["rules"])
        needed = {"name": "recorded", "rules": [r for r in recorded if r["record"] in asked]}
        rules = folder / f"{group['name']}.yaml"
        rules.write_text(yaml.safe_dump({"groups": [needed, group]}), encoding="utf-8")
        document = {
            "rule_files": [rules.name],
            "evaluation_interval": evaluation_interval,
            # Else by chance; what is recorded would be a step old, out of sight at five minutes.
            "group_eval_order": [needed["name"], group["name"]],
            "tests": tests,
        }
        path = folder / f"{group['name']}-tests.yaml"
        path.write_text(yaml.safe_dump(document), encoding="utf-8")
        run(promtool, "test", "rules", str(path))
    assert ran == len(cases)


@each_stack
def test_promtool_finds_no_fault_and_no_lint(promtool, rule_file):
    assert "SUCCESS" in run(promtool, "check", "rules", "--lint=all", "--lint-fatal", rule_file)


@each_stack
def test_each_measure_warns_at_its_threshold_and_is_critical_at_the_next(
    promtool, subject, tmp_path
):
    run_cases(promtool, subject, tmp_path, list(graded_cases(subject)))


@each_stack
def test_every_other_alert_fires_when_it_should_and_only_then(promtool, subject, tmp_path):
    run_cases(promtool, subject, tmp_path, list(other_cases(subject)))


@each_stack
def test_a_missed_backup_is_noticed(promtool, subject, tmp_path):
    run_cases(promtool, subject, tmp_path, list(backup_cases(subject)), "1h")


@each_stack
def test_budgets_burn_at_each_speed(promtool, subject, tmp_path):
    run_cases(promtool, subject, tmp_path, list(budget_cases(subject)), "5m")


@each_stack
def test_an_empty_queue_is_no_unknown_one(promtool, subject, rule_file):
    document = {
        "rule_files": [rule_file.name],
        "evaluation_interval": "1m",
        "tests": recording_tests(subject),
    }
    path = rule_file.with_name("tests.yaml")
    path.write_text(yaml.safe_dump(document), encoding="utf-8")
    run(promtool, "test", "rules", str(path))


def speaks_of(case, labels):
    """Whether the case is of the alert with these labels; those of its series are none of them."""
    return all(case.labels.get(key, value) == value for key, value in labels.items())


@each_stack
def test_every_alert_has_a_case_that_fires_it_and_one_that_does_not(subject):
    cases = [
        *graded_cases(subject),
        *other_cases(subject),
        *backup_cases(subject),
        *budget_cases(subject),
    ]
    for alert in every_alert(subject):
        labels = {"severity": str(alert.severity), **alert.labels}
        own = [case.fires for case in cases if case.name == alert.name and speaks_of(case, labels)]
        assert True in own, alert
        assert False in own or alert.name == "DeadMansSwitch", alert
