"""What the autoscaler of the workers does when KEDA can't read the queue, and when it can again."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from rendering.redis.access import SCALER
from rf.shared.servers.processes import wait_until
from scaleplan.applications.workloads import WORKER
from scaleplan.model import load_plan
from tests.cluster.scaling.conftest import PutWorkers, Queued
from tests.cluster.scaling.played import login_of, object_of

pytestmark = pytest.mark.cluster

FIRST = load_plan().queue.names[0]
LEAST, MOST = 10, 20
"""Of prod's workers."""

BUSY, CALM = 70, 5
"""CPU in percent of what workers request: at the target, and far below."""


@pytest.fixture
def workers(put_workers: PutWorkers) -> Queued:
    """Twelve, each with a job."""
    workers = put_workers(pods=12)
    workers.autoscaled.use_cpu(BUSY)
    assert workers.autoscaled.settle() == 12
    return workers


@contextmanager
def lost(workers: Queued) -> Iterator[None]:
    """The queue, which KEDA has noticed; the end of it gives it back."""
    before = errors(workers)
    workers.cut_off()
    try:
        wait_until(lambda: errors(workers) > before, "KEDA can't read the queue")
        yield
    finally:
        workers.reconnect()


def test_without_its_queue_workers_stay_and_only_cpu_adds_some(workers: Queued):
    with lost(workers):
        assert workers.autoscaled.settle() == 12
        workers.autoscaled.use_cpu(CALM)
        assert workers.autoscaled.settle() == 12
        assert workers.autoscaled.condition("ScalingActive")["status"] == "False"
        # KEDA never gets to its fallback: it counts reads that fail, and reads only where it
        # could connect. Kubernetes keeps the workers, which never scales in half blind.
        assert workers.condition("Fallback") == "False"
        workers.autoscaled.use_cpu(100)
        assert workers.autoscaled.settle() == MOST
    workers.autoscaled.use_cpu(CALM)
    assert workers.autoscaled.settle() == 12


def test_the_alerts_source_tells_of_a_lost_queue_while_cpu_hides_it_from_kubernetes(
    workers: Queued,
):
    with lost(workers):
        workers.autoscaled.settle()
        # At its target CPU asks for no fewer, and so the autoscaler calls itself able.
        assert workers.autoscaled.condition("ScalingActive")["status"] == "True"
        for _ in range(3):
            before = errors(workers)
            wait_until(lambda before=before: errors(workers) > before, "it says so again")


def test_the_runbooks_annotation_sets_workers_by_hand_while_the_queue_is_lost(workers: Queued):
    workers.autoscaled.use_cpu(CALM)
    with lost(workers):
        by_hand(workers, "16")
        wait_until(lambda: workers.autoscaled.replicas == 16, "there are as many as were asked for")
        wait_until(lambda: not workers.autoscaled.spec(), "no autoscaler is in the way")
    by_hand(workers, None)
    wait_until(workers.autoscaled.spec, "KEDA has made its autoscaler anew")
    assert workers.autoscaled.settle() == 12


def test_where_keda_connects_but_may_not_read_its_fallback_keeps_the_workers(workers: Queued):
    workers.autoscaled.use_cpu(CALM)
    workers.tester.acl_setuser(SCALER, enabled=True, commands=["-eval"])
    try:
        wait_until(lambda: workers.condition("Fallback") == "True", "KEDA falls back")
        assert workers.autoscaled.settle() == 12
        assert workers.autoscaled.condition("ScalingActive")["status"] == "True"
    finally:
        workers.tester.acl_setuser(SCALER, enabled=True, commands=["+eval"])
    workers.put(FIRST, active=0)
    assert workers.autoscaled.settle() == LEAST
    assert workers.condition("Fallback") == "False"


def test_a_rotated_password_is_read_from_its_secret(workers: Queued):
    workers.autoscaled.use_cpu(CALM)
    old, new = login_of(workers.server)["password"], "rotated"
    workers.tester.acl_setuser(SCALER, enabled=True, passwords=[f"-{old}", f"+{new}"])
    workers.tester.client_kill_filter(user=SCALER)
    try:
        wait_until(
            lambda: workers.autoscaled.condition("ScalingActive").get("status") == "False",
            "KEDA may not log in",
        )
        assert workers.autoscaled.settle() == 12
        scaled = object_of(workers.export, "ScaledObject", WORKER)
        name = scaled["spec"]["triggers"][-1]["authenticationRef"]["name"]
        authentication = object_of(workers.export, "TriggerAuthentication", name)
        login = {**login_of(workers.server), "password": new}
        workers.played.session.apply([workers.played.login(authentication, login)])
        workers.put(FIRST, active=16)
        assert workers.autoscaled.settle() == 16
    finally:
        workers.tester.acl_setuser(SCALER, enabled=True, passwords=[f"+{old}", f"-{new}"])


def by_hand(workers: Queued, replicas: str | None) -> None:
    """As the runbook of AutoscalerTriggerFailing has it."""
    change = {"metadata": {"annotations": {"autoscaling.keda.sh/paused-replicas": replicas}}}
    workers.played.cluster.change(object_of(workers.export, "ScaledObject", WORKER), change)


def errors(workers: Queued) -> float:
    """What KEDA counts of the workers' ScaledObject, for the alert AutoscalerTriggerFailing."""
    return workers.played.scaled_errors(WORKER)
