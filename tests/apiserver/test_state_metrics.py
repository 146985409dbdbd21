"""kube-state-metrics on a real API server: nothing that rules and dashboards ask of it is empty."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from rendering.observability.alerting.subject import APPLICATION_NAMESPACE, WORKLOADS, Subject
from rf.shared.cluster.objects import ClusterClient, Document
from rf.shared.servers.processes import wait_until
from rf.shared.servers.programs import MissingServersError
from scaleplan.model import load_plan
from tests.apiserver.objects.exports import read_export
from tests.apiserver.objects.pods import ground, pods_of
from tests.apiserver.objects.state_metrics import EXPORTER, start_state_metrics
from tests.apiserver.server.session import Session
from tests.conftest import Planned
from tests.services.observability.monitored import Monitored, metrics_by_exporter, read_monitored
from tests.services.observability.prometheus_server import Prometheus, start_prometheus
from tests.stack_config import accepted
from tests.unavailable import unavailable

pytestmark = pytest.mark.kubernetes

STACK = "prod"
"""With Citus, whose backups are watched by way of custom resources."""

BACKUP_END = datetime.datetime(2026, 11, 1, 2, 30, tzinfo=datetime.UTC)


@pytest.fixture
def monitored(planned: Planned) -> Monitored:
    return read_monitored(planned(STACK))


@pytest.fixture
def prometheus(
    planned: Planned, cluster: ClusterClient, session: Session, monitored: Monitored, tmp_path: Path
) -> Iterator[Prometheus]:
    if cluster.kubeconfig is None:
        pytest.skip("it writes what controllers write, so it needs a cluster without any")
    _apply_objects(planned, session, monitored)
    with ExitStack() as stack:
        try:
            scrapes = start_state_metrics(stack, tmp_path, cluster.kubeconfig, monitored)
            yield start_prometheus(stack, tmp_path, [scrapes], monitored.rule_groups)
        except MissingServersError as error:
            unavailable(str(error))


def _apply_objects(planned: Planned, session: Session, monitored: Monitored) -> None:
    """A machine; pods and autoscalers with the status that controllers would write."""
    export = read_export(planned(STACK))
    autoscalers = [
        *monitored.of_kind("HorizontalPodAutoscaler"),
        _autoscaler_of_keda(monitored),
    ]
    pods = [pod for name in WORKLOADS for pod in pods_of(export, name, 2)]
    node = {"apiVersion": "v1", "kind": "Node", "metadata": {"name": "machine"}}
    session.apply([*ground(export), node, *autoscalers, *pods, _backup_definition()])
    wait_until(lambda: session.cluster.serves(_backup()), "backups are served")
    session.apply([_backup()])
    for autoscaler in autoscalers:
        replicas = {"currentReplicas": 2, "desiredReplicas": 2}
        condition = {"type": "ScalingActive", "status": "True", "reason": "ValidMetricFound"}
        session.cluster.set_status(autoscaler, {**replicas, "conditions": [condition]})
    for pod in pods:
        statuses = [
            {
                "name": container["name"],
                "image": container["image"],
                "imageID": "",
                "ready": True,
                "restartCount": 1,
            }
            for container in pod["spec"]["containers"]
        ]
        session.cluster.set_status(pod, {"phase": "Running", "containerStatuses": statuses})
    end = {"process": {"timing": {"end": BACKUP_END.isoformat().replace("+00:00", "Z")}}}
    session.cluster.set_status(_backup(), end)


def _autoscaler_of_keda(monitored: Monitored) -> Document:
    """What KEDA makes of the workers' ScaledObject."""
    worker = monitored.find("ScaledObject", "worker")
    return {
        "apiVersion": "autoscaling/v2",
        "kind": "HorizontalPodAutoscaler",
        "metadata": {**worker["metadata"], "name": "keda-hpa-worker"},
        "spec": {
            "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "worker"},
            "maxReplicas": worker["spec"]["maxReplicaCount"],
        },
    }


def _backup() -> Document:
    return {
        "apiVersion": "stackgres.io/v1",
        "kind": "SGBackup",
        "metadata": {"name": "citus-1", "namespace": APPLICATION_NAMESPACE},
        "spec": {"sgCluster": "citus-coord"},
    }


def _backup_definition() -> Document:
    """The kind with its fields left open: no registry has the operator's own definition."""
    whole = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": "sgbackups.stackgres.io"},
        "spec": {
            "group": "stackgres.io",
            "scope": "Namespaced",
            "names": {"kind": "SGBackup", "plural": "sgbackups", "singular": "sgbackup"},
            "versions": [
                {
                    "name": "v1",
                    "served": True,
                    "storage": True,
                    "subresources": {"status": {}},
                    "schema": {"openAPIV3Schema": whole},
                }
            ],
        },
    }


def test_the_table_and_every_query_on_kube_state_metrics_are_answered(
    monitored: Monitored, prometheus: Prometheus
):
    named = metrics_by_exporter(Subject(load_plan(), accepted()))[EXPORTER]
    queries = [query for query in monitored.queries() if query.metrics <= named]
    assert queries
    empty: list[str] = []

    def all_answered() -> bool:
        missing = named - prometheus.names()
        unanswered = [each for each in queries if not prometheus.values(each.expression)]
        empty[:] = [*sorted(missing), *(f"{each.place}: {each.expression}" for each in unanswered)]
        return not empty

    try:
        wait_until(all_answered, "every query is answered", interval_seconds=0.5)
    except TimeoutError:
        pytest.fail("\n".join(["nothing of:", *empty]))
    ((labels, end),) = prometheus.values("stackgres_backup_end_timestamp_seconds")
    assert labels["cluster"] == "citus-coord"
    assert end == BACKUP_END.timestamp()
    # Workers, by the name that KEDA gives their autoscaler, and all others.
    found = prometheus.values("workload:autoscaler_has_room")
    room = {labels["workload"]: value for labels, value in found}
    assert room == dict.fromkeys(("orchestrator", "collaboration", "web", "worker"), 1.0)
