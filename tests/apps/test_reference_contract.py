"""Every reference application honours the application contract, as `rf conform` tries it."""

from __future__ import annotations

from pathlib import Path

import pytest

from rf.conform.conform import try_application
from rf.conform.point import Outcome
from rf.conform.points.table import POINTS
from rf.conform.samples import read_samples
from rf.conform.trial import ApplicationOnTrial
from rf.shared.applications.stand import Stand
from rf.shared.project import PROJECT_ROOT
from scaleplan.applications.workloads import (
    COLLABORATION,
    ORCHESTRATOR,
    WEB,
    WORKFLOW_WORKER,
)
from tests.services.shared.starting import own_directory
from tests.unavailable import unavailable

pytestmark = pytest.mark.apps

SERVED_BY = {
    ORCHESTRATOR: "orchestrator",
    WORKFLOW_WORKER: "orchestrator",
    COLLABORATION: "collaboration",
    WEB: "web",
}
"""Of those on Node.js, whose server each is; the worker has a file of its own."""

NOT_TRIED = {
    ORCHESTRATOR: {"older-migration", "version-before"},
    WORKFLOW_WORKER: set[str](),
    COLLABORATION: set[str](),
    WEB: set[str](),
}
"""There is no version before the first."""


@pytest.mark.parametrize("name", SERVED_BY)
def test_it_honours_the_contract(stand: Stand, directory: Path, name: str):
    server = PROJECT_ROOT / "apps" / SERVED_BY[name] / "dist/server.js"
    if not server.exists():
        unavailable(f"{SERVED_BY[name]} is not built: .ci/apps builds it")
    tried = ApplicationOnTrial(
        name=name,
        command=["node", str(server)],
        samples=read_samples(PROJECT_ROOT / f"apps/samples/{name}.yaml"),
        working_directory=PROJECT_ROOT,
    )
    verdicts = try_application(stand, tried, POINTS, own_directory(directory, "trial-")).verdicts
    asked = [each for each in verdicts if each.outcome is not Outcome.NOT_APPLICABLE]
    assert {each.point.id for each in asked if each.outcome is Outcome.NOT_TRIED} == NOT_TRIED[name]
    assert {each.point.id: each.seen for each in asked if each.outcome is Outcome.FAILED} == {}
