"""Karpenter itself on a control plane: its own controllers, which buy nodes that kwok plays.

Theirs is what a machine costs, when it goes, and whom it waits for. A stack's pool is as exported,
but for the class of its nodes, which is EC2's there. Of its requirements those of AWS alone
(family, vCPUs, generation) are nobody's here: the sizes on offer are the pool's own.

Its metrics and its health are shown on every address: it takes none.
"""

from __future__ import annotations

import json
import re
import signal
import urllib.request
from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack
from copy import deepcopy
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from rendering.cluster.node_pools import KUBERNETES_ARCHITECTURE
from rf.shared.cluster.binaries import (
    apiserver_folder,
    find_binaries,
    find_cluster_binaries,
    find_karpenter,
)
from rf.shared.cluster.control_plane import (
    ADDRESS,
    RunningControlPlane,
    flags,
    start_control_plane,
)
from rf.shared.cluster.controllers import LINGERS, start_controllers
from rf.shared.cluster.definitions import read_definitions
from rf.shared.cluster.machines import HOST_LABEL, ZONE_LABEL
from rf.shared.cluster.objects import ClusterClient, Document
from rf.shared.cluster.snapshot import SeenPod, look
from rf.shared.servers.processes import Process, free_port, listens, wait_until, write_private
from scaleplan.cluster.machines import MAX_PODS
from scaleplan.cluster.node_pools import MACHINE_SIZES, nominal_size
from scaleplan.settings import Settings
from tests.apiserver.objects.exports import Export
from tests.apiserver.server.session import Session

NODE_CLASS = {
    "apiVersion": "karpenter.kwok.sh/v1alpha1",
    "kind": "KWOKNodeClass",
    "metadata": {"name": "nodes"},
}

_FOLLOWED = ("NodeClaim", "NodeOverlay", "NodePool")
"""Kinds of its own that it follows."""

_LEAVES_BY = "karpenter.sh/nodeclaim-termination-timestamp"
"""Annotation of a machine that leaves: when it goes whoever is still on it."""

_LOOKS = 'karpenter_voluntary_disruption_decision_evaluation_duration_seconds_count{.*"drifted"'
"""Counts how often it has looked whether a drifted machine may go: twice each time, as it does so
for pools of a fixed number first."""

_MORE_LOOKS = 4


@dataclass(frozen=True, kw_only=True)
class Machine:
    """One that Karpenter has bought. `node` is empty until it has joined.

    `left_at` is when it was told to go, `goes_by` when it does whoever is still on it.
    """

    name: str
    node: str
    ready: bool
    bought_at: datetime
    left_at: datetime | None
    goes_by: datetime | None

    @property
    def leaving(self) -> bool:
        """Whether it has been told to go."""
        return self.left_at is not None


@dataclass(frozen=True, kw_only=True)
class Farm:
    """A cluster where Karpenter buys the machines."""

    cluster: ClusterClient
    session: Session
    metrics_url: str

    def machines(self, pool: str) -> list[Machine]:
        """Those of a pool that are there, leaving or not."""
        found = self.cluster.read(
            "/apis/karpenter.sh/v1/nodeclaims", labelSelector=f"karpenter.sh/nodepool={pool}"
        )
        return [_machine(each) for each in found["items"]]

    def pods(self, workload: str) -> tuple[SeenPod, ...]:
        """A workload's pods."""
        return look(self.cluster).of(workload)

    def buy(self, pool: Document, workload: Document, count: int) -> list[str]:
        """Let Karpenter buy a machine for each of so many pods of a workload, wait until they run
        there, and return the machines' names."""
        pool_name, name = pool["metadata"]["name"], workload["metadata"]["name"]
        self.session.apply([pool, {**workload, "spec": {**workload["spec"], "replicas": count}}])

        def bought() -> list[str]:
            used = {each.node for each in self.pods(name) if each.ready}
            found = [each for each in self.machines(pool_name) if each.ready and each.node in used]
            found.sort(key=lambda each: each.bought_at)
            return [each.name for each in found[:count]] if len(found) >= count else []

        return wait_until(bought, f"{count} machines for {name}", interval_seconds=0.3)

    def looks(self) -> float:
        """How often it has looked whether a drifted machine may go."""
        # Our own server, on loopback.
        with urllib.request.urlopen(self.metrics_url, timeout=30) as answer:
            text = answer.read().decode()
        return sum(
            float(line.rsplit(" ", 1)[1]) for line in text.splitlines() if re.match(_LOOKS, line)
        )

    def wait_for_looks(self) -> None:
        """Until it has looked again, from beginning to end."""
        before = self.looks()
        wait_until(
            lambda: self.looks() >= before + _MORE_LOOKS, "it has looked", interval_seconds=0.5
        )

    def finish_jobs(self, pods: Iterable[SeenPod]) -> None:
        """Let these, which have been told to stop, be done."""
        for pod in pods:
            self.cluster.change(
                {"apiVersion": "v1", "kind": "Pod", "metadata": pod.document["metadata"]},
                {"metadata": {"annotations": {LINGERS: None}}},
            )


