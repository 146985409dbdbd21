"""How many workers KEDA and Kubernetes' autoscaler really ask for, on the exported ScaledObject.

Each looks every second here; what they decide is what they would in the plan's intervals.
"""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from rq import Queue as RqQueue

from rf.shared.cluster.controllers import LINGERS
from rf.shared.cluster.objects import Document, RefusedError
from rf.shared.servers.processes import wait_until
from scaleplan.applications.workloads import WORKER
from scaleplan.model import load_plan
from tests.cluster.scaling.agreement import simulated
from tests.cluster.scaling.conftest import EVERY_LIBRARY, PutWorkers, Queued
from tests.cluster.scaling.played import INTERVALS, Played, hastened, leaves, object_of
from tests.services.queue.node_clients import NodeClients

pytestmark = pytest.mark.cluster

PLAN = load_plan()
QUEUES = PLAN.queue.names
FIRST, SECOND, THIRD = QUEUES
LEAST, MOST = 10, 20
"""Of prod's workers."""

PRIORITY = {"priority": PLAN.queue.job.default_priority}

POD = {"apiVersion": "v1", "kind": "Pod"}
"""Of an item of a list, which doesn't say so."""

TARGET_CPU = 70
"""Percent of what a worker requests."""


def test_what_kedas_operator_is_given_differs_from_the_export_in_its_intervals_alone(
    put_workers: PutWorkers,
):
    workers = put_workers()
    exported = dict(leaves(object_of(workers.export, "ScaledObject", WORKER)["spec"]))
    given = dict(leaves(workers.scaled_object["spec"]))
    assert given.keys() == exported.keys()
    differing = {path[-1] for path, value in given.items() if value != exported[path]}
    assert differing == set(INTERVALS)


CASES: dict[str, tuple[dict[str, dict[str, int]], float, int]] = {
    "nothing to do": ({}, 0, LEAST),
    "as many as the least take": ({FIRST: {"prioritized": 100}}, 0, LEAST),
    # Fourteen are within a tenth of fifteen, and four come at once.
    "within a tenth of enough": ({FIRST: {"prioritized": 150}}, 0, 14),
    "jobs of all queues": ({name: {"prioritized": 60} for name in QUEUES}, 0, 18),
    "jobs without a priority": ({SECOND: {"wait": 180}}, 0, 18),
    "more than the most take": ({THIRD: {"prioritized": 1000}}, 0, MOST),
    "running jobs": ({FIRST: {"active": 13}}, 0, 13),
    "running and waiting jobs": ({FIRST: {"active": 12, "prioritized": 60}}, 0, 18),
    "jobs to run later": ({FIRST: {"delayed": 500}}, 0, LEAST),
    "jobs that wait for others": ({FIRST: {"waiting-children": 500}}, 0, LEAST),
    "failed jobs": ({FIRST: {"failed": 500, "stalled": 5}}, 0, LEAST),
    "jobs that BullMQ 5 set aside": ({FIRST: {"paused": 500}}, 0, LEAST),
    "an empty queue and busy workers": ({}, 100, MOST),
    "an empty queue and workers at their target": ({}, TARGET_CPU, LEAST),
    "a full queue and idle workers": ({FIRST: {"prioritized": 180}}, 5, 18),
}
"""Jobs by queue and part, CPU in percent of what workers request, and the workers wanted."""


@pytest.mark.parametrize(("jobs", "cpu", "wanted"), CASES.values(), ids=list(CASES))
def test_workers_are_as_many_as_their_jobs_and_cpu_ask_for(
    put_workers: PutWorkers, jobs: dict[str, dict[str, int]], cpu: float, wanted: int
):
    workers = put_workers()
    workers.autoscaled.use_cpu(cpu)
    for queue, parts in jobs.items():
        workers.put(queue, **{part.replace("-", "_"): count for part, count in parts.items()})
    assert workers.autoscaled.settle() == wanted
    waiting = {
        name: parts.get("wait", 0) + parts.get("prioritized", 0) for name, parts in jobs.items()
    }
    running = {name: parts.get("active", 0) for name, parts in jobs.items()}
    assert wanted == simulated(
        workers.plan, waiting=waiting, running=running, cpu_percent=cpu, replicas=LEAST
    )


