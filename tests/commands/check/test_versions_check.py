"""Who runs a Kubernetes version near its end is told in time, and told only what would work."""

import json
from datetime import date, timedelta

import pytest
from typer.testing import CliRunner

from components.shared.versions import ADDONS_BY_KUBERNETES
from rf.cli import app
from scaleplan.cluster.charts import Chart
from scaleplan.cluster.support import KUBERNETES_SUPPORT, check_support, next_version
from scaleplan.settings import KUBERNETES_VERSIONS


def run(*arguments: str):
    return CliRunner().invoke(app, ["check", "versions", *arguments])


def test_every_version_that_a_stack_may_name_has_its_day_and_its_addons():
    assert set(KUBERNETES_SUPPORT) == set(KUBERNETES_VERSIONS) == set(ADDONS_BY_KUBERNETES)
    assert all(support.source for support in KUBERNETES_SUPPORT.values())


@pytest.mark.parametrize(
    ("days", "due", "overdue"),
    [
        (121, False, False),
        (120, True, False),
        (61, True, False),
        (60, True, True),
        (0, True, True),
        (-1, True, True),
    ],
)
def test_the_warning_comes_120_days_before_the_end_and_the_error_60(days, due, overdue):
    support = KUBERNETES_SUPPORT["1.35"]
    finding = check_support("1.35", support.ends - timedelta(days=days))
    assert (finding.days_left, finding.due, finding.overdue) == (days, due, overdue)


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


@pytest.mark.parametrize(
    ("day", "code", "word"), [("2027-01-01", 0, "Warning"), ("2027-02-01", 1, "Error")]
)
def test_a_version_near_its_end_names_the_next(day, code, word):
    result = run("--stack", "staging", "--on", day)
    assert result.exit_code == code
    assert result.stdout.splitlines()[1].startswith(word)
    assert "set kubernetesVersion to '1.36'" in result.stdout


def test_a_version_that_a_chart_is_not_for_is_not_advised():
    result = run("--stack", "prod", "--on", "2027-01-01")
    assert "set kubernetesVersion" not in result.stdout
    held = "stackgres-operator 1.18.6 (kubeVersion 1.18.0-0 - 1.35.x-O) holds 1.36 back"
    assert held in result.stdout
    found = json.loads(run("--stack", "prod", "--on", "2027-01-01", "--json").stdout)
    assert (found["nextVersion"], found["heldBack"]) == (None, "1.36")
    assert [chart["chart"] for chart in found["heldBackBy"]] == ["stackgres-operator"]


def test_without_the_chart_the_next_version_is_free():
    result = run("--stack", "prod", "--set", "sharding.stage=off", "--on", "2027-01-01")
    assert "set kubernetesVersion to '1.36'" in result.stdout


def test_a_version_that_a_chart_is_not_for_is_no_config():
    result = run("--stack", "prod", "--set", "kubernetesVersion=1.36")
    assert result.exit_code == 2
    assert result.stderr.splitlines()[1].strip() == (
        'researchflow:kubernetesVersion = "1.36": allowed is 1.33, 1.34, 1.35, because the stack '
        "installs chart stackgres-operator 1.18.6 (kubeVersion 1.18.0-0 - 1.35.x-O); nearest: 1.35"
    )


# What Helm's own reader, Masterminds/semver 3.4.0, said of v1.N.0-eks-abc and v1.N.3-eks-abc123.
@pytest.mark.parametrize(
    ("declared", "taken", "refused"),
    [
        (None, ("1.17", "1.36"), ()),
        (">=v1.23.0-0", ("1.24", "1.33", "1.35", "1.36"), ("1.17", "1.18")),
        (">=1.25.0-0", ("1.25", "1.33", "1.35", "1.36"), ("1.17", "1.18", "1.24")),
        ("1.18.0-0 - 1.35.x-O", ("1.18", "1.24", "1.33", "1.35"), ("1.17", "1.36")),
    ],
)
def test_a_declared_range_is_read_as_helm_reads_it(declared, taken, refused):
    chart = Chart(name="a", repository=None, version="1.0.0", kube_version=declared)
    assert all(chart.admits(version) for version in taken)
    assert not any(chart.admits(version) for version in refused)


def test_a_range_in_a_form_that_nobody_has_read_stops_the_program():
    with pytest.raises(ValueError, match=r"chart a 1\.0\.0: kubeVersion '~1\.35' has a new form"):
        Chart(name="a", repository=None, version="1.0.0", kube_version="~1.35")


def test_json_is_for_machines():
    result = run("--stack", "dev", "--on", "2027-04-01", "--json")
    found = json.loads(result.stdout)
    assert (result.exit_code, found["daysLeft"], found["upgradeDue"]) == (1, -5, True)


def test_an_unknown_stack_is_bad_input():
    assert run("--stack", "nowhere").exit_code == 2
