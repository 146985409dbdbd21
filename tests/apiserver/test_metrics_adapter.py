"""The autoscalers' questions, answered to the end: API server, metrics adapter, Prometheus.

All three are real, and the adapter is of the pinned version, on the exported rules. What Prometheus
knows is made up, and the questions are those that the exported HorizontalPodAutoscalers ask
(kubernetes.io, "Horizontal Pod Autoscaling", support for metrics APIs).
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
import yaml

from rendering.observability.alerting.subject import APPLICATION_NAMESPACE
from rf.export.writer import files_of
from rf.shared.cluster.objects import ClusterClient, Document
from rf.shared.plan import RecordedPlan
from rf.shared.servers.programs import MissingServersError
from scaleplan.model import load_plan
from tests.apiserver.conftest import Note
from tests.apiserver.objects.adapter import Adapter, start_adapter, wait_until_served
from tests.apiserver.objects.exports import Export, read_export
from tests.apiserver.objects.pods import ground, pods_of
from tests.apiserver.server.session import Session
from tests.configurations import HPA
from tests.conftest import Planned
from tests.services.observability.prometheus_server import backfill, start_prometheus
from tests.unavailable import unavailable

pytestmark = pytest.mark.kubernetes

PLAN = load_plan()

RATES = {"orchestrator-0": 20.0, "orchestrator-1": 40.0}
"""Requests a second of each pod."""

DEPTHS = dict(zip(PLAN.queue.names, (12, 3, 0), strict=True))

STEP_SECONDS = 30
PAST_SECONDS, FUTURE_SECONDS = 600, 600
"""Samples reach into the time to come, so that the test may last."""


def samples() -> str:
    """Requests of two orchestrators and a web pod, and waiting jobs, in OpenMetrics' format."""
    begin = int(time.time()) - PAST_SECONDS
    times = range(begin, begin + PAST_SECONDS + FUTURE_SECONDS, STEP_SECONDS)
    lines = ["# TYPE http_requests counter"]
    # Each in two series, as an application counts by status.
    for pod, rate in {**RATES, "web-0": 500.0}.items():
        for status, share in (("200", 0.75), ("500", 0.25)):
            service = pod.rpartition("-")[0]
            labels = (
                f'namespace="{APPLICATION_NAMESPACE}",service="{service}",pod="{pod}",'
                f'method="GET",route="/",status="{status}"'
            )
            lines += [
                f"http_requests_total{{{labels}}} {rate * share * (each - begin)} {each}"
                for each in times
            ]
    lines.append("# TYPE worker:queue_depth gauge")
    for queue, depth in DEPTHS.items():
        lines += [f'worker:queue_depth{{queue="{queue}"}} {depth} {each}' for each in times]
    return "\n".join([*lines, "# EOF", ""])


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("adapter")


@pytest.fixture(scope="module")
def prometheus_url(directory: Path) -> Iterator[str]:
    with ExitStack() as stack:
        try:
            backfill(directory, samples())
            yield start_prometheus(stack, directory, []).url
        except MissingServersError as error:
            unavailable(str(error))


@pytest.fixture
def serve(
    cluster: ClusterClient, session: Session, tmp_path: Path, prometheus_url: str
) -> Iterator[Any]:
    """Put the adapter of a stack, and what it asks about, behind the API server."""
    with ExitStack() as stack:

        def run(plan: RecordedPlan) -> Adapter:
            if cluster.kubeconfig is None:
                pytest.skip("a cluster of one's own has its own adapter")
            export = read_export(plan)
            values = yaml.safe_load(files_of(plan)["helm/prometheus-adapter.yaml"])["values"]
            try:
                adapter = start_adapter(stack, tmp_path, cluster.kubeconfig, prometheus_url, values)
            except MissingServersError as error:
                unavailable(str(error))
            orchestrators = pods_of(export, "orchestrator", len(RATES))
            others = pods_of(export, "web", 1)
            session.apply([*ground(export), *orchestrators, *others, *adapter.objects()])
            wait_until_served(cluster, adapter)
            return adapter

        yield run


def autoscaler_of(export: Export, name: str) -> Document:
    (found,) = [
        each
        for each in export.objects
        if each["kind"] == "HorizontalPodAutoscaler" and each["metadata"]["name"] == name
    ]
    return found


def metric_of(autoscaler: Document, kind: str) -> Mapping[str, Any]:
    (found,) = [each for each in autoscaler["spec"]["metrics"] if each["type"] == kind]
    return found[kind.lower()]


def number(quantity: str) -> float:
    """Of a Kubernetes quantity, which may count thousandths."""
    return float(quantity[:-1]) / 1000 if quantity.endswith("m") else float(quantity)


def test_the_orchestrators_autoscaler_learns_the_requests_of_each_of_its_pods(
    planned: Planned, cluster: ClusterClient, serve: Any, note: Note
):
    plan = planned("prod")
    export = read_export(plan)
    adapter = serve(plan)
    # KEDA has the external metrics, and a cluster one provider of them.
    assert adapter.groups == ("custom.metrics.k8s.io",)
    autoscaler = autoscaler_of(export, "orchestrator")
    metric = metric_of(autoscaler, "Pods")
    (deployment,) = [
        each
        for each in export.objects
        if each["kind"] == "Deployment"
        and each["metadata"]["name"] == autoscaler["spec"]["scaleTargetRef"]["name"]
    ]
    ((key, value),) = deployment["spec"]["selector"]["matchLabels"].items()
    namespace, name = autoscaler["metadata"]["namespace"], metric["metric"]["name"]
    path = f"/apis/custom.metrics.k8s.io/v1beta1/namespaces/{namespace}/pods/*/{name}"

    answer = cluster.read(path, labelSelector=f"{key}={value}")

    assert answer is not None, f"{path} is not served"
    told = {each["describedObject"]["name"]: number(each["value"]) for each in answer["items"]}
    assert told == pytest.approx(RATES, rel=0.01)
    # So more than a pod is to carry, and the autoscaler adds one.
    assert sum(told.values()) / len(told) > number(metric["target"]["averageValue"])
    note(f"metrics adapter behind the API server: {name} is {told}")


def test_without_keda_the_workers_autoscaler_learns_the_jobs_of_all_queues(
    planned: Planned, cluster: ClusterClient, serve: Any
):
    plan = planned("staging", overrides=HPA)
    adapter = serve(plan)
    assert set(adapter.groups) == {"custom.metrics.k8s.io", "external.metrics.k8s.io"}
    autoscaler = autoscaler_of(read_export(plan), "worker")
    metric = metric_of(autoscaler, "External")["metric"]
    (chosen,) = metric["selector"]["matchExpressions"]
    assert (chosen["operator"], chosen["values"]) == ("In", list(PLAN.queue.names))
    namespace = autoscaler["metadata"]["namespace"]
    path = f"/apis/external.metrics.k8s.io/v1beta1/namespaces/{namespace}/{metric['name']}"

    selector = f"{chosen['key']} in ({','.join(chosen['values'])})"
    answer = cluster.read(path, labelSelector=selector)

    assert answer is not None, f"{path} is not served"
    told = {each["metricLabels"]["queue"]: number(each["value"]) for each in answer["items"]}
    assert told == DEPTHS
