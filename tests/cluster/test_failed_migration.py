"""A migration that fails under Pulumi's engine: old pods run on, and the next update ends it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from rf.rehearse.surroundings import standing_on
from rf.shared.cluster.chart_pods import ADDON
from rf.shared.cluster.snapshot import settle
from rf.shared.engine.binaries import EngineBinaries
from rf.shared.files import temporary_folder
from rf.shared.plan_document import document_of
from rf.shared.project import PROJECT_ROOT
from rf.shared.stacks import project_name, settings_of
from tests.conftest import Planned
from tests.engine.rehearsed import RehearsedAlone, changed_nothing, went_well

pytestmark = pytest.mark.cluster

NEXT = ("images.orchestrator=next",)
ORCHESTRATOR = {
    "apiVersion": "apps/v1",
    "kind": "Deployment",
    "metadata": {"name": "orchestrator", "namespace": "researchflow"},
}


@pytest.fixture(scope="module")
def dev(planned: Planned, engine: EngineBinaries) -> Iterator[RehearsedAlone]:
    plan = planned("dev")
    with (
        temporary_folder("the rehearsal's folder", "rf-engine-test-") as folder,
        standing_on(
            project_name(), folder, engine, [document_of(plan)], on_cluster=True
        ) as rehearsal,
    ):
        rehearsal.take_program(PROJECT_ROOT)
        rehearsal.pack = None
        assert rehearsal.played is not None
        rehearsal.played.take(settings_of("dev"), [each.inputs for each in plan.of_type(ADDON)])
        ground = RehearsedAlone(name="dev", rehearsal=rehearsal, stack=rehearsal.stack("dev"))
        ground.configure()
        went_well(ground.stack.up())
        yield ground


def test_where_a_migration_fails_old_pods_run_on_and_the_next_update_runs_it_anew(
    dev: RehearsedAlone,
) -> None:
    before = pods_of(dev, "orchestrator")
    dev.configure(overrides=NEXT)
    dev.rehearsal.fail("database-migration-job")
    run = dev.stack.up()
    assert "[DeadlineExceeded]" in run.failure
    assert {urn.rsplit("::", 1)[-1] for urn in run.failed} == {"database-migration-job"}
    assert pods_of(dev, "orchestrator") == before
    dev.rehearsal.fail("")
    went_well(dev.stack.up())
    changed_nothing(dev.stack.preview())
    after = pods_of(dev, "orchestrator")
    assert len(after) == len(before)
    assert set(after.values()) == {image.rsplit(":", 1)[0] + ":next" for image in before.values()}


def pods_of(dev: RehearsedAlone, workload: str) -> dict[str, Any]:
    """A workload's ready pods, and the image of each."""
    return {
        pod.name: pod.document["spec"]["containers"][0]["image"]
        for pod in settle(dev.cluster).of(workload)
        if pod.ready
    }
