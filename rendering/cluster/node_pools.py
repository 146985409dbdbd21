"""Karpenter's objects: what its machines look like, and how many it may buy for whom."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rendering.shared.quantities import cpu, memory
from scaleplan.applications.workloads import APPLICATIONS_POOL, WORKERS_POOL
from scaleplan.catalog import Architecture
from scaleplan.cluster.machines import MAX_PODS, ResourceTotals
from scaleplan.cluster.node_pools import MACHINE_VCPUS
from scaleplan.cluster.rotation import TERMINATION_GRACE_HOURS

POOL_LABEL = "researchflow/pool"
"""Label of every node; the value is the node group or node pool it belongs to."""

NODE_CLASS = "nodes"

KUBERNETES_ARCHITECTURE = {Architecture.ARM64: "arm64", Architecture.X86_64: "amd64"}

_CONSOLIDATION = {
    # Applications move at once when that empties a machine: they drain in seconds.
    APPLICATIONS_POOL: "WhenEmptyOrUnderutilized",
    # A worker may be minutes into a job, so its machine goes only when nothing runs on it.
    WORKERS_POOL: "WhenEmpty",
}


def node_selector(pool: str, *, karpenter: bool) -> dict[str, str] | None:
    """Node selector of a pod of that pool; none without Karpenter, where one group carries all."""
    return {POOL_LABEL: pool} if karpenter else None


def node_class_spec(
    *,
    cluster_name: str,
    image_alias: str,
    disk_gib: int,
    data_key_arn: Any,
    profile: Any,
    tags: Mapping[str, str],
) -> dict[str, Any]:
    """Spec of the EC2NodeClass (karpenter.k8s.aws/v1). `data_key_arn` and `profile` pass through.

    Subnets and security group are found by the tag that the stack puts on them.
    """
    discovery = [{"tags": {"karpenter.sh/discovery": cluster_name}}]
    return {
        "amiSelectorTerms": [{"alias": image_alias}],
        "instanceProfile": profile,
        "subnetSelectorTerms": discovery,
        "securityGroupSelectorTerms": discovery,
        "kubelet": {"maxPods": MAX_PODS},
        "metadataOptions": {
            "httpEndpoint": "enabled",
            "httpProtocolIPv6": "disabled",
            "httpPutResponseHopLimit": 1,
            "httpTokens": "required",
        },
        "blockDeviceMappings": [
            {
                "deviceName": "/dev/xvda",
                "ebs": {
                    "volumeType": "gp3",
                    "volumeSize": f"{disk_gib}Gi",
                    "encrypted": True,
                    "kmsKeyID": data_key_arn,
                    "deleteOnTermination": True,
                },
            }
        ],
        "tags": {**tags, "Name": f"{cluster_name}-karpenter"},
    }


def node_pool_spec(
    pool: str, architecture: Architecture, limits: ResourceTotals, *, spot: bool
) -> dict[str, Any]:
    """Spec of a NodePool (karpenter.sh/v1): machines of 4 to 16 vCPUs up to `limits`.

    On-demand ones, and with `spot` also such as AWS may take back: Karpenter prefers those and buys
    on demand where there are none.
    Below 4 vCPUs the daemonsets eat too much of a machine; above 16 one lost machine takes too
    many pods with it.

    Machines are replaced where they drift from what is declared, one at a time and each after its
    successor is there: as a raised image makes all of them do. Never by age, as that minds no
    budget: all that were bought together go together (Karpenter 1.14, pkg/controllers/nodeclaim/
    expiration). A machine that drifted goes within `TERMINATION_GRACE_HOURS`, also from under pods
    that a budget holds; each pod has its own grace before that.
    """
    return {
        "template": {
            "metadata": {"labels": {POOL_LABEL: pool}},
            "spec": {
                "nodeClassRef": {
                    "group": "karpenter.k8s.aws",
                    "kind": "EC2NodeClass",
                    "name": NODE_CLASS,
                },
                "expireAfter": "Never",
                "terminationGracePeriod": f"{TERMINATION_GRACE_HOURS}h",
                "requirements": [
                    _one_of("kubernetes.io/arch", KUBERNETES_ARCHITECTURE[architecture]),
                    _one_of("kubernetes.io/os", "linux"),
                    _one_of("karpenter.sh/capacity-type", *(["spot"] if spot else []), "on-demand"),
                    _one_of("karpenter.k8s.aws/instance-category", "c", "m", "r"),
                    _one_of("karpenter.k8s.aws/instance-cpu", *map(str, MACHINE_VCPUS)),
                    {
                        "key": "karpenter.k8s.aws/instance-generation",
                        "operator": "Gt",
                        "values": ["5"],
                    },
                ],
            },
        },
        "limits": {"cpu": cpu(limits.cpu_millicores), "memory": memory(limits.memory_mib)},
        "disruption": {
            "consolidationPolicy": _CONSOLIDATION[pool],
            "consolidateAfter": "5m",
            "budgets": [{"nodes": "1"}],
        },
    }


def _one_of(key: str, *values: str) -> dict[str, Any]:
    return {"key": key, "operator": "In", "values": list(values)}
