"""How Karpenter's machines go, by its own controllers: one at a time where they drift, together by
age. What the docs say of both, and what a machine's pods may count on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from datetime import datetime, timedelta

import pytest

from rf.shared.cluster.snapshot import SeenPod
from rf.shared.servers.processes import wait_until
from rf.shared.servers.programs import MissingServersError
from rf.shared.stacks import settings_of
from scaleplan.applications.workloads import APPLICATIONS_POOL, WEB, WORKER, WORKERS_POOL
from tests.apiserver.objects.exports import Export, read_export
from tests.cluster.karpenter import Farm, Machine, at_work, pool_of, start_farm
from tests.conftest import Planned
from tests.unavailable import unavailable

pytestmark = pytest.mark.cluster

STACK = "staging"
DRIFTING, EXPIRING = 2, 3
"""Machines that are bought together for each play."""

AGE, GRACE, POD_GRACE = (timedelta(seconds=each) for each in (15, 10, 4))
"""Seconds in the place of days, hours and minutes, in their order."""

SECOND = timedelta(seconds=1)


@pytest.fixture(scope="module")
def export(planned: Planned) -> Export:
    return read_export(planned(STACK))


@pytest.fixture(scope="module")
def farm(export: Export, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Farm]:
    with ExitStack() as stack:
        try:
            yield start_farm(stack, tmp_path_factory.mktemp("machines"), export, settings_of(STACK))
        except MissingServersError as error:
            unavailable(str(error))


def test_machines_that_drift_go_one_by_one_when_their_jobs_are_done(
    farm: Farm, export: Export
) -> None:
    pool, (workers, budget) = pool_of(export, WORKERS_POOL), at_work(export, WORKER)
    farm.session.apply([budget])
    bought = farm.buy(pool, workers, DRIFTING)
    # What a raised image does with EC2's class: the machines are no longer what is declared.
    label = {"researchflow/image": "raised"}
    farm.cluster.change(pool, {"spec": {"template": {"metadata": {"labels": label}}}})

    first = next_to_leave(farm, bought)
    successors = [each for each in farm.machines(WORKERS_POOL) if each.name not in bought]
    assert [each.ready for each in successors] == [True]
    farm.wait_for_looks()
    assert leaving(farm, WORKERS_POOL) == [first.name]
    [told] = told_to_stop(farm, WORKER)
    assert told.node == first.node
    assert len(ready(farm, WORKER)) == DRIFTING

    assert first.left_at is not None
    assert first.goes_by is not None
    own_grace = workers["spec"]["template"]["spec"]["terminationGracePeriodSeconds"]
    assert first.goes_by - first.left_at > timedelta(seconds=own_grace)

    gone = [first.name]
    while True:
        farm.finish_jobs(told_to_stop(farm, WORKER))
        left = [each for each in bought if each not in gone]
        if not left:
            break
        gone.append(next_to_leave(farm, left).name)
        assert leaving(farm, WORKERS_POOL) == gone[-1:]
    wait_until(lambda: not leaving(farm, WORKERS_POOL), "the last has gone", interval_seconds=0.3)
    assert len(ready(farm, WORKER)) == DRIFTING


def test_machines_of_one_age_expire_together_whatever_the_budgets_say(
    farm: Farm, export: Export
) -> None:
    """And a pod that no budget lets go stays until its own grace is all that the machine's has
    left: then it has that, and goes."""
    pool = pool_of(
        export,
        APPLICATIONS_POOL,
        expireAfter=f"{AGE.seconds}s",
        terminationGracePeriod=f"{GRACE.seconds}s",
    )
    assert [each["nodes"] for each in pool["spec"]["disruption"]["budgets"]] == ["1"]
    pods, budget = at_work(export, WEB, grace_seconds=POD_GRACE.seconds)
    farm.session.apply([{**budget, "spec": {**budget["spec"], "maxUnavailable": 0}}])
    bought = farm.buy(pool, pods, EXPIRING)

    told: list[SeenPod] = []

    def all_told() -> bool:
        told[:] = told_to_stop(farm, WEB)
        return len(told) == EXPIRING

    wait_until(all_told, "the pods are told to stop", interval_seconds=0.3)
    old = {each.node: each for each in farm.machines(APPLICATIONS_POOL) if each.name in bought}
    assert len(old) == EXPIRING
    assert all(each.leaving for each in old.values())
    for pod in told:
        assert pod.node is not None
        goes_by, metadata = old[pod.node].goes_by, pod.document["metadata"]
        assert goes_by is not None
        # The API server keeps whole seconds, and Karpenter asks for whole ones.
        ends = datetime.fromisoformat(metadata["deletionTimestamp"])
        assert ends >= goes_by - SECOND
        told_at = ends - timedelta(seconds=metadata["deletionGracePeriodSeconds"])
        assert told_at >= goes_by - POD_GRACE - SECOND


def next_to_leave(farm: Farm, among: list[str]) -> Machine:
    """The first of these to be told to go, with a pod of its own that was told to stop."""

    def found() -> Machine | None:
        leaving = [
            each for each in farm.machines(WORKERS_POOL) if each.name in among and each.leaving
        ]
        nodes = {each.node for each in told_to_stop(farm, WORKER)}
        return next((each for each in leaving if each.node in nodes), None)

    return wait_until(found, "a machine leaves", interval_seconds=0.3)


def leaving(farm: Farm, pool: str) -> list[str]:
    """Names of the machines that were told to go and are still there."""
    return [each.name for each in farm.machines(pool) if each.leaving]


def ready(farm: Farm, workload: str) -> list[SeenPod]:
    return [each for each in farm.pods(workload) if each.ready and not each.leaving]


def told_to_stop(farm: Farm, workload: str) -> list[SeenPod]:
    return [each for each in farm.pods(workload) if each.leaving]
