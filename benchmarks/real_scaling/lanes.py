"""Lanes: side by side on one played cluster, each a queue with its workers and what scales them."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.real_scaling.consumers import Consumers, Setup, start_consumers
from rendering.applications.scaling_triggers import scaling_behavior
from rendering.queue.keys import DEFAULT_PREFIX
from rf.shared.cluster.objects import Document
from rf.shared.plan import RecordedPlan, reveal
from rf.shared.servers.certificates import LocalAuthority
from rf.shared.servers.processes import wait_until
from rf.shared.servers.programs import Programs
from rf.shared.servers.redis_servers import RedisServer, layer_of, start_redis
from scaleplan.applications.workloads import ORCHESTRATOR, WORKER
from scaleplan.model import load_plan
from tests.apiserver.objects.exports import Export, read_export
from tests.cluster.scaling.played import Played, authentication_of, ground_of, login_of, object_of
from tests.cluster.standing import APPLICATIONS
from tests.services.queue.node_clients import NodeClients

PLAN = load_plan()

LITERAL_LEAST, LITERAL_MOST = 2, 20
"""Of the plan's HPA, which has the same bounds for every size ("Worker Scaling")."""


def literal_hpa() -> Document:
    """The plan's worker-hpa to the letter: nothing serves its metric."""
    plan = PLAN.autoscaling.worker_hpa
    queue = {"matchLabels": {"queue": PLAN.queue.names[0]}}
    length = {"type": "AverageValue", "averageValue": str(plan.queue_length_per_replica)}
    cpu = {"type": "Utilization", "averageUtilization": plan.cpu_utilization_percent}
    return {
        "apiVersion": "autoscaling/v2",
        "kind": "HorizontalPodAutoscaler",
        "metadata": {"name": "worker-hpa", "namespace": APPLICATIONS},
        "spec": {
            "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": WORKER},
            "minReplicas": LITERAL_LEAST,
            "maxReplicas": LITERAL_MOST,
            "metrics": [
                {
                    "type": "External",
                    "external": {
                        "metric": {"name": plan.queue_metric, "selector": queue},
                        "target": length,
                    },
                },
                {"type": "Resource", "resource": {"name": "cpu", "target": cpu}},
            ],
            "behavior": scaling_behavior(plan.scale_up, plan.scale_down),
        },
    }


@dataclass(frozen=True, kw_only=True)
class Entry:
    """What one lane tries: workers of a plan, the library of its jobs, and what scales them.

    `scaler` is its objects, none for a fixed number; `pods` is where it begins.
    """

    strategy: str
    client: str
    plan: RecordedPlan
    scaler: tuple[Document, ...]
    pods: int


@dataclass(frozen=True, kw_only=True)
class Lane:
    """An entry that stands in a namespace of its own, with a Redis of its own."""

    namespace: str
    entry: Entry
    server: RedisServer
    consumers: Consumers


@dataclass(frozen=True, kw_only=True)
class Means:
    """Programs, libraries, and who signs the queues' certificates."""

    programs: Programs
    clients: NodeClients
    authority: LocalAuthority


def set_up(stack: ExitStack, directory: Path, entry: Entry, means: Means) -> Lane:
    """Its queue, and the process of its consumers; leaving `stack` stops both. The lane is named
    as the directory."""
    export = read_export(entry.plan)
    resources = [
        {"name": each.name, "type": each.type, "inputs": reveal(each.inputs)}
        for each in entry.plan.resources
    ]
    layer = layer_of("queue", resources)
    server = start_redis(
        stack, means.programs, directory / "queue", layer, {}, authority=means.authority
    )
    config = object_of(export, "ConfigMap", "application-config")["data"]
    setup = Setup(
        client=entry.client,
        queue=PLAN.queue.names[0],
        prefix=config.get(f"{entry.client.upper()}_PREFIX", DEFAULT_PREFIX),
        job=PLAN.queue.job_name,
        priority=PLAN.queue.job.default_priority,
        wanted=str(directory / "wanted.json"),
        authority=str(means.authority.file),
        workerUrl=server.url(WORKER),
        producerUrl=server.url(ORCHESTRATOR),
    )
    consumers = start_consumers(stack, directory, setup, means.clients)
    return Lane(namespace=directory.name, entry=entry, server=server, consumers=consumers)


def put_workers(played: Played, lane: Lane) -> None:
    """Its namespace with its workers, which nothing scales yet."""
    export = read_export(lane.entry.plan)
    workers = object_of(export, "Deployment", WORKER)
    spec = {**workers["spec"], "replicas": lane.entry.pods}
    documents = [*ground_of(export), {**workers, "spec": spec}]
    own = [_moved(each, lane.namespace) for each in documents]
    played.session.apply(each for each in own if each is not None)


def let_scale(played: Played, lane: Lane) -> None:
    """Give its workers what scales them, and wait for its autoscaler."""
    if not lane.entry.scaler:
        return
    documents: list[Document] = []
    for each in lane.entry.scaler:
        if each["kind"] == "TriggerAuthentication":
            documents.append(played.login(each, login_of(lane.server)))
        documents.append(each)
    own = [_moved(each, lane.namespace) for each in documents]
    played.session.apply(each for each in own if each is not None)
    autoscaler = f"/apis/autoscaling/v2/namespaces/{lane.namespace}/horizontalpodautoscalers"
    wait_until(
        lambda: played.cluster.read(autoscaler)["items"],
        f"{lane.namespace} has its autoscaler",
        interval_seconds=0.5,
    )


def keda_of(export: Export) -> tuple[Document, ...]:
    """The export's ScaledObject of the workers, and how KEDA logs in."""
    scaled = object_of(export, "ScaledObject", WORKER)
    return authentication_of(export, scaled), scaled


def _moved(document: Mapping[str, Any], namespace: str) -> Document | None:
    """The applications' object in another namespace; None of what is no namespace's."""
    metadata = document["metadata"]
    if document["kind"] == "Namespace" and metadata["name"] == APPLICATIONS:
        return {**document, "metadata": {**metadata, "name": namespace}}
    if "namespace" not in metadata:
        return None
    return {**document, "metadata": {**metadata, "namespace": namespace}}
