"""What Karpenter may buy for the applications and the workers at their autoscalers' maxima."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from math import ceil

from scaleplan.applications.pods import PodDemand, demand_of
from scaleplan.applications.workloads import APPLICATIONS_POOL, WORKERS_POOL, workloads
from scaleplan.cluster.machines import ResourceTotals, Room, room
from scaleplan.sizes import SizeProfile

MACHINE_VCPUS = (4, 8, 16)
"""Machines that the node pools may buy: below 4 vCPUs the daemonsets eat too much of one, above 16
a lost one takes too many pods with it."""

MEMORY_MIB_PER_VCPU = 8192
"""Of the family with the most, `r`, which a pool may buy where pods ask for much memory."""

MACHINE_INTERFACES = {4: (4, 15), 8: (4, 15), 16: (8, 30)}
"""Network interfaces and addresses of each, by vCPUs: the least of all c, m and r machines from the
6th generation on (awslabs/amazon-eks-ami, nodeadm/internal/kubelet/instance-info.jsonl)."""


@dataclass(frozen=True, kw_only=True)
class PoolLimits:
    """Upper bounds of the two Karpenter pools: what they may buy, whatever asks for pods."""

    applications: ResourceTotals
    workers: ResourceTotals


def pool_limits(size: SizeProfile) -> PoolLimits:
    """Karpenter's limits: each pool's pods at their maxima, and one large machine to move them."""
    demands = [demand_of(each, each.pool) for each in workloads(size)]
    return PoolLimits(
        applications=_limit(each for each in demands if each.pool == APPLICATIONS_POOL),
        workers=_limit(each for each in demands if each.pool == WORKERS_POOL),
    )


def vcpus_at_maximum(demand: PodDemand) -> int:
    """vCPUs of the smallest machines that hold the pods at their maximum during a rollout.

    The smallest, because Karpenter buys for the pods that wait at the moment, often for one alone.
    Pods that no machine holds count with a largest one each; `node_terms` tells of them.
    """
    for vcpus in MACHINE_VCPUS:
        held = pods_held(machine_room(vcpus), demand.requests)
        if held:
            return ceil(demand.at_most / held) * vcpus
    return demand.at_most * MACHINE_VCPUS[-1]


def machine_room(vcpus: int) -> Room:
    """What is left to pods on a machine that Karpenter may buy, of the family with most memory."""
    interfaces, addresses = MACHINE_INTERFACES[vcpus]
    return room(
        vcpus=vcpus,
        memory_mib=vcpus * MEMORY_MIB_PER_VCPU,
        interfaces=interfaces,
        addresses_per_interface=addresses,
    )


def pods_held(node: Room, pod: ResourceTotals) -> int:
    """How many pods with these requests one node holds."""
    return min(
        node.cpu_millicores // pod.cpu_millicores,
        node.memory_mib // pod.memory_mib,
        node.pods,
        node.addresses,
    )


def _limit(demands: Iterable[PodDemand]) -> ResourceTotals:
    vcpus = sum(vcpus_at_maximum(demand) for demand in demands) + MACHINE_VCPUS[-1]
    return ResourceTotals(cpu_millicores=vcpus * 1000, memory_mib=vcpus * MEMORY_MIB_PER_VCPU)
