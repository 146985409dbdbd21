"""A rollout that can't go on, on a cluster without machines: old pods run on, and the next update
ends it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from rf.shared.cluster.binaries import find_cluster_binaries
from rf.shared.cluster.chart_pods import ADDON
from rf.shared.cluster.snapshot import settle
from rf.shared.servers.programs import MissingServersError
from rf.shared.stacks import settings_of
from tests.conftest import Planned
from tests.engine.conftest import Standing
from tests.engine.rehearsed import RehearsedAlone, changed_nothing, rehearsed, went_well
from tests.unavailable import unavailable

pytestmark = pytest.mark.cluster

NEXT = ("images.orchestrator=next",)
ORCHESTRATOR = {
    "apiVersion": "apps/v1",
    "kind": "Deployment",
    "metadata": {"name": "orchestrator", "namespace": "researchflow"},
}


@pytest.fixture(scope="module")
def dev(planned: Planned, standing: Standing) -> Iterator[RehearsedAlone]:
    try:
        find_cluster_binaries()
    except MissingServersError as error:
        unavailable(str(error))
    plan = planned("dev")
    with rehearsed(standing, "dev", plan, on_cluster=True) as ground:
        assert ground.rehearsal.played is not None
        ground.rehearsal.played.take(
            settings_of("dev"), [each.inputs for each in plan.of_type(ADDON)]
        )
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
