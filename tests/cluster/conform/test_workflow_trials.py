"""An application that honours the contract of workflows passes, on a real Temporal."""

from __future__ import annotations

from pathlib import Path

import pytest

from rf.conform.point import Outcome
from rf.conform.points.table import POINTS
from rf.shared.applications.stand import Stand
from scaleplan.applications.workloads import ORCHESTRATOR, WORKFLOW_WORKER
from tests.workflows.trials import OF_TEMPORAL, outcomes, tried

pytestmark = pytest.mark.cluster


@pytest.mark.parametrize("name", [WORKFLOW_WORKER, ORCHESTRATOR])
def test_what_honours_the_contract_passes_every_point_of_workflows(
    stand: Stand, directory: Path, name: str
):
    asked = [each.id for each in POINTS if name in each.applications and each.temporal]
    result = tried(stand, directory, name, ["starts", "log-json", "log-no-patient", *OF_TEMPORAL])
    of_all = ("starts", "log-json", "log-no-patient")
    assert outcomes(result) == dict.fromkeys((*asked, *of_all), (Outcome.PASSED, ""))
