"""A Kubernetes version whose standard support ends soon fails the check in time to upgrade."""

import json
from datetime import date, timedelta

import pytest
from typer.testing import CliRunner

from components.versions import ADDONS_BY_KUBERNETES
from rf.cli import app
from scaleplan.settings import KUBERNETES_VERSIONS
from scaleplan.support import KUBERNETES_SUPPORT, check_support, next_version


def run(*arguments: str):
    return CliRunner().invoke(app, ["check", "versions", *arguments])


def test_every_version_that_a_stack_may_name_has_its_day_and_its_addons():
    assert set(KUBERNETES_SUPPORT) == set(KUBERNETES_VERSIONS) == set(ADDONS_BY_KUBERNETES)
    assert all(support.source for support in KUBERNETES_SUPPORT.values())


@pytest.mark.parametrize(("days", "due"), [(121, False), (120, True), (0, True), (-1, True)])
def test_the_warning_comes_120_days_before_the_end(days, due):
    support = KUBERNETES_SUPPORT["1.35"]
    finding = check_support("1.35", support.ends - timedelta(days=days))
    assert (finding.days_left, finding.due) == (days, due)


def test_the_days_are_awss():
    assert KUBERNETES_SUPPORT["1.34"].ends == date(2026, 12, 2)
    assert KUBERNETES_SUPPORT["1.35"].ends == date(2027, 3, 27)


def test_an_upgrade_goes_one_minor_on():
    assert next_version("1.35") == "1.36"
    assert next_version(max(KUBERNETES_VERSIONS)) is None


def test_a_version_in_time_passes_and_says_when_it_ends():
    result = run("--stack", "prod", "--on", "2026-06-01")
    assert result.exit_code == 0
    assert "Kubernetes 1.35 ends on 2027-03-27, in 299 days" in result.stdout


def test_a_version_too_late_fails_and_names_the_next():
    result = run("--stack", "prod", "--on", "2027-01-01")
    assert result.exit_code == 1
    assert "set kubernetesVersion to '1.36'" in result.stdout


def test_json_is_for_machines():
    result = run("--stack", "dev", "--on", "2027-04-01", "--json")
    found = json.loads(result.stdout)
    assert (result.exit_code, found["daysLeft"], found["upgradeDue"]) == (1, -5, True)


def test_an_unknown_stack_is_bad_input():
    assert run("--stack", "nowhere").exit_code == 2
