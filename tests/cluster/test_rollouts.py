"""Rollouts and drains that can't go on, decided by real controllers: what the docs say of them.

A bad image is played by pods that take their place and never become ready, as such pods do.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import replace
from typing import Any

import pytest

from components.database.migration import ATTEMPTS
from rendering.applications.variables import MIGRATION
from rf.shared.cluster.controllers import HELD, LINGERS
from rf.shared.cluster.objects import Document
from rf.shared.cluster.snapshot import SeenPod, Snapshot
from rf.shared.servers.processes import wait_until
from rf.shared.stacks import settings_of
from scaleplan.applications.pods import ROLLOUT_SURGE_PODS
from scaleplan.applications.workloads import autoscaled_workloads
from tests.cluster.standing import APPLICATIONS, Standing, stand
from tests.conftest import Planned

pytestmark = pytest.mark.cluster

STACK = "staging"
APPLICATION = "orchestrator"


@pytest.fixture(scope="module")
def standing(planned: Planned, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Standing]:
    """The stack at its minima, with room for a rollout."""
    with ExitStack() as stack:
        standing = stand(
            stack,
            tmp_path_factory.mktemp("rollouts"),
            planned(STACK),
            settings_of(STACK),
            lambda each: each.min_replicas + ROLLOUT_SURGE_PODS,
        )
        standing.scale(lambda each: each.min_replicas)
        standing.settle()
        yield standing


@pytest.fixture
def calm(standing: Standing) -> Iterator[Standing]:
    """Every pod ready before; after it all revisions are good again, and all nodes open."""
    assert standing.settle().unready == {}
    yield standing
    standing.open_nodes()
    standing.roll_out("good", namespace=APPLICATIONS)
    assert standing.settle().unready == {}


def test_pods_of_a_bad_image_take_no_old_pods_place(calm: Standing) -> None:
    before = calm.look()
    calm.roll_out("bad image", HELD, namespace=APPLICATIONS)
    after = calm.settle()
    for name in rolled_out(calm):
        assert ready(before, name) <= ready(after, name)
        assert len(after.of(name)) == len(before.of(name)) + ROLLOUT_SURGE_PODS


def test_a_rollout_that_is_undone_leaves_the_pods_that_there_were(calm: Standing) -> None:
    before = calm.look()
    templates = {name: template_of(calm, name) for name in rolled_out(calm)}
    calm.roll_out("bad image", HELD, namespace=APPLICATIONS)
    calm.settle()
    for name, template in templates.items():
        undo(calm, name, template)
    after = calm.settle()
    for name in rolled_out(calm):
        assert ready(after, name) == ready(before, name)


def test_a_node_drained_during_it_takes_one_ready_pod_at_a_time(calm: Standing) -> None:
    calm.roll_out("bad image", HELD, namespace=APPLICATIONS)
    now = calm.settle()
    wanted = {name: len(ready(now, name)) for name in rolled_out(calm)}
    node = next(iter(now.hosts(APPLICATION)))
    calm.add([replace(calm.machine(node), name="in-its-place")])
    seen: list[Snapshot] = []
    calm.drain([node], watch=seen.append)
    after = calm.settle()
    for name, pods in wanted.items():
        assert min(len(ready(each, name)) for each in seen) >= pods - 1
        assert len(ready(after, name)) == pods
        assert node not in after.hosts(name)


def test_the_budget_refuses_a_drain_while_the_pod_that_left_is_not_back(calm: Standing) -> None:
    calm.cordon(list(calm.look().nodes))
    first, *others = calm.look().of(APPLICATION)
    assert calm.cluster.evict(first.document)
    wait_until(lambda: first.name not in names(calm, APPLICATION), "it has left")
    now = calm.settle()
    assert [pod.name for pod in now.of(APPLICATION) if not pod.ready] == [
        name for name in now.pending if name.startswith(APPLICATION)
    ]
    assert [calm.cluster.evict(pod.document) for pod in others] == [False] * len(others)
    calm.open_nodes()
    calm.settle()
    assert calm.cluster.evict(others[0].document)


def test_pods_that_are_not_ready_leave_beyond_the_budget(calm: Standing) -> None:
    pods = calm.settle().of(APPLICATION)
    assert len(pods) > 1
    for pod in pods:
        set_unready(calm, pod)
    wait_until(lambda: budget(calm)["currentHealthy"] == 0, "the budget knows it")
    assert budget(calm)["disruptionsAllowed"] == 0
    assert all(calm.cluster.evict(pod.document) for pod in pods)


def test_a_drain_costs_a_migration_no_attempt_and_three_failures_end_it(calm: Standing) -> None:
    [job] = calm.hold_jobs([MIGRATION])
    drained = pod_of(calm, job)
    calm.cluster.change(of_pod(drained), {"metadata": {"annotations": {LINGERS: "true"}}})
    assert calm.cluster.evict(drained.document)
    fail(calm, drained)
    after = pod_of(calm, job)
    assert after.name != drained.name
    assert status(calm, job).get("failed", 0) == 0
    calm.cluster.change(of_pod(drained), {"metadata": {"annotations": {LINGERS: None}}})
    for _ in range(ATTEMPTS):
        assert not has_failed(calm, job)
        fail(calm, pod_of(calm, job))
    wait_until(lambda: has_failed(calm, job), "it has failed")
    assert status(calm, job)["failed"] == ATTEMPTS
    calm.end([job])


def rolled_out(standing: Standing) -> list[str]:
    """The applications that a release changes."""
    return [each.name for each in autoscaled_workloads(standing.settings)]


def ready(now: Snapshot, name: str) -> set[str]:
    """Names of a workload's ready pods."""
    return {pod.name for pod in now.of(name) if pod.ready and not pod.leaving}


