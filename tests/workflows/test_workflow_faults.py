"""Each fault of an application of workflows breaks its own point, on a real Temporal.

These take some minutes, and `make test-workflows` runs them.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from rf.conform.point import Outcome
from rf.conform.points import workflows
from rf.conform.points.table import POINTS
from rf.shared.applications.stand import Stand
from scaleplan.applications.workloads import ORCHESTRATOR, WORKFLOW_WORKER
from tests.workflows.trials import OF_TEMPORAL, broken, outcomes, tried

pytestmark = pytest.mark.workflows

FAULTS = [
    (WORKFLOW_WORKER, "probes-alone", "serves-too"),
    (WORKFLOW_WORKER, "activity-limits", "tries-on"),
    (WORKFLOW_WORKER, "activity-in-hand", "cancels-what-it-has"),
    (WORKFLOW_WORKER, "activity-in-hand", "takes-on"),
    (WORKFLOW_WORKER, "takes-tasks-again", "ends-without-temporal"),
    (WORKFLOW_WORKER, "worker-lost", "fails-again"),
    (WORKFLOW_WORKER, "activity-repeats", "names-at-random"),
    (ORCHESTRATOR, "starts-workflows", "starts-elsewhere"),
    (ORCHESTRATOR, "starts-workflows-again", "ends-without-temporal"),
]
"""By application, the point that it breaks."""


@pytest.mark.parametrize(("name", "point", "fault"), FAULTS)
def test_a_fault_breaks_its_own_point_and_no_other(
    stand: Stand, directory: Path, name: str, point: str, fault: str
):
    result = tried(stand, directory, name, OF_TEMPORAL, [fault])
    assert broken(result).keys() == {point}, broken(result)


def test_one_that_shows_no_certificate_starts_no_workflow(stand: Stand, directory: Path):
    points, faults = ["starts-workflows"], ["shows-no-certificate"]
    result = tried(stand, directory, ORCHESTRATOR, points, faults)
    assert broken(result) == {
        "starts-workflows": "the sample `start_workflow` was answered with 503"
    }


def test_a_worker_of_another_task_queue_takes_no_task(
    stand: Stand, directory: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(workflows, "DONE_SECONDS", 10.0)
    result = tried(stand, directory, WORKFLOW_WORKER, ["takes-tasks"], ["takes-elsewhere"])
    assert broken(result) == {"takes-tasks": "a workflow had not ended after 10 s"}


def test_what_workflow_workers_share_with_all_they_pass(stand: Stand, directory: Path):
    asked = [
        each.id for each in POINTS if WORKFLOW_WORKER in each.applications and not each.temporal
    ]
    result = tried(stand, directory, WORKFLOW_WORKER, asked)
    assert outcomes(result) == dict.fromkeys(asked, (Outcome.PASSED, ""))


def test_every_point_of_workflows_has_a_fault_that_breaks_it():
    assert {point for _, point, _ in FAULTS} | {"takes-tasks"} == set(OF_TEMPORAL)
