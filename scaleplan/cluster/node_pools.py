"""What Karpenter may buy for the applications and the workers at their autoscalers' maxima."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from math import ceil

from scaleplan.applications.pods import PodDemand, demand_of
from scaleplan.applications.workloads import APPLICATIONS_POOL, WORKERS_POOL, workloads
from scaleplan.cluster.machines import ResourceTotals, Room, room
from scaleplan.sizes import SizeProfile

FAMILY_MEMORY_MIB_PER_VCPU = {"c": 2048, "m": 4096, "r": 8192}
"""Memory of EC2's compute, general and memory families from the 6th generation on (AWS, "Amazon
EC2 instance types")."""

MEMORY_MIB_PER_VCPU = max(FAMILY_MEMORY_MIB_PER_VCPU.values())
"""Of the family with the most, which a pool may buy where pods ask for much memory."""


@dataclass(frozen=True, kw_only=True)
class MachineSize:
    """A size of these families: what its classes' names end with, and what all of them have."""

    name: str
    interfaces: int
    addresses_per_interface: int


MACHINE_SIZES = {
    4: MachineSize(name="xlarge", interfaces=4, addresses_per_interface=15),
    8: MachineSize(name="2xlarge", interfaces=4, addresses_per_interface=15),
    16: MachineSize(name="4xlarge", interfaces=8, addresses_per_interface=30),
}
"""What the node pools may buy, by vCPUs: below 4 the daemonsets eat too much of a machine, above 16
a lost one takes too many pods with it. Interfaces and addresses are the least of all c, m and r
machines from the 6th generation on (awslabs/amazon-eks-ami,
nodeadm/internal/kubelet/instance-info.jsonl)."""

MACHINE_VCPUS = tuple(MACHINE_SIZES)


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


def machine_room(vcpus: int, memory_mib_per_vcpu: int = MEMORY_MIB_PER_VCPU) -> Room:
    """What is left to pods on a machine that Karpenter may buy; of the family with most memory
    unless another's is given."""
    size = MACHINE_SIZES[vcpus]
    return room(
        vcpus=vcpus,
        memory_mib=vcpus * memory_mib_per_vcpu,
        interfaces=size.interfaces,
        addresses_per_interface=size.addresses_per_interface,
    )


def nominal_size(machine_class: str) -> ResourceTotals:
    """CPU and memory of a class that Karpenter may buy, as c7g.2xlarge. Raises KeyError for a
    class of another family or size."""
    generation, size_name = machine_class.split(".")
    vcpus = {size.name: vcpus for vcpus, size in MACHINE_SIZES.items()}[size_name]
    memory = FAMILY_MEMORY_MIB_PER_VCPU[generation[0]] * vcpus
    return ResourceTotals(cpu_millicores=vcpus * 1000, memory_mib=memory)


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
