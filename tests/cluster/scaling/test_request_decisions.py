"""How many orchestrators Kubernetes' autoscaler asks for, by their requests and by their CPU.

Prometheus and its metrics adapter are real, the requests that Prometheus knows are made up.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Protocol

import pytest
import yaml

from rendering.observability.alerting.subject import APPLICATION_NAMESPACE
from rf.export.writer import files_of
from rf.shared.servers.processes import wait_until
from rf.shared.servers.programs import MissingServersError
from scaleplan.applications.workloads import ORCHESTRATOR
from tests.apiserver.objects.adapter import start_adapter, wait_until_served
from tests.apiserver.objects.exports import read_export
from tests.cluster.scaling.conftest import STACK
from tests.cluster.scaling.played import Autoscaled, Played, hastened, object_of
from tests.conftest import Planned
from tests.services.observability.prometheus_server import backfill, start_prometheus
from tests.unavailable import unavailable

pytestmark = pytest.mark.cluster

LEAST, MOST = 5, 10
"""Of prod's orchestrators."""

ENOUGH = 28
"""Requests a second that one is to carry."""

BUSY, CALM = 95, 5
"""CPU in percent of what they request; 70 is the target."""

STEP_SECONDS = 30
PAST_SECONDS, FUTURE_SECONDS = 600, 900
"""Samples reach into the time to come, so that the test may last."""

OTHERS = {"web-0": 500.0, "orchestrator-gone": 50.0}
"""Requests a second of pods that nobody should count here."""


class Serve(Protocol):
    """Start so many orchestrators, each with so many requests a second; None: of which nobody
    knows."""

    def __call__(self, requests: float | None, pods: int = LEAST) -> Autoscaled:
        """They and their autoscaler."""
        ...


@pytest.fixture
def serve(played: Played, planned: Planned, tmp_path: Path) -> Iterator[Serve]:
    plan = planned(STACK)
    export = read_export(plan)
    values = yaml.safe_load(files_of(plan)["helm/prometheus-adapter.yaml"])["values"]
    autoscaler = hastened(object_of(export, "HorizontalPodAutoscaler", ORCHESTRATOR))
    with ExitStack() as stack:

        def run(requests: float | None, pods: int = LEAST) -> Autoscaled:
            workload = played.deploy(export, ORCHESTRATOR, ORCHESTRATOR, pods)
            names = [pod["metadata"]["name"] for pod in workload.pods()]
            known = {} if requests is None else dict.fromkeys(names, requests)
            try:
                backfill(tmp_path, samples({**known, **OTHERS}))
                prometheus = start_prometheus(stack, tmp_path, [])
                adapter = start_adapter(
                    stack, tmp_path, played.plane.kubeconfig, prometheus.url, values
                )
            except MissingServersError as error:
                unavailable(str(error))
            played.session.apply(adapter.objects())
            wait_until_served(played.cluster, adapter)
            played.session.apply([autoscaler])
            stack.callback(played.take_away, autoscaler)
            return workload

        yield run


def samples(rates: Mapping[str, float]) -> str:
    """Requests of these pods, in OpenMetrics' format."""
    begin = int(time.time()) - PAST_SECONDS
    times = range(begin, begin + PAST_SECONDS + FUTURE_SECONDS, STEP_SECONDS)
    lines = ["# TYPE http_requests counter"]
    for pod, rate in rates.items():
        labels = (
            f'namespace="{APPLICATION_NAMESPACE}",service="{pod.partition("-")[0]}",pod="{pod}",'
            'method="GET",route="/",status="200"'
        )
        lines += [
            f"http_requests_total{{{labels}}} {rate * (each - begin)} {each}" for each in times
        ]
    return "\n".join([*lines, "# EOF", ""])


def test_requests_ask_for_orchestrators_although_their_cpu_is_idle(serve: Serve):
    orchestrators = serve(ENOUGH * 1.6)
    orchestrators.use_cpu(CALM)
    # 1.6 times as much as five carry; the new ones have no requests yet, and ask for no more.
    assert orchestrators.settle() == 8


def test_cpu_asks_for_orchestrators_although_there_are_few_requests(serve: Serve):
    orchestrators = serve(ENOUGH / 10)
    orchestrators.use_cpu(BUSY)
    assert orchestrators.settle() == MOST


def test_few_requests_and_idle_cpu_leave_the_least_orchestrators(serve: Serve):
    orchestrators = serve(ENOUGH / 10, 9)
    orchestrators.use_cpu(CALM)
    assert orchestrators.settle() == LEAST


def test_without_the_metric_no_orchestrator_is_taken_away_and_cpu_adds_some(serve: Serve):
    orchestrators = serve(None, 8)
    orchestrators.use_cpu(CALM)

    def blind() -> bool:
        return orchestrators.condition("ScalingActive").get("status") == "False"

    wait_until(blind, "the autoscaler misses its metric")
    assert orchestrators.condition("ScalingActive")["reason"] == "FailedGetPodsMetric"
    assert orchestrators.settle() == 8
    orchestrators.use_cpu(BUSY)
    assert orchestrators.settle() == MOST
