"""A cluster on which the real autoscalers decide: KEDA and the HPA controller, on a real Redis.

Nothing else of a stack stands there but what its workloads need to run.
"""

from __future__ import annotations

import re
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rendering.redis.access import SCALER
from rf.shared.cluster.binaries import (
    apiserver_folder,
    find_binaries,
    find_cluster_binaries,
    find_keda_binaries,
)
from rf.shared.cluster.control_plane import RunningControlPlane, start_control_plane
from rf.shared.cluster.controllers import start_controllers
from rf.shared.cluster.keda import EXTERNAL_METRICS, RunningKeda, kinds, start_keda
from rf.shared.cluster.machines import bought_machines, managed_machines
from rf.shared.cluster.nodes import join
from rf.shared.cluster.objects import ClusterClient, Document, label
from rf.shared.servers.certificates import LocalAuthority
from rf.shared.servers.processes import wait_until
from rf.shared.servers.redis_servers import RedisServer
from scaleplan.applications.workloads import WORKER
from scaleplan.cost.prices import load_prices
from scaleplan.settings import Settings
from tests.apiserver.objects.exports import Export
from tests.apiserver.server.session import Session
from tests.cluster.scaling.resource_metrics import (
    GROUP,
    ResourceMetrics,
    start_resource_metrics,
)
from tests.cluster.standing import APPLICATIONS

INTERVALS = ("cooldownPeriod", "periodSeconds", "pollingInterval", "stabilizationWindowSeconds")
"""What tests shorten of an autoscaler, each to a second, and nothing else."""

LOOKS = 4
"""After so many looks that change nothing an autoscaler is content: one may have begun before what
it should see, and the one before may still hold it within a window of a second."""

_GROUND = frozenset(
    {
        "ConfigMap",
        "LimitRange",
        "Namespace",
        "PriorityClass",
        "ResourceQuota",
        "Secret",
        "ServiceAccount",
    }
)
"""Without which no pod is admitted, and what pods read: KEDA looks up the whole environment of the
pods that it scales, and without a Secret of it scales none."""

_KEDAS = frozenset({"ScaledObject", "TriggerAuthentication"})


def hastened(document: Any) -> Any:
    """The autoscaler with its intervals shortened."""
    match document:
        case dict():
            return {
                key: 1 if key in INTERVALS else hastened(value) for key, value in document.items()
            }
        case list():
            return [hastened(each) for each in document]
    return document


@dataclass(frozen=True, kw_only=True)
class Autoscaled:
    """A workload of a played cluster and the autoscaler that owns it."""

    cluster: ClusterClient
    metrics: ResourceMetrics
    application: str
    autoscaler: str
    """Of the HorizontalPodAutoscaler."""

    def use_cpu(self, percent: float) -> None:
        """Of what each of its pods requests."""
        self.metrics.cpu_percent[self.application] = percent

    @property
    def replicas(self) -> int:
        """How many pods it shall have."""
        return self._deployment()["spec"]["replicas"]

    def settle(self) -> int:
        """The number of pods with which the autoscaler is content. Raises TimeoutError."""
        seen: list[tuple[int, int]] = []

        def content() -> bool:
            replicas, looks = self.replicas, self.metrics.looks[self.application]
            if not seen or seen[0][0] != replicas or not self.stands():
                seen[:] = [(replicas, looks)]
            return looks - seen[0][1] > LOOKS

        try:
            wait_until(content, f"{self.autoscaler} is content", interval_seconds=0.1)
        except TimeoutError as error:
            raise TimeoutError(f"{error}: {self.status()}") from None
        return seen[0][0]

    def stands(self) -> bool:
        """Whether it has the pods that it shall have, all of them ready, and no rollout is on.

        The autoscaler counts the pods that there are, a rollout's surge with them.
        """
        deployment = self._deployment()
        status = deployment.get("status", {})
        counts = {status.get(f"{name}eplicas", 0) for name in ("r", "updatedR", "readyR")}
        seen = status.get("observedGeneration") == deployment["metadata"]["generation"]
        return seen and counts == {deployment["spec"]["replicas"]}

    def start_at(self, replicas: int) -> None:
        """Give it so many pods, as somebody by hand."""
        self.cluster.change(self._reference(), {"spec": {"replicas": replicas}}, "scale")

    def status(self) -> Document:
        """What the HorizontalPodAutoscaler says of itself."""
        return (self.cluster.find(self.reference_of_autoscaler()) or {}).get("status", {})

    def condition(self, name: str) -> Document:
        """One of the HorizontalPodAutoscaler's conditions; empty where it hasn't said it."""
        found = self.status().get("conditions") or ()
        return next((each for each in found if each["type"] == name), {})

    def spec(self) -> Document:
        """What the HorizontalPodAutoscaler is told."""
        return (self.cluster.find(self.reference_of_autoscaler()) or {}).get("spec", {})

    def pods(self) -> list[Document]:
        """All pods, those that leave too."""
        path = f"/api/v1/namespaces/{APPLICATIONS}/pods"
        return self.cluster.read(path, labelSelector=f"app={self.application}")["items"]

    def _deployment(self) -> Document:
        found = self.cluster.find(self._reference())
        assert found is not None
        return found

    def _reference(self) -> Document:
        metadata = {"name": self.application, "namespace": APPLICATIONS}
        return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata}

    def reference_of_autoscaler(self) -> Document:
        """By which it is found."""
        metadata = {"name": self.autoscaler, "namespace": APPLICATIONS}
        return {
            "apiVersion": "autoscaling/v2",
            "kind": "HorizontalPodAutoscaler",
            "metadata": metadata,
        }


