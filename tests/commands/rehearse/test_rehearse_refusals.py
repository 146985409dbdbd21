"""What `rf rehearse` refuses before anything starts, each in one sentence with exit code 2."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from rf.cli import app
from rf.shared.engine import rehearsal
from rf.shared.engine.binaries import EngineBinaries
from rf.shared.engine.rehearsal import rehearsing
from rf.shared.plan import RecordedPlan
from tests.recorded import recorded_resource

PLAN = RecordedPlan(
    project="researchflow",
    stack="dev",
    size="small",
    resources=(
        recorded_resource("pulumi:providers:aws", "aws", {}),
        recorded_resource("aws:s3/bucket:Bucket", "artifacts-bucket", {}),
        recorded_resource("aws:kms/key:Key", "encryption-data", {}),
    ),
    outputs={},
)


def program(path: Path, answer: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\necho '{answer}'\n")
    path.chmod(0o755)


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Folders with programs that say their versions, and can do nothing else."""
    program(tmp_path / "engine" / "bin" / "pulumi", "v3.274.1")
    program(tmp_path / "engine" / "bin" / "pulumi-resource-kubernetes", "")
    program(tmp_path / "apiserver" / "bin" / "kube-apiserver", "")
    program(tmp_path / "path" / "etcd", "etcd Version: 3.6.1")
    (tmp_path / "path" / "git").symlink_to(shutil.which("git") or "")
    monkeypatch.setenv("RESEARCHFLOW_ENGINE", str(tmp_path / "engine"))
    monkeypatch.setenv("RESEARCHFLOW_APISERVER", str(tmp_path / "apiserver"))
    monkeypatch.setenv("PATH", str(tmp_path / "path"))
    monkeypatch.setattr("rf.rehearse.targets.plan_of", lambda *_, **__: PLAN)

    def started(*_: object) -> None:
        raise AssertionError("it started")

    monkeypatch.setattr("rf.rehearse.rehearse.standing_on", started)
    return tmp_path


def refusal(*arguments: str) -> str:
    """The sentence."""
    result = CliRunner().invoke(app, ["rehearse", "--stack", "dev", *arguments])
    assert result.exit_code == 2, result.output
    assert result.stdout == ""
    return result.stderr.strip()


def test_without_an_engine_it_says_how_to_get_one(machine: Path) -> None:
    (machine / "engine" / "bin" / "pulumi").unlink()
    said = refusal()
    assert said.startswith("no Pulumi engine, neither ")
    assert ".ci/engine/build" in said
    assert "\n" not in said


