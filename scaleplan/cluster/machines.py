"""What an EC2 machine leaves to pods: its nominal size less kernel, kubelet and daemonsets."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from scaleplan.catalog import InstanceClass

MAX_PODS = 110
"""Kubernetes' tested limit, and EKS's for machines under 30 vCPUs, which a managed node group
enforces (EKS user guide, "How maxPods is determined"); addresses come in prefixes."""

ADDRESSES_PER_PREFIX = 16
"""A /28, which the CNI plugin takes at once for its pods (EKS user guide, "Assign more IP addresses
to Amazon EKS nodes with prefixes")."""

WARM_PREFIXES = 1
"""Prefixes that the CNI plugin holds in reserve on each node (its `WARM_PREFIX_TARGET`)."""

HIDDEN_MEMORY_PER_MILLE = 75
"""Of a machine's nominal memory, what hypervisor and kernel keep before Linux counts it: the
cautious assumption of Karpenter (settings reference, `VM_MEMORY_OVERHEAD_PERCENT` 0.075)."""

KUBELET_MEMORY_MIB = 255
KUBELET_MEMORY_MIB_A_POD = 11
EVICTION_MEMORY_MIB = 100
"""Reserve and hard eviction threshold of EKS' nodes (awslabs/amazon-eks-ami, nodeadm,
`kubelet/config.go`; Karpenter reckons the same for its own)."""

KUBELET_CPU_SHARES = (60, 10, 5, 5)
KUBELET_CPU_SHARE_OF_OTHERS = 2.5
"""Millicores kept of the first, second, third and fourth vCPU, and of each further one (the same
file)."""


@dataclass(frozen=True, kw_only=True)
class ResourceTotals:
    """An amount of CPU and memory: a pod's, a machine's, or many machines' together."""

    cpu_millicores: int
    memory_mib: int


@dataclass(frozen=True, kw_only=True)
class Daemon:
    """A pod that runs on every node, and what it requests there."""

    name: str
    requests: ResourceTotals


DAEMONS = (
    # amazon-vpc-cni-k8s v1.22: plugin and network policy agent, 25 m each.
    Daemon(name="aws-node", requests=ResourceTotals(cpu_millicores=50, memory_mib=0)),
    Daemon(name="kube-proxy", requests=ResourceTotals(cpu_millicores=100, memory_mib=0)),
    # It requests nothing.
    Daemon(name="eks-pod-identity-agent", requests=ResourceTotals(cpu_millicores=0, memory_mib=0)),
    # aws-ebs-csi-driver v1.66: three containers of 10 m and 40 MiB.
    Daemon(name="ebs-csi-node", requests=ResourceTotals(cpu_millicores=30, memory_mib=120)),
    # Room for one agent that measures the node and one that carries its logs away.
    Daemon(name="metrics agent", requests=ResourceTotals(cpu_millicores=60, memory_mib=128)),
    Daemon(name="logs agent", requests=ResourceTotals(cpu_millicores=60, memory_mib=264)),
)
"""What every node carries before the first pod of ours."""

DAEMONSETS = ResourceTotals(
    cpu_millicores=sum(daemon.requests.cpu_millicores for daemon in DAEMONS),
    memory_mib=sum(daemon.requests.memory_mib for daemon in DAEMONS),
)


@dataclass(frozen=True, kw_only=True)
class Room:
    """What pods may have of one node, or of several: CPU, memory, their number, addresses."""

    cpu_millicores: int
    memory_mib: int
    pods: int
    addresses: int

    def holds(self, pod: ResourceTotals) -> bool:
        """Whether one more pod with these requests fits."""
        return (
            pod.cpu_millicores <= self.cpu_millicores
            and pod.memory_mib <= self.memory_mib
            and min(self.pods, self.addresses) >= 1
        )

    def holds_all(self, pods: Iterable[ResourceTotals]) -> bool:
        """Whether all these pods fit together."""
        room = self
        for pod in pods:
            if not room.holds(pod):
                return False
            room = room.less(pod)
        return True

    def less(self, pod: ResourceTotals) -> Room:
        """What is left beside a pod with these requests."""
        return Room(
            cpu_millicores=self.cpu_millicores - pod.cpu_millicores,
            memory_mib=self.memory_mib - pod.memory_mib,
            pods=self.pods - 1,
            addresses=self.addresses - 1,
        )


def kubelet_cpu_millicores(vcpus: int) -> int:
    """CPU that EKS' nodes keep for kubelet and container runtime, rounded up."""
    further = max(0, vcpus - len(KUBELET_CPU_SHARES))
    shares = sum(KUBELET_CPU_SHARES[:vcpus]) + KUBELET_CPU_SHARE_OF_OTHERS * further
    return -(-int(shares * 10) // 10)


def allocatable(*, vcpus: int, memory_mib: int) -> ResourceTotals:
    """What kubelet lets pods request on a machine of that nominal size, daemonsets included."""
    visible = memory_mib * (1000 - HIDDEN_MEMORY_PER_MILLE) // 1000
    reserved = KUBELET_MEMORY_MIB + KUBELET_MEMORY_MIB_A_POD * MAX_PODS + EVICTION_MEMORY_MIB
    return ResourceTotals(
        cpu_millicores=vcpus * 1000 - kubelet_cpu_millicores(vcpus), memory_mib=visible - reserved
    )


def room(*, vcpus: int, memory_mib: int, interfaces: int, addresses_per_interface: int) -> Room:
    """What is left to pods on a machine of that nominal size when its daemonsets run.

    Every slot of an interface but the first holds a prefix instead of an address. The daemonsets'
    pods count as if each had an address of its own, though some share the node's.
    """
    capacity = allocatable(vcpus=vcpus, memory_mib=memory_mib)
    addresses = interfaces * (addresses_per_interface - 1) * ADDRESSES_PER_PREFIX
    return Room(
        cpu_millicores=capacity.cpu_millicores - DAEMONSETS.cpu_millicores,
        memory_mib=capacity.memory_mib - DAEMONSETS.memory_mib,
        pods=MAX_PODS - len(DAEMONS),
        addresses=addresses - len(DAEMONS),
    )


def room_of(machine: InstanceClass) -> Room:
    """What is left to pods on a machine of the catalogue's class."""
    return room(
        vcpus=machine.vcpus,
        memory_mib=int(machine.memory_gib * 1024),
        interfaces=machine.interfaces,
        addresses_per_interface=machine.addresses_per_interface,
    )


def subnet_addresses(*, slots_per_interface: int) -> int:
    """Most addresses that one node takes from its subnet: whole prefixes, and its interfaces' own.

    `slots_per_interface` are the addresses that an interface can have, its own included.
    """
    prefixes = -(-MAX_PODS // ADDRESSES_PER_PREFIX) + WARM_PREFIXES
    interfaces = -(-prefixes // (slots_per_interface - 1))
    return prefixes * ADDRESSES_PER_PREFIX + interfaces


def bought_addresses(*, nodes: int, pods: int, slots_per_interface: int) -> int:
    """Most addresses that so many nodes take together for so many pods, however these are spread.

    Each node's pods, its daemonsets among them, round up to whole prefixes, and each holds one in
    reserve. A node alone could take as many as `subnet_addresses`, but not all nodes at once: there
    are not the pods.
    """
    on_nodes = pods + nodes * len(DAEMONS)
    rounded = (on_nodes + nodes * (ADDRESSES_PER_PREFIX - 1)) // ADDRESSES_PER_PREFIX
    prefixes = rounded + nodes * WARM_PREFIXES
    interfaces = nodes + prefixes // (slots_per_interface - 1)
    return prefixes * ADDRESSES_PER_PREFIX + interfaces


def totals(amounts: Iterable[ResourceTotals]) -> ResourceTotals:
    """The amounts together."""
    listed = list(amounts)
    return ResourceTotals(
        cpu_millicores=sum(amount.cpu_millicores for amount in listed),
        memory_mib=sum(amount.memory_mib for amount in listed),
    )