@dataclass(frozen=True, kw_only=True)
class Played:
    """A running cluster with KEDA on it."""

    plane: RunningControlPlane
    cluster: ClusterClient
    session: Session
    metrics: ResourceMetrics
    keda: RunningKeda

    def autoscaled(self, application: str, autoscaler: str) -> Autoscaled:
        """One of its workloads."""
        return Autoscaled(
            cluster=self.cluster,
            metrics=self.metrics,
            application=application,
            autoscaler=autoscaler,
        )

    def deploy(self, export: Export, application: str, autoscaler: str, pods: int) -> Autoscaled:
        """An application of the export with so many pods, busy with nothing."""
        self.session.apply([object_of(export, "Deployment", application)])
        deployed = self.autoscaled(application, autoscaler)
        deployed.use_cpu(0)
        deployed.start_at(pods)
        wait_until(deployed.stands, f"{application} has its pods", interval_seconds=0.1)
        return deployed

    def put_scaled(
        self, export: Export, scaled: Document, login: Mapping[str, str], pods: int | None = None
    ) -> Autoscaled:
        """What a ScaledObject scales, at least or so many, owned by KEDA, which has this login to
        what carries their jobs."""
        application = scaled["spec"]["scaleTargetRef"]["name"]
        least = scaled["spec"]["minReplicaCount"]
        workers = self.deploy(export, application, f"keda-hpa-{application}", pods or least)
        found = authentication_of(export, scaled)
        self.session.apply([self.login(found, login), found, hastened(scaled)])
        wait_until(workers.spec, "KEDA has made its autoscaler", interval_seconds=0.1)
        return workers

    def login(self, authentication: Document, values: Mapping[str, str]) -> Document:
        """The Secret that the authentication names, with these values."""
        references = authentication["spec"]["secretTargetRef"]
        (name,) = {each["name"] for each in references}
        metadata = {"name": name, "namespace": authentication["metadata"]["namespace"]}
        secret = {"apiVersion": "v1", "kind": "Secret", "metadata": metadata}
        # The export's own has a type, for good.
        there = self.cluster.find(secret) or secret
        data = {each["key"]: values[each["parameter"]] for each in references}
        return {**secret, "type": there.get("type", "Opaque"), "stringData": data}

    def scaled_errors(self, name: str) -> float:
        """What KEDA counts of a ScaledObject, for the alert AutoscalerTriggerFailing."""
        with urllib.request.urlopen(self.keda.metrics_url, timeout=60) as answer:
            text = answer.read().decode()
        labels = rf'\{{[^}}]*scaledObject="{name}"[^}}]*\}}'
        found = re.search(rf"^keda_scaled_object_errors_total{labels} (\S+)$", text, re.MULTILINE)
        return float(found[1]) if found else 0.0

    def take_away(self, owner: Document, *owned: Document) -> None:
        """Delete it, and wait until it is gone, and what it owned."""
        self.cluster.delete(owner)
        for each in (owner, *owned):
            gone = f"{label(each)} is gone"
            wait_until(
                lambda each=each: self.cluster.find(each) is None, gone, interval_seconds=0.1
            )


