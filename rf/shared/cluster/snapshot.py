"""What stands on a cluster at one moment: its pods, where they are, and what the scheduler says."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from kubernetes.utils.quantity import parse_quantity

from rendering.cluster.node_pools import POOL_LABEL
from rf.shared.cluster.controllers import HELD, LINGERS
from rf.shared.cluster.machines import HOST_LABEL, ZONE_LABEL
from rf.shared.cluster.objects import ClusterClient, Document
from rf.shared.servers.processes import wait_until
from scaleplan.cluster.machines import ResourceTotals


@dataclass(frozen=True, kw_only=True)
class SeenNode:
    """A node as the scheduler sees it: `allocatable` is what kubelet lets pods request."""

    name: str
    pool: str
    zone: str
    allocatable: ResourceTotals
    pods: int


@dataclass(frozen=True, kw_only=True)
class SeenPod:
    """A pod that is not over. `workload` names what it is one of; `refusal` is the scheduler's."""

    name: str
    namespace: str
    workload: str
    node: str | None
    ready: bool
    leaving: bool
    daemon: bool
    nominated: bool
    refusal: str
    requests: ResourceTotals
    document: Document = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class Snapshot:
    """Nodes and pods at one moment; pods of daemonsets are kept apart."""

    nodes: Mapping[str, SeenNode] = field(repr=False)
    all_pods: tuple[SeenPod, ...] = field(repr=False)

    @cached_property
    def pods(self) -> tuple[SeenPod, ...]:
        """Those that need a place: not the nodes' own."""
        return tuple(pod for pod in self.all_pods if not pod.daemon)

    @property
    def pending(self) -> dict[str, str]:
        """Pods without a node, and why."""
        return {pod.name: pod.refusal for pod in self.pods if pod.node is None}

    @property
    def ready(self) -> int:
        """How many are ready."""
        return sum(pod.ready for pod in self.pods)

    @property
    def unready(self) -> dict[str, str]:
        """Pods that are not, and the scheduler's refusal or what they wait on."""
        return {
            pod.name: pod.refusal or (f"on {pod.node}" if pod.node else "not scheduled yet")
            for pod in self.pods
            if not pod.ready
        }

    @property
    def nodes_used(self) -> int:
        """How many nodes have pods other than their own."""
        return len({pod.node for pod in self.pods if pod.node is not None})

    def of(self, workload: str) -> tuple[SeenPod, ...]:
        """A workload's pods."""
        return tuple(pod for pod in self.pods if pod.workload == workload)

    def hosts(self, workload: str) -> Counter[str]:
        """How many of a workload's pods each node has."""
        return Counter(pod.node for pod in self.of(workload) if pod.node is not None)

    def room(self, pool: str) -> dict[str, ResourceTotals]:
        """What requests have left of each of a pool's nodes, daemonsets counted."""
        taken: defaultdict[str, list[ResourceTotals]] = defaultdict(list)
        for pod in self.all_pods:
            if pod.node is not None:
                taken[pod.node].append(pod.requests)
        return {
            node.name: ResourceTotals(
                cpu_millicores=node.allocatable.cpu_millicores
                - sum(each.cpu_millicores for each in taken[node.name]),
                memory_mib=node.allocatable.memory_mib
                - sum(each.memory_mib for each in taken[node.name]),
            )
            for node in self.nodes.values()
            if node.pool == pool
        }


def snapshot(nodes: Iterable[Document], pods: Iterable[Document]) -> Snapshot:
    """Of the API's own lists."""
    known = {node["metadata"]["name"]: _node(node) for node in nodes}
    going = [pod for pod in pods if pod["status"].get("phase") not in ("Succeeded", "Failed")]
    return Snapshot(nodes=known, all_pods=tuple(_pod(pod) for pod in going))


def _node(document: Document) -> SeenNode:
    labels, usable = document["metadata"]["labels"], document["status"]["allocatable"]
    return SeenNode(
        name=labels[HOST_LABEL],
        pool=labels[POOL_LABEL],
        zone=labels[ZONE_LABEL],
        allocatable=_totals([usable]),
        pods=int(usable["pods"]),
    )