def start_farm(stack: ExitStack, directory: Path, export: Export, settings: Settings) -> Farm:
    """Start a cluster with Karpenter and the namespaces, classes and accounts of an export.

    Raises MissingServersError. Leaving `stack` ends it.
    """
    program = find_karpenter()
    plane = start_control_plane(stack, find_binaries(), directory)
    start_controllers(stack, find_cluster_binaries(), directory, plane)
    cluster = ClusterClient(plane.kubeconfig, directory / "discovery", alone=False)
    session = Session(cluster=cluster, definitions_folder=apiserver_folder() / "crds")
    followed = read_definitions(session.definitions_folder)
    session.apply(found for (_, kind), found in followed.items() if kind in _FOLLOWED)
    session.apply(read_definitions(program.with_name("crds")).values())
    wait_until(lambda: cluster.serves(NODE_CLASS), "its kinds are served")
    kinds = ("Namespace", "PriorityClass", "ServiceAccount")
    session.apply(each for kind in kinds for each in export.in_order if each["kind"] == kind)
    session.apply([NODE_CLASS])
    metrics_port = _start(stack, program, directory, plane, settings)
    return Farm(
        cluster=cluster,
        session=session,
        metrics_url=f"http://{ADDRESS}:{metrics_port}/metrics",
    )


def _start(
    stack: ExitStack,
    program: Path,
    directory: Path,
    plane: RunningControlPlane,
    settings: Settings,
) -> int:
    offers = json.dumps(list(_offers(settings))).encode()
    metrics_port, health_port = free_port(ADDRESS), free_port(ADDRESS)
    options = {
        "metrics-port": metrics_port,
        "health-probe-port": health_port,
        "instance-types-file-path": write_private(directory / "offers.json", offers),
        "disable-leader-election": "true",
    }
    process = Process(
        [str(program), *flags(options)],
        directory / "karpenter.log",
        signal.SIGTERM,
        as_nobody=False,
        environment={"KUBECONFIG": str(plane.kubeconfig)},
    )
    stack.callback(process.stop)
    process.wait_ready(lambda: listens(ADDRESS, health_port))
    return metrics_port


def _offers(settings: Settings) -> Iterable[Mapping[str, Any]]:
    """General machines of the pools' sizes, on demand, in every zone of the stack."""
    for vcpus, size in MACHINE_SIZES.items():
        name = f"m7g.{size.name}"
        amount = nominal_size(name)
        yield {
            "name": name,
            "architecture": KUBERNETES_ARCHITECTURE[settings.architecture],
            "operatingSystems": ["linux"],
            "resources": {
                "cpu": f"{amount.cpu_millicores}m",
                "memory": f"{amount.memory_mib}Mi",
                "pods": str(MAX_PODS),
            },
            "offerings": [
                {
                    "Price": float(vcpus),
                    "Requirements": [
                        _one_of("karpenter.sh/capacity-type", "on-demand"),
                        _one_of(ZONE_LABEL, zone),
                    ],
                }
                for zone in settings.availability_zones
            ],
        }


def _one_of(key: str, *values: str) -> dict[str, Any]:
    return {"key": key, "operator": "In", "values": list(values)}


def pool_of(export: Export, name: str, **changes: str) -> Document:
    """An exported pool with the class of nodes that there is here; `changes` are of its machines'
    own settings, as `expireAfter`."""
    found = next(
        each
        for each in export.objects
        if each["kind"] == "NodePool" and each["metadata"]["name"] == name
    )
    group, _, _ = NODE_CLASS["apiVersion"].partition("/")
    reference = {"group": group, "kind": NODE_CLASS["kind"], "name": NODE_CLASS["metadata"]["name"]}
    template = found["spec"]["template"]
    machine = {**template["spec"], "nodeClassRef": reference, **changes}
    return {**found, "spec": {**found["spec"], "template": {**template, "spec": machine}}}


def at_work(export: Export, name: str, *, grace_seconds: int | None = None) -> list[Document]:
    """An exported Deployment and its budget. Each of its pods wants a machine for itself and, told
    to stop, has a job to finish first. With `grace_seconds` it has no more than these for it, and
    serves no moment longer."""
    [exported] = _named(export, "Deployment", name)
    deployment = deepcopy(dict(exported))
    template = deployment["spec"]["template"]
    template["metadata"].setdefault("annotations", {})[LINGERS] = "true"
    apart = {"labelSelector": deployment["spec"]["selector"], "topologyKey": HOST_LABEL}
    rule = {"requiredDuringSchedulingIgnoredDuringExecution": [apart]}
    template["spec"]["affinity"] = {"podAntiAffinity": rule}
    if grace_seconds is not None:
        template["spec"]["terminationGracePeriodSeconds"] = grace_seconds
        for container in template["spec"]["containers"]:
            container.pop("lifecycle", None)
    return [deployment, *_named(export, "PodDisruptionBudget", name)]


def _named(export: Export, kind: str, name: str) -> Sequence[Document]:
    return [
        each for each in export.objects if (each["kind"], each["metadata"]["name"]) == (kind, name)
    ]


def _machine(claim: Document) -> Machine:
    metadata, status = claim["metadata"], claim.get("status", {})
    conditions = {each["type"]: each["status"] for each in status.get("conditions", ())}
    return Machine(
        name=metadata["name"],
        node=status.get("nodeName", ""),
        ready=conditions.get("Initialized") == "True",
        bought_at=datetime.fromisoformat(metadata["creationTimestamp"]),
        left_at=_time(metadata.get("deletionTimestamp")),
        goes_by=_time(metadata.get("annotations", {}).get(_LEAVES_BY)),
    )


def _time(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
