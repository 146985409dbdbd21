"""The preview of the whole program: stable, without secrets, and the same set with unknowns."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from rf.export.writer import write_export
from rf.shared.offline.kubernetes_rules import version_of
from rf.shared.plan import RecordedPlan, reveal
from rf.shared.plan_cache import OFF, ingredients
from rf.shared.project import PROJECT_ROOT
from scaleplan.sizes import Size
from tests.configurations import NEWER_KUBERNETES_AT_RISK

Planned = Callable[..., RecordedPlan]


def _preview(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "rf", "preview", *arguments]
    environment = os.environ | environment
    return subprocess.run(
        command, cwd=PROJECT_ROOT, env=environment, capture_output=True, text=True, check=False
    )


WATCHED = """
import json, runpy, sys
from pathlib import Path
opened = set()
sys.addaudithook(lambda event, given: event == "open" and opened.add(str(given[0])))
from rf.shared import stacks
plan = stacks.plan_of("prod-eu")
modules = {getattr(module, "__file__", None) for module in list(sys.modules.values())}
Path(sys.argv.pop(1)).write_text(json.dumps(sorted(opened | {path for path in modules if path})))
stacks.plan_of = lambda *_, **__: plan
runpy.run_module("rf", run_name="__main__", alter_sys=True)
"""
"""Makes a plan and notes the files that it is made by; then `rf`, with that plan."""


@dataclass(frozen=True)
class Elsewhere:
    """What another shell's command printed, which planned anew, and the files that it read."""

    text: str
    read: frozenset[Path]


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory: pytest.TempPathFactory) -> Elsewhere:
    """prod-eu's plan, for which its home's is made too."""
    answer = tmp_path_factory.mktemp("read") / "files.json"
    shell = {"PYTHONHASHSEED": "2", "AWS_REGION": "eu-west-1", "AWS_PROFILE": "x", OFF: "1"}
    result = subprocess.run(
        [sys.executable, "-c", WATCHED, str(answer), "preview", "--stack", "prod-eu", "--json"],
        cwd=PROJECT_ROOT,
        env=os.environ | shell,
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    read = map(Path, json.loads(answer.read_text(encoding="utf-8")))
    return Elsewhere(
        text=result.stdout,
        read=frozenset(
            path.resolve()
            for path in read
            if path.is_absolute() and "__pycache__" not in path.parts
        ),
    )


def test_the_json_is_the_same_bytes_whatever_the_shell_and_the_hash_seed(
    planned: Planned, elsewhere: Elsewhere
) -> None:
    assert elsewhere.text == planned("prod-eu").to_json()
    document = json.loads(elsewhere.text)
    assert (document["format"], document["stack"], document["size"]) == (1, "prod-eu", "large")
    urns = [resource["urn"] for resource in document["resources"]]
    assert urns == sorted(urns)


def test_every_file_that_a_plan_is_made_by_counts_for_whether_it_is_kept(
    elsewhere: Elsewhere,
) -> None:
    environment = Path(sys.prefix).resolve()
    own = {
        path
        for path in elsewhere.read
        if path.is_relative_to(PROJECT_ROOT) and not path.is_relative_to(environment)
    }
    counted = {path.resolve() for path in ingredients(PROJECT_ROOT)}
    missed = {path.relative_to(PROJECT_ROOT).as_posix() for path in own - counted}
    # The config in these is part of the question.
    assert {name for name in missed if not name.startswith("Pulumi.")} == set()
    assert PROJECT_ROOT / "scaleplan" / "plan.yaml" in own


def test_a_bad_setting_exits_2_without_a_traceback() -> None:
    result = _preview("--stack", "dev", "--set", "worker.minReplicas=99", "--json")
    assert result.returncode == 2
    assert result.stdout == ""
    assert "worker.maxReplicas" in result.stderr
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize("size", list(Size))
def test_unknown_outputs_change_no_size_s_set_of_resources(planned: Planned, size: Size) -> None:
    known = planned("prod", size=size.value)
    unknown = planned("prod", size=size.value, unknowns=True)
    assert {r.urn for r in known.resources} == {r.urn for r in unknown.resources}


@pytest.mark.parametrize("size", list(Size))
def test_no_secret_is_in_the_json(planned: Planned, size: Size) -> None:
    plan = planned("prod", size=size.value)
    text = plan.to_json()
    assert "PRIVATE KEY" not in text
    for password in plan.of_type("random:index/randomPassword:RandomPassword"):
        assert reveal(password.outputs)["result"] not in text


def test_every_custom_resource_stands_in_a_component(planned: Planned) -> None:
    for resource in planned("prod", size=Size.LARGE.value).resources:
        if resource.custom and not resource.type.startswith("pulumi:providers:"):
            assert resource.parent, resource.urn


def test_objects_are_checked_against_the_version_of_the_plan_s_own_cluster(
    planned: Planned,
) -> None:
    assert version_of(planned("dev").resources) == "1.35"
    newer = planned("dev", overrides=NEWER_KUBERNETES_AT_RISK)
    assert version_of(newer.resources) == "1.36"


def test_an_export_holds_every_object_and_no_secret(tmp_path: Path, planned: Planned) -> None:
    plan = planned("prod")
    write_export(plan, tmp_path / "out")
    files = {str(path.relative_to(tmp_path / "out")) for path in (tmp_path / "out").rglob("*.*")}
    assert {
        "pgbouncer.ini",
        "plan.json",
        "helm/keda.yaml",
        "kubernetes/deployment/orchestrator.yaml",
        "kubernetes/scaledobject/worker.yaml",
        "kubernetes/secret/postgres-credentials.yaml",
    } <= files
    objects = [
        resource
        for resource in plan.resources
        if resource.type.startswith("kubernetes:") and "helm.sh" not in resource.type
    ]
    assert len([name for name in files if name.startswith("kubernetes/")]) == len(objects)
    text = "".join(path.read_text("utf-8") for path in (tmp_path / "out").rglob("*.*"))
    for password in plan.of_type("random:index/randomPassword:RandomPassword"):
        assert reveal(password.outputs)["result"] not in text
    ini = (tmp_path / "out" / "pgbouncer.ini").read_text("utf-8")
    assert "pool_mode = transaction" in ini
