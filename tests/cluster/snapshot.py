"""What stands on a cluster at one moment: its pods, where they are, and what the scheduler says."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from kubernetes.utils.quantity import parse_quantity

from rendering.cluster.node_pools import POOL_LABEL
from rf.shared.cluster.machines import HOST_LABEL, ZONE_LABEL
from rf.shared.cluster.objects import Document
from scaleplan.cluster.machines import ResourceTotals


@dataclass(frozen=True, kw_only=True)
class Node:
    """A node as the scheduler sees it: `allocatable` is what kubelet lets pods request."""

    name: str
    pool: str
    zone: str
    allocatable: ResourceTotals
    pods: int


@dataclass(frozen=True, kw_only=True)
class Pod:
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

    nodes: Mapping[str, Node] = field(repr=False)
    all_pods: tuple[Pod, ...] = field(repr=False)

    @cached_property
    def pods(self) -> tuple[Pod, ...]:
        """Those that need a place: not the nodes' own."""
        return tuple(pod for pod in self.all_pods if not pod.daemon)

    @property
    def pending(self) -> dict[str, str]:
        """Pods without a node, and why."""
        return {pod.name: pod.refusal for pod in self.pods if pod.node is None}

    def of(self, workload: str) -> tuple[Pod, ...]:
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


def _node(document: Document) -> Node:
    labels, usable = document["metadata"]["labels"], document["status"]["allocatable"]
    return Node(
        name=labels[HOST_LABEL],
        pool=labels[POOL_LABEL],
        zone=labels[ZONE_LABEL],
        allocatable=_totals([usable]),
        pods=int(usable["pods"]),
    )


def _pod(document: Document) -> Pod:
    metadata, spec, status = document["metadata"], document["spec"], document["status"]
    labels = metadata["labels"]
    conditions = {each["type"]: each for each in status.get("conditions") or ()}
    placed = conditions.get("PodScheduled", {})
    owners = [each["kind"] for each in metadata.get("ownerReferences") or ()]
    containers = [each.get("resources", {}).get("requests", {}) for each in spec["containers"]]
    return Pod(
        name=metadata["name"],
        namespace=metadata["namespace"],
        workload=labels.get("stackgres.io/cluster-name") or labels["app"],
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