def object_of(export: Export, kind: str, name: str) -> Document:
    """The applications' object of that kind and name."""
    (found,) = [
        each
        for each in export.objects
        if (each["kind"], each["metadata"]["name"]) == (kind, name)
        and each["metadata"].get("namespace") == APPLICATIONS
    ]
    return found


@dataclass(frozen=True, kw_only=True)
class Pace:
    """How fast a played cluster goes, and for the workers of how many stacks it has machines.

    `namespace` is KEDA's, empty for all.
    """

    look_seconds: int = 1
    pods_start_seconds: float = 0
    workers_of_stacks: int = 1
    namespace: str = APPLICATIONS


HASTE = Pace()
"""Of tests: autoscalers look every second, and pods are ready at once."""


def play(
    stack: ExitStack,
    directory: Path,
    export: Export,
    settings: Settings,
    queue: LocalAuthority,
    *,
    pace: Pace = HASTE,
) -> Played:
    """Start it all, with the machines for the workloads' maxima. Raises MissingServersError.

    `queue` is whom KEDA is to trust for the queue's certificate. Leaving `stack` ends it.
    """
    plane = start_control_plane(stack, find_binaries(), directory)
    start_controllers(
        stack,
        find_cluster_binaries(),
        directory,
        plane,
        autoscalers_look_seconds=pace.look_seconds,
        pods_start_seconds=pace.pods_start_seconds,
    )
    cluster = ClusterClient(plane.kubeconfig, directory / "discovery", alone=False)
    machines = (
        *managed_machines(settings),
        *bought_machines(
            settings,
            load_prices(),
            lambda each: each.max_replicas * (pace.workers_of_stacks if each.name == WORKER else 1),
            settings.availability_zones,
        ),
    )
    session = Session(cluster=cluster, definitions_folder=apiserver_folder() / "crds")
    session.apply(kinds(session.definitions_folder))
    session.apply(ground_of(export))
    for each in export.objects:
        if each["kind"] in _KEDAS:
            wait_until(lambda each=each: cluster.serves(each), f"{each['kind']} is served")
    metrics = start_resource_metrics(stack, directory, cluster)
    keda = start_keda(
        stack,
        find_keda_binaries(),
        directory,
        plane,
        watched_namespace=pace.namespace,
        trusted=queue.file.parent,
    )
    session.apply([*metrics.registrations(), *keda.registrations()])
    for group in (GROUP, EXTERNAL_METRICS):
        path = f"/apis/{group}/v1beta1"
        wait_until(lambda path=path: cluster.read(path), f"{path} is served", interval_seconds=0.2)
    join(cluster, machines, settings)
    return Played(plane=plane, cluster=cluster, session=session, metrics=metrics, keda=keda)


def ground_of(export: Export) -> list[Document]:
    """What its workloads stand on."""
    return [
        each
        for each in export.in_order
        if each["kind"] in _GROUND
        and each["metadata"].get("namespace", APPLICATIONS) == APPLICATIONS
    ]


def authentication_of(export: Export, scaled: Document) -> Document:
    """The one TriggerAuthentication that a ScaledObject's triggers name."""
    (name,) = {
        each["authenticationRef"]["name"]
        for each in scaled["spec"]["triggers"]
        if "authenticationRef" in each
    }
    return object_of(export, "TriggerAuthentication", name)


def login_of(server: RedisServer) -> dict[str, str]:
    """KEDA's, by the parameters of its trigger."""
    return {"address": server.address, "username": SCALER, "password": server.password}


def leaves(document: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Every value of an object that holds none, and where it is."""
    match document:
        case dict():
            for key, value in document.items():
                yield from leaves(value, (*path, key))
        case list():
            for index, value in enumerate(document):
                yield from leaves(value, (*path, str(index)))
        case _:
            yield path, document
