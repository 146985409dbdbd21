"""A stack on a running cluster: its machines, its objects, and what is done to them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from rf.shared.cluster.binaries import apiserver_folder, find_binaries, find_cluster_binaries
from rf.shared.cluster.chart_pods import chart_workloads, daemonsets
from rf.shared.cluster.control_plane import start_control_plane
from rf.shared.cluster.controllers import HELD, LINGERS, start_controllers
from rf.shared.cluster.machines import (
    NodeMachine,
    bought_machines,
    managed_machines,
)
from rf.shared.cluster.nodes import join
from rf.shared.cluster.objects import ClusterClient, Document
from rf.shared.cluster.snapshot import SeenPod, Snapshot, look, settle
from rf.shared.plan import RecordedPlan
from rf.shared.servers.processes import wait_until
from scaleplan.applications.workloads import PlannedWorkload, autoscaled_workloads
from scaleplan.cost.prices import load_prices
from scaleplan.settings import Settings
from tests.apiserver.objects.exports import Export, read_export
from tests.apiserver.server.session import Session

APPLICATIONS = "researchflow"
"""The namespace of the workloads that autoscalers scale."""

Replicas = Callable[[PlannedWorkload], int]


@dataclass(frozen=True, kw_only=True)
class Standing:
    """A stack that stands on a cluster of its own."""

    settings: Settings
    export: Export
    cluster: ClusterClient
    machines: tuple[NodeMachine, ...]
    workloads: tuple[Document, ...]
    """Deployments and StatefulSets, of the export and of the charts."""

    def look(self) -> Snapshot:
        """What stands now."""
        return look(self.cluster)

    def scale(self, replicas: Replicas) -> None:
        """Let each workload that an autoscaler scales have so many pods."""
        for each in autoscaled_workloads(self.settings):
            self.resize(_deployment(APPLICATIONS, each.name), replicas(each))

    def resize(self, workload: Document, replicas: int) -> None:
        """As an autoscaler does."""
        self.cluster.change(workload, {"spec": {"replicas": replicas}}, "scale")

    def settle(self) -> Snapshot:
        """Wait until all have their pods, or the scheduler's refusal. Raises TimeoutError."""
        return settle(self.cluster)

    def roll_out(self, revision: str, *marks: str, namespace: str | None = None) -> None:
        """A new revision of every workload, or of a namespace's: its pods have these marks."""
        annotations = {"researchflow.io/revision": revision}
        annotations |= {mark: "true" if mark in marks else None for mark in (HELD, LINGERS)}
        change = {"spec": {"template": {"metadata": {"annotations": annotations}}}}
        for each in self.workloads:
            if namespace in (None, each["metadata"]["namespace"]):
                self.cluster.change(each, change)

    def hold_jobs(self, names: Iterable[str]) -> list[Document]:
        """Jobs with pods of these names, again, and of a CronJob one: in their places, no more."""
        wanted, begun = set(names), list[Document]()
        for document in self.export.objects:
            spec = document.get("spec", {})
            if document["kind"] == "CronJob":
                spec = spec["jobTemplate"]["spec"]
            elif document["kind"] != "Job":
                continue
            template = spec["template"]
            if template["metadata"]["labels"]["app"] not in wanted:
                continue
            metadata = {
                "name": f"{document['metadata']['name']}-again",
                "namespace": document["metadata"]["namespace"],
            }
            held = {**spec, "template": _annotated(template, {HELD: "true"})}
            job = {"apiVersion": "batch/v1", "kind": "Job", "metadata": metadata, "spec": held}
            self.cluster.apply(job)
            begun.append(job)
        return begun

    def end(self, workloads: Sequence[Document]) -> None:
        """Delete these, and wait until nothing is left of them."""
        for each in workloads:
            self.cluster.delete(each)
        labels = {each["spec"]["template"]["metadata"]["labels"]["app"] for each in workloads}
        wait_until(
            lambda: not any(pod.workload in labels for pod in self.look().pods),
            "their pods are gone",
            interval_seconds=0.2,
        )

    def add(self, machines: Iterable[NodeMachine]) -> None:
        """Let these machines join, and wait until pods may go there."""
        join(self.cluster, machines, self.settings)

    def nodes_in(self, zone: str) -> list[str]:
        """Names of a zone's nodes."""
        return [node.name for node in self.look().nodes.values() if node.zone == zone]

    def machine(self, node: str) -> NodeMachine:
        """The machine that a node is."""
        return next(each for each in self.machines if node == f"{each.name}.{each.zone}")

    def cordon(self, nodes: Iterable[str], *, closed: bool = True) -> None:
        """Let no pod go to these nodes any more, or let them again."""
        for name in nodes:
            document = {"apiVersion": "v1", "kind": "Node", "metadata": {"name": name}}
            self.cluster.change(document, {"spec": {"unschedulable": closed}})

    def open_nodes(self) -> None:
        """Let pods go to every node."""
        self.cordon(self.look().nodes, closed=False)

    def drain(
        self, nodes: Collection[str], watch: Callable[[Snapshot], None] = lambda _: None
    ) -> None:
        """Empty these nodes as a drain does, within the budgets: cordon them, evict their pods.

        `watch` gets what stands before each round. Raises TimeoutError where a budget never lets a
        pod go.
        """
        self.cordon(nodes)
        left: list[SeenPod] = []

        def empty() -> bool:
            now = self.look()
            watch(now)
            left[:] = [pod for pod in now.pods if pod.node in nodes]
            for pod in left:
                if not pod.leaving:
                    self.cluster.evict(pod.document)
            return not left

        try:
            wait_until(empty, f"{', '.join(nodes)} are drained", interval_seconds=0.5)
        except TimeoutError as error:
            raise TimeoutError(f"{error}: {[pod.name for pod in left]}") from None

    def events(self, reason: str) -> list[str]:
        """What events of that reason say."""
        found = self.cluster.read("/api/v1/events", fieldSelector=f"reason={reason}")["items"]
        return [f"{each['involvedObject']['name']}: {each['message']}" for each in found]


