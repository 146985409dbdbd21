"""The reference workflow, beyond what the contract asks: what it refuses, it refuses for good."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from rf.shared.applications.application_process import ApplicationProcess, new_ports
from rf.shared.applications.stand import Stand
from rf.shared.project import PROJECT_ROOT
from rf.shared.servers.processes import wait_until
from scaleplan.applications.workloads import WORKFLOW_WORKER

pytestmark = pytest.mark.apps


def test_input_that_is_not_valid_fails_the_workflow_at_once(
    stand: Stand, directory: Path, migrated: None
):
    ports = new_ports()
    told = stand.variables(WORKFLOW_WORKER, ports)
    process = ApplicationProcess(
        ["node", str(PROJECT_ROOT / "apps/orchestrator/dist/server.js")],
        {"PATH": os.environ["PATH"], **told},
        directory / "workflow-worker",
        ports,
        PROJECT_ROOT,
    )
    asked = {"organizationId": "6f0f7c0e-5d0c-4c57-9d6a-4f1d1f1a6b11", "datasetId": "a b"}
    started = stand.temporal.start("analysisWorkflow", [asked], told["TEMPORAL_TASK_QUEUE"])
    try:
        wait_until(lambda: stand.temporal.seen(started).completed is False, "it has failed")
    finally:
        process.stop()
        stand.temporal.end(started)