def test_an_empty_folder_is_no_engine(machine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (machine / "empty").mkdir()
    monkeypatch.setenv("RESEARCHFLOW_ENGINE", str(machine / "empty"))
    said = refusal()
    assert str(machine / "empty") in said
    assert ".ci/engine/build" in said
    assert "\n" not in said


@pytest.mark.parametrize("version", ["2.300.0", "3.254.9", "4.0.0"])
def test_an_engine_of_another_version_is_named_with_it(machine: Path, version: str) -> None:
    built, other = machine / "engine" / "bin" / "pulumi", machine / "path" / "pulumi"
    program(built, f"v{version}")
    other.write_text("not a program")
    said = refusal()
    assert f"{built} is {version}" in said
    assert ".ci/engine/build" in said
    assert "\n" not in said
    other.chmod(0o755)
    assert f"{other} is of no version" in refusal()


@pytest.mark.parametrize("part", ["apiserver/bin/kube-apiserver", "path/etcd"])
def test_without_an_api_server_it_says_how_to_get_one(
    machine: Path, monkeypatch: pytest.MonkeyPatch, part: str
) -> None:
    (machine / part).unlink()
    monkeypatch.setenv("RESEARCHFLOW_SERVICES", str(machine / "services"))
    said = refusal()
    assert said.startswith("no ")
    assert "run .ci/" in said
    assert "\n" not in said


def test_without_scheduler_and_controllers_there_is_no_cluster(
    machine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RESEARCHFLOW_CLUSTER", str(machine / "cluster"))
    said = refusal("--cluster")
    assert said.startswith("no ")
    assert "run .ci/cluster/build" in said
    assert "\n" not in said


@pytest.mark.usefixtures("machine")
def test_exceptions_that_the_policy_pack_would_refuse_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    exceptions = tmp_path / "exceptions.yaml"
    exceptions.write_text("exceptions: [{rule: logs-keept}]\n")
    monkeypatch.setattr("rf.rehearse.rehearse.FILE", exceptions)
    assert "logs-keept" in refusal()


@pytest.mark.usefixtures("machine")
@pytest.mark.parametrize(
    ("pattern", "reason"),
    [
        ("(", "not a regular expression"),
        ("artifact-buckt", "nearest: artifacts-bucket"),
        ("aws:kms/key:Key::encryption-dta", "nearest: urn:pulumi:"),
        ("zzzz", "nothing that dev creates has this in its URN"),
        ("pulumi:providers:aws", "nothing that dev creates has this in its URN"),
    ],
)
def test_a_pattern_by_which_nothing_fails_is_refused(pattern: str, reason: str) -> None:
    said = refusal("--fail", pattern)
    assert said.startswith(f"--fail {pattern}: ")
    assert reason in said
    assert "\n" not in said


@pytest.mark.usefixtures("machine")
@pytest.mark.parametrize(
    "arguments", [("--size", "medum"), ("--from", "small", "--to", "medum")], ids=" ".join
)
def test_an_unknown_size_is_refused_with_the_nearest(arguments: tuple[str, ...]) -> None:
    assert "nearest: medium" in refusal(*arguments)


@pytest.mark.usefixtures("machine")
@pytest.mark.parametrize(
    "arguments",
    [
        ("--from", "small"),
        ("--to", "small"),
        ("--to", "HEAD"),
        ("--size", "small", "--from", "HEAD", "--to", "medium"),
    ],
    ids=" ".join,
)
def test_two_sizes_or_one_are_named(arguments: tuple[str, ...]) -> None:
    refusal(*arguments)


@pytest.mark.usefixtures("machine")
def test_what_is_neither_a_size_nor_a_revision_is_refused() -> None:
    said = refusal("--from", "no-such-revision")
    assert said.startswith("no-such-revision: Git knows no such revision in ")
    assert "nor is it a size" in said
    assert "\n" not in said


def test_without_git_no_revision_is_known(machine: Path) -> None:
    (machine / "path" / "git").unlink()
    assert "git is missing" in refusal("--from", "HEAD")


@pytest.mark.usefixtures("machine")
def test_what_a_growth_step_leaves_as_it_is_cannot_fail() -> None:
    """The plans of both sizes are the same here: nothing is created or changed."""
    said = refusal("--from", "small", "--to", "medium", "--fail", "artifacts-bucket")
    assert "nothing that dev creates or changes has this in its URN" in said


class Elsewhere:
    """Stands for a server at an address, which is all that is asked of it."""

    def __init__(self, address: str) -> None:
        self.endpoint = self.server = address


HERE = "http://127.0.0.1:4000"


@pytest.mark.parametrize(
    "foreign",
    [
        {"aws": Elsewhere("https://ec2.us-east-1.amazonaws.com")},
        {"aws": Elsewhere("http://127.0.0.1.example.com:4000")},
        {"cluster": Elsewhere("https://0123.gr7.us-east-1.eks.amazonaws.com")},
        {"kubernetes_address": "10.0.0.7:4000"},
        {"kubernetes_address": "127.0.0.1@example.com:4000"},
    ],
    ids=lambda foreign: next(iter(foreign)),
)
def test_an_endpoint_elsewhere_is_refused_before_anything_is_served(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, foreign: dict[str, Any]
) -> None:
    def served(*_: object) -> Callable[..., None]:
        raise AssertionError("a provider was served")

    monkeypatch.setattr(rehearsal, "served", served)
    endpoints: dict[str, Any] = {
        "aws": Elsewhere(HERE),
        "cluster": Elsewhere(HERE),
        "kubernetes_address": "127.0.0.1:4000",
    }
    engine = EngineBinaries(pulumi=tmp_path, version="3.0.0", kubernetes_provider=tmp_path)
    with (
        pytest.raises(ValueError, match="only talks to this machine"),
        rehearsing(
            "researchflow",
            tmp_path,
            engine,
            region="us-east-1",
            kubeconfig=tmp_path,
            **{**endpoints, **foreign},
        ),
    ):
        pass
    assert list(tmp_path.iterdir()) == []
