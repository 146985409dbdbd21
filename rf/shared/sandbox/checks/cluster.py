"""The Kubernetes cluster and its managed nodes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from rf.shared.sandbox.comparisons import NOT_SHOWN, Comparison, Reader, verifies


@verifies("aws:eks/cluster:Cluster", "EKS cluster")
def cluster(reader: Reader, identifier: str, inputs: Mapping[str, Any]) -> Iterator[Comparison]:
    """Version, subnets, who reaches its API, and the key of its secrets."""
    actual = reader.read("eks", "DescribeCluster", name=identifier)["cluster"]
    yield "status", "ACTIVE", actual["status"]
    yield "version", inputs["version"], actual["version"]
    yield "role", inputs["roleArn"], actual["roleArn"]
    network = actual["resourcesVpcConfig"]
    wanted = inputs["vpcConfig"]
    yield "subnets", sorted(wanted["subnetIds"]), sorted(network["subnetIds"])
    for key in ("endpointPublicAccess", "endpointPrivateAccess"):
        if key in wanted:
            yield key, wanted[key], network.get(key, NOT_SHOWN)
    key = (inputs.get("encryptionConfig") or {}).get("provider", {}).get("keyArn")
    if key:
        keys = [entry["provider"]["keyArn"] for entry in actual.get("encryptionConfig") or []]
        yield "key of secrets", [key], keys


@verifies("aws:eks/nodeGroup:NodeGroup", "node group")
def node_group(reader: Reader, identifier: str, inputs: Mapping[str, Any]) -> Iterator[Comparison]:
    """Class, sizes, zones, image kind, labels and taints."""
    cluster_name, name = identifier.split(":", 1)
    actual = reader.read("eks", "DescribeNodegroup", clusterName=cluster_name, nodegroupName=name)[
        "nodegroup"
    ]
    yield "status", "ACTIVE", actual["status"]
    yield "classes", list(inputs["instanceTypes"]), actual.get("instanceTypes", NOT_SHOWN)
    sizes = inputs["scalingConfig"]
    for key in ("minSize", "desiredSize", "maxSize"):
        yield key, int(sizes[key]), actual["scalingConfig"][key]
    yield "subnets", sorted(inputs["subnetIds"]), sorted(actual["subnets"])
    yield "image kind", inputs.get("amiType"), actual.get("amiType")
    yield "labels", dict(inputs.get("labels") or {}), actual.get("labels") or {}
    wanted = [(t["key"], t.get("value"), t["effect"]) for t in inputs.get("taints") or []]
    taints = [(t["key"], t.get("value"), t["effect"]) for t in actual.get("taints") or []]
    yield "taints", sorted(wanted), sorted(taints)