def _pod(document: Document) -> SeenPod:
    metadata, spec, status = document["metadata"], document["spec"], document["status"]
    labels = metadata.get("labels") or {}
    conditions = {each["type"]: each for each in status.get("conditions") or ()}
    placed = conditions.get("PodScheduled", {})
    owners = [each["kind"] for each in metadata.get("ownerReferences") or ()]
    containers = [each.get("resources", {}).get("requests", {}) for each in spec["containers"]]
    return SeenPod(
        name=metadata["name"],
        namespace=metadata["namespace"],
        workload=labels.get("stackgres.io/cluster-name") or labels.get("app", ""),
        node=spec.get("nodeName"),
        ready=conditions.get("Ready", {}).get("status") == "True",
        leaving="deletionTimestamp" in metadata,
        daemon="DaemonSet" in owners,
        nominated="nominatedNodeName" in status,
        refusal=placed.get("message", "") if placed.get("status") == "False" else "",
        requests=_totals(containers),
        document=document,
    )


def _totals(amounts: Iterable[Mapping[str, Any]]) -> ResourceTotals:
    listed = list(amounts)
    cpu = sum(parse_quantity(each.get("cpu", 0)) * 1000 for each in listed)
    memory = sum(parse_quantity(each.get("memory", 0)) for each in listed)
    return ResourceTotals(cpu_millicores=int(cpu), memory_mib=int(memory / 2**20))


def look(cluster: ClusterClient) -> Snapshot:
    """What stands now."""
    nodes, pods = (cluster.read(f"/api/v1/{each}")["items"] for each in ("nodes", "pods"))
    return snapshot(nodes, pods)


def settle(cluster: ClusterClient) -> Snapshot:
    """Wait until every controller has the pods it wants, and the scheduler has judged all.

    Pods that the scheduler refuses stay refused: nothing leaves any more. Raises TimeoutError.
    """
    last: list[tuple[list[str], Snapshot]] = []

    def settled() -> bool:
        # First what controllers say that they have made, then what is there of it.
        unfinished = _unfinished(cluster)
        now = look(cluster)
        last[:] = [(unfinished, now)]
        return not unfinished and _at_rest(now)

    try:
        wait_until(settled, "the cluster has settled", interval_seconds=0.5)
    except TimeoutError as error:
        unfinished, now = last[0]
        raise TimeoutError(f"{error}; {now.pending}; {unfinished}") from None
    return last[0][1]


def _marked(pod: SeenPod, mark: str) -> bool:
    """Whether the pod carries that annotation."""
    return mark in pod.document["metadata"].get("annotations", {})


def _unfinished(cluster: ClusterClient) -> list[str]:
    """Workloads whose controllers have yet to make the pods that they want."""
    return [
        each["metadata"]["name"]
        for kind in ("deployments", "statefulsets")
        for each in cluster.read(f"/apis/apps/v1/{kind}")["items"]
        if not _has_its_pods(each)
    ]


def _has_its_pods(workload: Document) -> bool:
    """Has the controller seen the newest spec, and made all pods that it wants of it for now?

    Where its new pods are held, a rollout gets no further than the first of them.
    """
    spec, status = workload["spec"], workload.get("status", {})
    if status.get("observedGeneration") != workload["metadata"]["generation"]:
        return False
    wanted, there = spec["replicas"], status.get("replicas", 0)
    new = status.get("updatedReplicas", 0)
    if HELD in spec["template"]["metadata"].get("annotations", {}):
        return there >= wanted and new >= 1
    return there == new == wanted


def _at_rest(now: Snapshot) -> bool:
    """Has the scheduler judged every pod, and has all come that comes without it?"""
    for pod in now.pods:
        if pod.leaving and not _marked(pod, LINGERS):
            return False
        if pod.node is None and (pod.nominated or not pod.refusal):
            return False
        if pod.node is not None and not (pod.ready or pod.leaving or _marked(pod, HELD)):
            return False
    return True
