"""What a stack runs fits together, is told in time what ends, and what to raise first."""

import json
from datetime import date, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from rf.check.versions.report import UnreadVersionError, report_of
from rf.cli import app
from rf.shared.project import PROJECT_ROOT
from rf.shared.stacks import settings_of
from scaleplan.cluster.charts import Chart
from scaleplan.cluster.rotation import IMAGE_DAYS
from scaleplan.config.mistakes import InvalidSettings
from scaleplan.settings import kubernetes_versions
from scaleplan.versions.fitting import in_version, misfits, running
from scaleplan.versions.order import image_day, next_kubernetes
from scaleplan.versions.support import support_of
from scaleplan.versions.table import PinKind, load_versions

STACKS = ("dev", "staging", "prod", "prod-eu", "prod-us-west", "prod-dr")
TODAY = date(2026, 11, 30)


def run(*arguments: str):
    return CliRunner().invoke(app, ["check", "versions", *arguments])


def test_every_row_says_where_it_was_read_and_every_need_names_a_row():
    rows = load_versions().pins
    names = [pin.name for pin in rows]
    assert len(names) == len(set(names))
    assert all(pin.source and pin.title for pin in rows)
    assert {need.of for pin in rows for need in pin.needs} <= set(names)


def test_every_version_that_a_stack_may_name_has_its_day_and_its_addons():
    support = load_versions().pin("kubernetes").support
    assert [each.version for each in support] == kubernetes_versions()
    assert all(each.ends is not None and each.forced for each in support)
    for addon in load_versions().of_kind(PinKind.ADDON):
        for version in kubernetes_versions():
            assert "eksbuild" in addon.version_on(version)


@pytest.mark.parametrize("stack", STACKS)
def test_what_a_stack_runs_fits_together(stack):
    report = report_of(settings_of(stack), TODAY)
    assert not [str(each) for each in report.misfits if each.binding]


@pytest.mark.parametrize(
    ("name", "version", "whose"),
    [
        ("kubernetes", "1.36", {"stackgres-operator", "keda"}),
        ("kubernetes", "1.30", {"metrics-server", "keda"}),
        ("kubernetes", "1.37", {"karpenter", "stackgres-operator", "kube-prometheus-stack"}),
        # A controller is raised together with its CRDs.
        ("karpenter", "1.15.0", {"karpenter-crd"}),
        ("kube-prometheus-stack", "89.0.0", {"prometheus-operator-crds"}),
        ("citus-postgresql", "16.14", {"stackgres-operator"}),
        ("citus-postgresql", "16.9", {"stackgres-operator"}),
        ("citus-postgresql", "15.17", {"citus", "stackgres-operator", "postgres-client"}),
        ("rds-postgresql", "17", {"postgres-client"}),
        ("rds-postgresql", "19", {"postgres-exporter", "postgres-client"}),
        ("elasticache-redis", "9.0", {"redis-exporter"}),
        ("citus", "14.1.0", {"stackgres-operator"}),
        ("pgbouncer", "v1.7.2", {"pgbouncer-exporter"}),
    ],
)
def test_a_neighbour_in_another_version_is_refused_or_called_untried(name, version, whose):
    found = misfits(in_version(running(settings_of("prod")), name, version))
    assert whose <= {each.whose.pin.name for each in found}
    assert all(each.source for each in found)


@pytest.mark.parametrize("version", ["16.14", "16.9", "17.9"])
def test_a_minor_that_the_operator_does_not_know_is_refused_with_those_it_knows(version):
    with pytest.raises(InvalidSettings) as refused:
        settings_of("prod", overrides=[f"citus.postgresVersion={version}"])
    (mistake,) = refused.value.mistakes
    assert mistake.key == "researchflow:citus.postgresVersion"
    assert mistake.value == f'"{version}"'
    assert "16.12, 16.13, because the stack installs chart stackgres-operator 1.18.6" in str(
        mistake
    )
    assert mistake.nearest == ("16.8" if version == "16.9" else "16.13")


@pytest.mark.parametrize("version", ["16", "latest", "16.x"])
def test_a_version_that_someone_would_resolve_later_is_no_config(version):
    with pytest.raises(
        InvalidSettings, match=r"a minor version of PostgreSQL in quotes, as 16\.13"
    ):
        settings_of("prod", overrides=[f"citus.postgresVersion={version}"])


def test_a_stack_that_names_no_minor_keeps_the_tables_own():
    assert settings_of("prod").citus.postgres_version == "16.13"
    old = settings_of("prod", overrides=["citus.postgresVersion=16.12"])
    assert old.citus.postgres_version == "16.12"


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
    rows = {each.pin.name: each for each in running(settings_of("prod"))}
    for name in ("kubernetes", "rds-postgresql"):
        row = rows[name]
        support = row.pin.support_of(row.version)
        assert support is not None
        assert support.ends is not None
        finding = support_of(row, support.ends - timedelta(days=days))
        assert (finding.days_left, finding.due, finding.overdue) == (days, due, overdue)