def names(standing: Standing, name: str) -> set[str]:
    return {pod.name for pod in standing.look().of(name)}


def deployment(name: str) -> Document:
    metadata = {"name": name, "namespace": APPLICATIONS}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata}


def template_of(standing: Standing, name: str) -> dict[str, Any]:
    found = standing.cluster.find(deployment(name))
    assert found is not None
    return found["spec"]["template"]


def undo(standing: Standing, name: str, template: dict[str, Any]) -> None:
    """As `kubectl rollout undo`: the template of the revision before."""
    held = {"metadata": {"annotations": {HELD: None, **template["metadata"]["annotations"]}}}
    standing.cluster.change(deployment(name), {"spec": {"template": held}})


def budget(standing: Standing) -> dict[str, Any]:
    metadata = {"name": APPLICATION, "namespace": APPLICATIONS}
    found = standing.cluster.find(
        {"apiVersion": "policy/v1", "kind": "PodDisruptionBudget", "metadata": metadata}
    )
    assert found is not None
    return found["status"]


def set_unready(standing: Standing, pod: SeenPod) -> None:
    """As kubelet does where a probe fails."""
    changed: Sequence[dict[str, Any]] = [
        {**each, "status": "False"} if each["type"] == "Ready" else each
        for each in pod.document["status"]["conditions"]
    ]
    standing.cluster.set_status(of_pod(pod), {"conditions": changed})


def fail(standing: Standing, pod: SeenPod) -> None:
    """As kubelet does where the container has ended with an error."""
    standing.cluster.set_status(of_pod(pod), {"phase": "Failed"})


def of_pod(pod: SeenPod) -> Document:
    return {"apiVersion": "v1", "kind": "Pod", "metadata": pod.document["metadata"]}


def pod_of(standing: Standing, job: Document) -> SeenPod:
    """The pod of the Job that is on a node, and not over."""

    def found() -> SeenPod | None:
        pods = standing.look().of(MIGRATION)
        ours = [pod for pod in pods if pod.name.startswith(job["metadata"]["name"])]
        return next((pod for pod in ours if pod.node is not None and not over(pod)), None)

    return wait_until(found, "the Job's pod has a node", interval_seconds=0.2)


def over(pod: SeenPod) -> bool:
    """Whether it has ended, or has to."""
    return pod.leaving or pod.document["status"]["phase"] == "Failed"


def status(standing: Standing, job: Document) -> dict[str, Any]:
    found = standing.cluster.find(job)
    assert found is not None
    return found["status"]


def has_failed(standing: Standing, job: Document) -> bool:
    """Whether the Job has used up its attempts, and all of its pods are counted."""
    conditions = status(standing, job).get("conditions") or ()
    return any(
        (each["type"], each.get("reason")) == ("Failed", "BackoffLimitExceeded")
        for each in conditions
    )
