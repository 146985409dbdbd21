"""dev on a cluster without machines: the provider waits until pods are ready, and says which are
not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pytest

from rf.rehearse.rehearse import Wanted, rehearse
from rf.rehearse.result import RehearsalResult
from rf.shared.engine.binaries import EngineBinaries
from rf.shared.engine.rehearsal import Rehearsal
from rf.shared.plan import RecordedPlan
from tests.conftest import Planned

pytestmark = pytest.mark.cluster

FAILS = "worker-workload-pods"
WORKER = "Deployment::worker-workload-pods"

_KINDS = {
    "Deployment": "/apis/apps/v1/deployments",
    "StatefulSet": "/apis/apps/v1/statefulsets",
    "Job": "/apis/batch/v1/jobs",
}


@dataclass(frozen=True, kw_only=True)
class Told:
    """A rehearsal in which one Deployment's pods are first never ready, and what stood at its end:
    objects by kind, namespace and name."""

    result: RehearsalResult
    objects: Mapping[tuple[str, str, str], Mapping[str, Any]]


@pytest.fixture(scope="module")
def told(engine: EngineBinaries) -> Told:
    stood: dict[tuple[str, str, str], Mapping[str, Any]] = {}

    def look(_: RehearsalResult, rehearsal: Rehearsal) -> None:
        for kind, path in _KINDS.items():
            for each in rehearsal.cluster.read(path)["items"]:
                metadata = each["metadata"]
                stood[kind, metadata["namespace"], metadata["name"]] = each

    result = rehearse(Wanted(stack="dev", on_cluster=True, fails=FAILS), show=look)
    assert result.engine == engine.version
    return Told(result=result, objects=stood)


def test_it_goes_as_it_must(told: Told) -> None:
    failures = {each.title: each.run.failure for each in told.result.runs if not each.fine}
    assert failures == {}
    assert [each.run.kind for each in told.result.runs] == ["preview", "up", "up", "preview"]


def test_an_update_whose_pods_are_never_ready_fails_and_names_them(told: Told) -> None:
    _, failed, *_ = told.result.runs
    assert [urn for urn in failed.run.failed if urn.endswith(WORKER)] == list(failed.run.failed)
    assert "'worker' timed out waiting to be Ready" in failed.run.failure
    assert failed.pods is not None
    assert {name.rsplit("-", 2)[0] for name in failed.pods.unready} == {"worker"}


def test_the_next_update_mends_that_one_alone(told: Told) -> None:
    mended = told.result.runs[2]
    changed = [step for step in mended.run.changes if step.operation == "update"]
    assert [step.name for step in changed] == [FAILS]


def test_at_the_end_every_pod_is_ready(told: Told) -> None:
    pods = told.result.runs[2].pods
    assert pods is not None
    assert pods.unready == {}
    assert pods.ready == len(pods.pods) > 0


def test_each_workload_is_available_and_each_job_done(told: Told, planned: Planned) -> None:
    for (kind, *_), each in told.objects.items():
        conditions = {c["type"]: c["status"] for c in each["status"].get("conditions") or ()}
        if kind == "StatefulSet":
            assert each["status"]["availableReplicas"] == each["spec"]["replicas"]
        else:
            assert conditions["Available" if kind == "Deployment" else "Complete"] == "True"
    assert of_the_program(planned("dev")) <= told.objects.keys()


def test_charts_and_addons_run_their_pods(told: Told) -> None:
    names = {name for _, _, name in told.objects}
    assert {"coredns", "keda-operator", "metrics-server", "prometheus"} <= names


def test_no_mark_stays_on_an_object(told: Told) -> None:
    for key, each in told.objects.items():
        pods = each["spec"]["template"]["metadata"]
        for metadata in (each["metadata"], pods):
            marks = [name for name in metadata.get("annotations") or () if "skipAwait" in name]
            held = [name for name in metadata.get("annotations") or () if "held" in name]
            assert (key, marks, held) == (key, [], [])


def of_the_program(plan: RecordedPlan) -> set[tuple[str, str, str]]:
    """The plan's own objects of these kinds."""
    return {
        (kind, each.outputs["metadata"]["namespace"], each.outputs["metadata"]["name"])
        for each in plan.resources
        if each.type.startswith("kubernetes:") and (kind := str(each.inputs.get("kind"))) in _KINDS
    }