def stand(
    stack: ExitStack,
    directory: Path,
    plan: RecordedPlan,
    settings: Settings,
    replicas: Replicas,
) -> Standing:
    """Start a cluster with the machines for so many pods, and put the stack on it.

    Raises MissingServersError. Leaving `stack` ends the cluster.
    """
    plane = start_control_plane(stack, find_binaries(), directory)
    start_controllers(stack, find_cluster_binaries(), directory, plane)
    cluster = ClusterClient(plane.kubeconfig, directory / "discovery", alone=False)
    machines = (
        *managed_machines(settings),
        *bought_machines(settings, load_prices(), replicas, settings.availability_zones),
    )
    export = read_export(plan)
    session = Session(cluster=cluster, definitions_folder=apiserver_folder() / "crds")
    session.install_definitions(export)
    session.apply(daemonsets())
    join(cluster, machines, settings)
    charts = list(chart_workloads(plan, settings))
    session.apply([*export.in_order, *charts])
    kinds = ("Deployment", "StatefulSet")
    return Standing(
        settings=settings,
        export=export,
        cluster=cluster,
        machines=machines,
        workloads=tuple(each for each in (*export.objects, *charts) if each["kind"] in kinds),
    )


def elsewhere(
    machines: Iterable[NodeMachine], zone: str, zones: Iterable[str]
) -> list[NodeMachine]:
    """The zone's machines again, in the other zones by turns."""
    others = [each for each in zones if each != zone]
    lost = [each for each in machines if each.zone == zone]
    return [
        replace(each, name=f"{each.name}-again", zone=others[index % len(others)])
        for index, each in enumerate(lost)
    ]


def _annotated(template: Mapping[str, Any], annotations: Mapping[str, str]) -> dict[str, Any]:
    metadata = template.get("metadata", {})
    merged = {**metadata.get("annotations", {}), **annotations}
    return {**template, "metadata": {**metadata, "annotations": merged}}


def _deployment(namespace: str, name: str) -> Document:
    metadata = {"name": name, "namespace": namespace}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata}
