"""When Temporal is started for a trial, and what is said where it can't be."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from rf.conform.conform import ConformQuestion, conformance_of, question_of, why_without_temporal
from rf.shared.applications.stand import NOT_ASKED_FOR, StandInputError
from tests.conftest import Planned

REQUEST = {"start_workflow": {"method": "POST", "path": "/api/reviews"}}


@pytest.fixture(autouse=True)
def built(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the programs are looked for: none is there."""
    monkeypatch.setenv("RESEARCHFLOW_TEMPORAL", str(tmp_path / "built"))
    return tmp_path / "built"


def question(folder: Path, application: str, samples: object, *only: str) -> ConformQuestion:
    file = folder / "samples.yaml"
    file.write_text(yaml.safe_dump(samples), encoding="utf-8")
    return question_of(application, ["true"], file, only, None)


@pytest.mark.parametrize(("samples", "only"), [({}, ()), (REQUEST, ("starts", "takes-tasks"))])
def test_it_is_not_started_where_no_point_of_the_application_asks_for_it(
    planned: Planned, tmp_path: Path, samples: object, only: tuple[str, ...]
):
    asked = question(tmp_path, "orchestrator", samples, *only)
    plan = planned("prod")
    assert why_without_temporal(asked, plan) == NOT_ASKED_FOR


def test_a_stack_without_workflows_says_how_it_has_some(planned: Planned, tmp_path: Path):
    asked = question(tmp_path, "orchestrator", REQUEST)
    assert why_without_temporal(asked, planned("staging")) == (
        "staging runs no workflows: try it with --set workflows.enabled=true"
    )


def test_a_machine_without_the_server_says_what_builds_it(
    planned: Planned, tmp_path: Path, built: Path
):
    asked = question(tmp_path, "orchestrator", REQUEST)
    assert why_without_temporal(asked, planned("prod")) == (
        f"no {built}/temporal-server/temporal-server: run .ci/temporal, which needs Go"
    )


def test_it_is_started_where_it_can_be(planned: Planned, tmp_path: Path, built: Path):
    for name in ("temporal-server", "temporal-sql-tool"):
        (built / name).mkdir(parents=True)
        (built / name / name).touch()
    plan = planned("prod")
    assert why_without_temporal(question(tmp_path, "orchestrator", REQUEST), plan) == ""
    # Of which every point asks for it.
    assert why_without_temporal(question(tmp_path, "workflow-worker", {}), plan) == ""


def test_a_workflow_worker_is_refused_before_anything_starts(planned: Planned, tmp_path: Path):
    told: list[str] = []
    with pytest.raises(StandInputError, match="staging runs no workflows"):
        conformance_of(question(tmp_path, "workflow-worker", {}), planned("staging"), told.append)
    assert told == []
