"""The application of these tests on trial, and what came of it."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path

from rf.conform.conform import Conformance, try_application
from rf.conform.point import Outcome
from rf.conform.points.table import POINTS, chosen_points
from rf.conform.samples import Samples
from rf.conform.trial import ApplicationOnTrial
from rf.shared.applications.stand import Stand
from tests.services.conform import applications
from tests.services.shared.starting import own_directory

APPLICATION = str(Path(__file__).with_name("workflow_application.py"))
OF_TEMPORAL = [each.id for each in POINTS if each.temporal]


def tried(
    stand: Stand,
    directory: Path,
    name: str,
    points: Iterable[str] = (),
    faults: Iterable[str] = (),
) -> Conformance:
    """The small application with these faults, as the orchestrator or the workflow worker."""
    folder = own_directory(directory, "trial-")
    asked = {
        "read": {"path": "/api/patients/{patient}"},
        "start_workflow": {"method": "POST", "path": "/api/analyses"},
        "workflow": {"type": "Analysis", "input": ["{patient}"]},
        "migrate": [sys.executable, applications.ORCHESTRATOR, "migrate"],
    }
    application = ApplicationOnTrial(
        name=name,
        command=[sys.executable, APPLICATION, *(f"--fault={fault}" for fault in faults)],
        samples=Samples.model_validate(asked),
        working_directory=folder,
        start_seconds=60,
    )
    return try_application(stand, application, chosen_points(points), folder)


def broken(result: Conformance) -> dict[str, str]:
    """What was seen of each broken point."""
    return {each.point.id: each.seen for each in result.verdicts if each.outcome is Outcome.FAILED}


def outcomes(result: Conformance) -> dict[str, tuple[Outcome, str]]:
    """What came of each point that the application was asked for."""
    return {
        each.point.id: (each.outcome, each.seen)
        for each in result.verdicts
        if each.outcome is not Outcome.NOT_APPLICABLE
    }