def test_the_days_are_awss():
    rows = load_versions()
    days = {
        (name, version): rows.pin(name).support_of(version)
        for name, version in (
            ("kubernetes", "1.34"),
            ("kubernetes", "1.35"),
            ("kubernetes", "1.36"),
            ("rds-postgresql", "16"),
        )
    }
    assert [each.ends for each in days.values() if each is not None] == [
        date(2026, 12, 2),
        date(2027, 3, 27),
        date(2027, 8, 2),
        date(2029, 2, 28),
    ]


def test_makers_that_only_stop_to_mend_fail_no_check():
    result = run("--stack", "prod", "--on", "2026-11-30")
    assert result.exit_code == 0
    assert "support of kube-prometheus-stack" in result.stdout
    assert "ended on 2026-09-30" in result.stdout


def test_an_upgrade_goes_one_minor_on():
    assert next_kubernetes("1.35") == "1.36"
    assert next_kubernetes(max(kubernetes_versions())) is None


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


def test_what_holds_back_is_raised_first_then_its_servers_then_kubernetes_then_what_ended():
    found = json.loads(run("--stack", "prod", "--on", "2026-11-30", "--json").stdout)
    order = [each["name"] for each in found["raise"]]
    assert order[0] == "stackgres-operator"
    assert order.index("citus-postgresql") < order.index("kubernetes")
    assert order.index("keda") < order.index("kubernetes") < order.index("kube-prometheus-stack")
    kubernetes = found["raise"][order.index("kubernetes")]
    assert (kubernetes["to"], kubernetes["daysLeft"]) == ("1.36", 117)
    assert "CoreDNS" in kubernetes["because"]


@pytest.mark.parametrize(("age", "old"), [(IMAGE_DAYS, False), (IMAGE_DAYS + 1, True)])
def test_an_image_of_machines_is_raised_after_a_month_and_fails_no_check(age, old):
    day = image_day(load_versions().pin("node-image").pinned) + timedelta(days=age)
    result = run("--stack", "staging", "--on", day.isoformat(), "--json")
    assert result.exit_code == 0
    because = {each["name"]: each["because"] for each in json.loads(result.stdout)["raise"]}
    assert ("node-image" in because) is old
    assert not old or f"{age} days old" in because["node-image"]


def test_a_stack_whose_machines_eks_replaces_has_no_image_to_raise():
    found = json.loads(run("--stack", "dev", "--on", "2028-01-01", "--json").stdout)
    assert "node-image" not in {each["name"] for each in found["raise"]}


def test_without_citus_nothing_of_its_operator_is_in_the_order():
    found = json.loads(run("--stack", "staging", "--on", "2026-11-30", "--json").stdout)
    assert not {"stackgres-operator", "citus"} & {each["name"] for each in found["raise"]}


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


def written(folder: Path, *, engine: str) -> Path:
    """The files that name Pulumi's versions, the engine's own being another."""
    for pin in load_versions().of_kind(PinKind.PACKAGE):
        assert pin.written_in is not None
        source, copy = PROJECT_ROOT / pin.written_in, folder / pin.written_in
        copy.parent.mkdir(parents=True, exist_ok=True)
        text = source.read_text(encoding="utf-8")
        own = "pulumi-version: 3.272.0"
        assert pin.name != "pulumi-engine" or own in text
        copy.write_text(text.replace(own, f"pulumi-version: {engine}"), encoding="utf-8")
    return folder


@pytest.mark.parametrize(("engine", "fits"), [("3.272.0", True), ("3.271.9", False)])
def test_an_engine_older_than_the_sdk_fails(tmp_path, engine, fits):
    report = report_of(settings_of("dev"), TODAY, root=written(tmp_path, engine=engine))
    assert report.passes is fits
    assert [each.whose.pin.name for each in report.misfits] == ([] if fits else ["pulumi-sdk"])


def test_a_file_without_its_version_is_told(tmp_path):
    root = written(tmp_path, engine="3.272.0")
    (root / "requirements.in").write_text("pydantic==2.14.3\n", encoding="utf-8")
    with pytest.raises(
        UnreadVersionError, match=r"requirements\.in has no version of Pulumi's SDK"
    ):
        report_of(settings_of("dev"), TODAY, root=root)


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
    assert found["support"][0]["daysLeft"] <= found["support"][1]["daysLeft"]


def test_an_unknown_stack_is_bad_input():
    assert run("--stack", "nowhere").exit_code == 2