def test_jobs_of_every_library_ask_for_workers_together(
    put_workers: PutWorkers, node_clients: NodeClients
):
    workers = put_workers(overrides=EVERY_LIBRARY)
    later = {"delay": timedelta(hours=1) // timedelta(milliseconds=1)}
    node = Clients(workers, node_clients)
    node.run("bullmq", {"add": 60, "options": PRIORITY}, {"add": 200, "options": later})
    node.run("bull", {"add": 32}, {"hold": 2})
    jobs = RqQueue(FIRST, connection=workers.server.connect("orchestrator"))
    jobs.enqueue_many([RqQueue.prepare_data(time.sleep, (60,)) for _ in range(30)])
    # 60, 30 and 30 that wait, and two that run; none of the 200 yet.
    assert workers.autoscaled.settle() == 14


def test_a_paused_queue_of_bull_asks_for_no_worker(
    put_workers: PutWorkers, node_clients: NodeClients
):
    workers = put_workers(overrides=EVERY_LIBRARY)
    Clients(workers, node_clients).run("bull", {"pause": True}, {"add": 200})
    assert workers.autoscaled.settle() == LEAST


def test_the_documented_annotation_keeps_a_paused_queue_of_bullmq_from_adding_workers(
    put_workers: PutWorkers, node_clients: NodeClients
):
    workers = put_workers()
    Clients(workers, node_clients).run("bullmq", {"pause": True}, {"add": 140})
    # KEDA doesn't see the pause.
    assert workers.autoscaled.settle() == 14
    annotate(workers, "true")
    wait_until(lambda: selected_policy(workers) == "Disabled", "no worker may be added")
    workers.put(FIRST, wait=200)
    assert workers.autoscaled.settle() == 14
    workers.put(FIRST, wait=0)
    assert workers.autoscaled.settle() == LEAST
    workers.put(FIRST, wait=200)
    assert workers.autoscaled.settle() == LEAST
    annotate(workers, None)
    assert workers.autoscaled.settle() == MOST


def test_workers_with_a_job_are_not_scaled_in_while_no_job_waits(put_workers: PutWorkers):
    workers = put_workers(pods=18)
    assert workers.autoscaled.settle() == 18
    assert not leaving(workers)


def test_a_worker_that_must_go_has_as_long_as_the_longest_job(put_workers: PutWorkers):
    workers = put_workers(pods=18)
    wait_until(lambda: len(workers.autoscaled.pods()) == 18, "nobody else's pod is left")
    for pod in workers.autoscaled.pods():
        # Each is at a job, which it ends before it stops.
        change = {"metadata": {"annotations": {LINGERS: "true"}}}
        workers.played.cluster.change({**pod, **POD}, change)
    workers.put(FIRST, active=12)
    assert workers.autoscaled.settle() == 12
    told = leaving(workers)
    assert len(told) == 6
    for pod in told:
        assert all(each["ready"] for each in pod["status"]["containerStatuses"])
        assert pod["metadata"]["deletionGracePeriodSeconds"] > PLAN.queue.job.timeout_seconds
    # Their jobs end.
    for pod in told:
        change = {"metadata": {"annotations": {LINGERS: None}}}
        workers.played.cluster.change({**pod, **POD}, change)
    wait_until(lambda: len(workers.autoscaled.pods()) == 12, "they are gone")


def test_kedas_webhook_refuses_workers_that_an_autoscaler_owns_already(
    put_workers: PutWorkers, played: Played
):
    workers = put_workers()
    scaled = hastened(object_of(workers.export, "ScaledObject", WORKER))
    second = {**scaled, "metadata": {**scaled["metadata"], "name": "second"}}
    with pytest.raises(RefusedError, match="is already managed by"):
        played.cluster.apply(second)
    played.take_away(scaled, workers.autoscaled.reference_of_autoscaler())
    own = {
        "apiVersion": "autoscaling/v2",
        "kind": "HorizontalPodAutoscaler",
        "metadata": scaled["metadata"],
        "spec": {
            "scaleTargetRef": scaled["spec"]["scaleTargetRef"],
            "minReplicas": LEAST,
            "maxReplicas": MOST,
        },
    }
    played.cluster.apply(own)
    try:
        with pytest.raises(RefusedError, match="already managed by the hpa 'worker'"):
            played.cluster.apply(scaled)
    finally:
        played.take_away(own)


class Clients:
    """Bull and BullMQ under the orchestrator's login, on the first of the queues."""

    def __init__(self, workers: Queued, clients: NodeClients) -> None:
        self._server = workers.server
        self._clients = replace(clients, authority=workers.server.authority)
        config = object_of(workers.export, "ConfigMap", "application-config")["data"]
        self._prefixes = {"bull": config.get("BULL_PREFIX"), "bullmq": config["BULLMQ_PREFIX"]}

    def run(self, client: str, *steps: dict[str, Any]) -> None:
        """Steps of tests/services/queue/node/jobs.cjs."""
        outcome = self._clients.run(
            client,
            *steps,
            url=self._server.url("orchestrator"),
            prefix=str(self._prefixes[client]),
            queue=FIRST,
        )
        assert outcome["refused"] is None


def annotate(workers: Queued, value: str | None) -> None:
    """As the docs have it for a pause that lasts (docs/queues.md)."""
    change = {"metadata": {"annotations": {"autoscaling.keda.sh/paused-scale-out": value}}}
    workers.played.cluster.change(object_of(workers.export, "ScaledObject", WORKER), change)


def selected_policy(workers: Queued) -> str | None:
    """Which of the policies by which pods are added holds."""
    return workers.autoscaled.spec()["behavior"]["scaleUp"].get("selectPolicy")


def leaving(workers: Queued) -> list[Document]:
    """Workers that were told to stop."""
    return [pod for pod in workers.autoscaled.pods() if "deletionTimestamp" in pod["metadata"]]
