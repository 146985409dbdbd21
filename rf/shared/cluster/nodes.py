"""A stack's machines join a running cluster as nodes."""

from __future__ import annotations

from collections.abc import Iterable

from rf.shared.cluster.machines import NodeMachine, node_of
from rf.shared.cluster.objects import ClusterClient
from rf.shared.servers.processes import wait_until
from scaleplan.settings import Settings

_NOT_READY = "node.kubernetes.io/"
"""Begins the keys of taints that the control plane takes off a node that is ready."""


def join(cluster: ClusterClient, machines: Iterable[NodeMachine], settings: Settings) -> None:
    """Let these machines join, those that are there left alone, and wait until pods may go there.

    Raises TimeoutError.
    """
    nodes = {each["metadata"]["name"]: each for each in (node_of(m, settings) for m in machines)}
    for node in nodes.values():
        if cluster.find(node) is None:
            cluster.apply(node)

    def open_to_pods() -> bool:
        return nodes.keys() <= {
            node["metadata"]["name"]
            for node in cluster.read("/api/v1/nodes")["items"]
            if not any(
                each["key"].startswith(_NOT_READY) for each in node["spec"].get("taints") or ()
            )
        }

    wait_until(open_to_pods, "nodes are ready", interval_seconds=0.2)
