"""The command line itself: exit codes, choices it suggests, what it refuses to overwrite."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from rf.cli import app
from rf.export.writer import MARKER, ExportError, check_directory, files_of, write_export
from rf.shared.plan import RecordedPlan, RecordedResource, Secret
from tests.recorded import recorded_resource


def _run(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments))


def test_an_unknown_stack_exits_2_with_the_nearest_one() -> None:
    result = _run("preview", "--stack", "prd")
    assert result.exit_code == 2
    assert "nearest: prod" in result.stderr
    assert result.stdout == ""


def test_an_unknown_size_exits_2_with_the_nearest_one() -> None:
    result = _run("preview", "--stack", "dev", "--size", "medum")
    assert result.exit_code == 2
    assert "nearest: medium" in result.stderr


def test_all_wrong_settings_are_listed_without_a_traceback() -> None:
    result = _run(
        "preview", "--stack", "dev", "--set", "worker.maxReplica=3", "--set", "region=us-est-1"
    )
    assert result.exit_code == 2
    assert "nearest: maxReplicas" in result.stderr
    assert "nearest: us-east-1" in result.stderr
    assert "Traceback" not in result.stderr


def test_a_wrong_option_exits_2() -> None:
    assert _run("preview", "--stak", "dev").exit_code == 2
    assert _run("preview").exit_code == 2
    assert _run("previw").exit_code == 2


def _resource(kind: str, name: str, **inputs: object) -> RecordedResource:
    token = f"kubernetes:core/v1:{kind}"
    document = {"apiVersion": "v1", "kind": kind, "metadata": {"name": name}, **inputs}
    return recorded_resource(token, name, document, resource_id=name, outputs=document, stack="dev")


@pytest.fixture
def plan() -> RecordedPlan:
    ini = "[databases]\nresearchflow = host=db.example password=hunter22\n"
    resources = (
        _resource("ConfigMap", "settings", data={"script": "one\ntwo\n"}),
        _resource("Secret", "pgbouncer", stringData=Secret({"pgbouncer.ini": ini})),
        _resource("Secret", "credentials", stringData=Secret({"password": "hunter22"})),
    )
    return RecordedPlan(
        project="researchflow", stack="dev", size="small", resources=resources, outputs={}
    )


def test_export_writes_objects_by_kind_and_name(plan: RecordedPlan) -> None:
    files = files_of(plan)
    assert sorted(files) == [
        "kubernetes/configmap/settings.yaml",
        "kubernetes/secret/credentials.yaml",
        "kubernetes/secret/pgbouncer.yaml",
        "pgbouncer.ini",
        "plan.json",
    ]
    assert files["pgbouncer.ini"].startswith("[databases]\n")
    assert "script: |\n    one\n    two\n" in files["kubernetes/configmap/settings.yaml"]


@pytest.mark.parametrize("text", ["0835437813", "12e4567890", "0o17", "0x1f", "1_000", "-.5", "7."])
def test_an_export_quotes_texts_that_kubectl_would_take_for_numbers(text: str) -> None:
    """The API server refuses a number among annotations, as a hash of digits alone would be."""
    settings = _resource("ConfigMap", "settings", data={"hash": text, "word": "f1904513ac"})
    plan = RecordedPlan(
        project="researchflow", stack="dev", size="small", resources=(settings,), outputs={}
    )
    written = files_of(plan)["kubernetes/configmap/settings.yaml"]
    assert f"hash: '{text}'\n" in written
    assert "word: f1904513ac\n" in written


def test_export_shows_no_secret_anywhere(plan: RecordedPlan) -> None:
    files = files_of(plan)
    secret = files["kubernetes/secret/credentials.yaml"]
    assert "password: '[secret]'" in secret
    assert secret.startswith("# Values are replaced")
    assert "password=[secret]" in files["pgbouncer.ini"]
    assert not [name for name, text in files.items() if "hunter22" in text]


def test_export_replaces_an_earlier_one_whole(plan: RecordedPlan, tmp_path: Path) -> None:
    out = tmp_path / "out"
    write_export(plan, out)
    smaller = RecordedPlan(
        project="researchflow", stack="dev", size="small", resources=(), outputs={}
    )
    assert write_export(smaller, out) == ["plan.json"]
    assert {path.name for path in out.rglob("*") if path.is_file()} == {"plan.json", MARKER}
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


@pytest.mark.parametrize("before", ["foreign", "beside", "file"])
def test_export_refuses_what_it_did_not_write(
    plan: RecordedPlan, tmp_path: Path, before: str
) -> None:
    out = tmp_path / "out"
    if before == "file":
        out.write_text("mine")
    else:
        if before == "beside":
            write_export(plan, out)
        out.mkdir(exist_ok=True)
        (out / "mine.txt").write_text("mine")
    with pytest.raises(ExportError, match=str(out)):
        check_directory(out)
    with pytest.raises(ExportError, match=str(out)):
        write_export(plan, out)
    kept = out if before == "file" else out / "mine.txt"
    assert kept.read_text() == "mine"


def test_export_into_a_foreign_directory_exits_2(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    result = _run("export", "--stack", "dev", "--out", str(tmp_path))
    assert result.exit_code == 2
    assert "is not empty" in result.stderr


@pytest.fixture
def unplanned(monkeypatch: pytest.MonkeyPatch) -> None:
    """Planning fails the test."""

    def plan_of(*_: object, **__: object) -> RecordedPlan:
        raise AssertionError("planned before it was refused")

    monkeypatch.setattr("rf.shared.stacks.plan_of", plan_of)
    monkeypatch.setattr("rf.preflight.checks.plan_of", plan_of)


@pytest.mark.usefixtures("unplanned")
@pytest.mark.parametrize(
    "command",
    [
        ("export", "--stack", "prod", "--out", "{place}/out"),
        ("simulate", "--stack", "prod", "--plot", "{place}/plot.png"),
        ("size", "--sweep", "{place}/sweep.png"),
    ],
    ids=lambda command: command[0],
)
@pytest.mark.parametrize("place", ["file", "read-only"])
def test_a_place_that_can_not_be_written_is_refused_before_the_plan(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...], place: str
) -> None:
    where = tmp_path / place
    if place == "file":
        where.write_text("")
    else:
        where.mkdir()
        # Root may write anywhere, and tests may run as root.
        monkeypatch.setattr("os.access", lambda path, _mode: Path(path) != where)
    result = _run(*(part.format(place=where) for part in command))
    assert result.exit_code == 2, result.output
    assert str(where) in result.stderr


@pytest.mark.usefixtures("unplanned")
def test_without_credentials_preflight_refuses_before_the_plan(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    result = _run("preflight", "--stack", "prod")
    assert result.exit_code == 2, result.output
    assert "no credentials for AWS" in result.stderr
