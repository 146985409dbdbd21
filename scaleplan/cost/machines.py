"""The cluster's machines: node groups as configured, and what Karpenter buys for the pods."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache

from scaleplan.applications.workloads import (
    APPLICATIONS_POOL,
    WORKERS_POOL,
    PlannedWorkload,
    workloads,
)
from scaleplan.catalog import Architecture
from scaleplan.citus.data_nodes import (
    FREE_IOPS,
    FREE_MIB_PER_SECOND,
    ROOT_DISK_GIB,
    SPARE_NODES_A_ZONE,
    VOLUME_IOPS,
    VOLUME_MIB_PER_SECOND,
    pods_by_zone,
)
from scaleplan.cluster.machines import ResourceTotals
from scaleplan.cluster.node_pools import (
    FAMILY_MEMORY_MIB_PER_VCPU,
    MACHINE_SIZES,
    MACHINE_VCPUS,
    machine_room,
)
from scaleplan.cost.bill import Bounds, Item
from scaleplan.cost.pods import billed_pods
from scaleplan.cost.prices import PriceBook
from scaleplan.load import Load
from scaleplan.settings import Settings
from scaleplan.sizes import WorkloadSettings
from scaleplan.workflows.workflows import TemporalRoleSettings


@dataclass(frozen=True)
class WorkloadPods:
    """So many pods of one workload."""

    workload: WorkloadSettings | TemporalRoleSettings
    count: int


def cluster_items(settings: Settings) -> Iterator[Item]:
    """Control plane and the system group."""
    yield Item(
        layer="cluster",
        resource="control plane",
        key="eks:cluster",
        quantity=Bounds.of(1),
        basis="one cluster, version in standard support",
    )
    group = settings.nodes.system
    basis = f"{group.min_nodes} to {group.max_nodes} nodes of the managed group"
    if not settings.nodes.karpenter:
        basis += ", which carries everything"
    # Nothing in the cluster adds nodes to it, and its least number holds all pods at their most.
    nodes = Bounds.between(group.min_nodes, group.min_nodes, group.max_nodes)
    yield Item(
        layer="cluster",
        resource="system nodes",
        key=f"ec2:{group.instance_class}",
        quantity=nodes,
        basis=basis,
        service="ec2",
    )
    yield Item(
        layer="cluster",
        resource="system nodes' disks",
        key="ebs:gp3",
        quantity=nodes.map(lambda count: count * group.disk_gib),
        basis=f"{group.disk_gib} GiB a node",
    )


def karpenter_items(settings: Settings, load: Load, prices: PriceBook) -> Iterator[Item]:
    """What Karpenter buys for its two pools; nothing without it."""
    if not settings.nodes.karpenter:
        return
    at_load = {each.workload.name: each.at_load for each in billed_pods(settings, load)}
    for pool in (APPLICATIONS_POOL, WORKERS_POOL):
        cases: dict[str, Callable[[PlannedWorkload], int]] = {
            "low": lambda each: each.min_replicas,
            "at_load": lambda each: at_load[each.name],
            "high": lambda each: each.max_replicas,
        }
        fleets = {case: pool_fleet(settings, prices, pool, count) for case, count in cases.items()}
        names = [each.name for each in workloads(settings) if each.pool == pool]
        yield from _pool(pool, names, fleets, settings.nodes.system.disk_gib)


def pool_fleet(
    settings: Settings,
    prices: PriceBook,
    pool: str,
    replicas: Callable[[PlannedWorkload], int],
) -> Counter[str]:
    """The machines by class that Karpenter buys for so many pods of each of a pool's workloads."""
    members = [each for each in workloads(settings) if each.pool == pool]
    return _fleet([WorkloadPods(each.pod, replicas(each)) for each in members], settings, prices)


def _pool(
    pool: str,
    names: Sequence[str],
    fleets: Mapping[str, Counter[str]],
    disk_gib: int,
) -> Iterator[Item]:
    """One Karpenter pool's machines by class, and their disks."""
    for machine in sorted({name for fleet in fleets.values() for name in fleet}):
        yield Item(
            layer="applications",
            resource=f"{pool} nodes",
            key=f"ec2:{machine}",
            quantity=Bounds(**{case: Decimal(fleet[machine]) for case, fleet in fleets.items()}),
            basis=f"bought by Karpenter for {', '.join(names)}: one pod of each a machine",
            service="ec2",
        )
    nodes = Bounds(**{case: Decimal(fleet.total()) for case, fleet in fleets.items()})
    yield Item(
        layer="applications",
        resource=f"{pool} nodes' disks",
        key="ebs:gp3",
        quantity=nodes.map(lambda count: count * disk_gib),
        basis=f"{disk_gib} GiB a node",
    )


def _fleet(pods: Sequence[WorkloadPods], settings: Settings, prices: PriceBook) -> Counter[str]:
    """Machines that Karpenter buys for a pool's pods, by class.

    No machine has two pods of a workload: their spread over hosts is a preference, but Karpenter
    treats preferences as requirements while it can buy ("Scheduling", preferences), and for hosts
    it can always buy another (`topologygroup.go`: the least count of a host is 0). Pods of
    different workloads share a machine.
    """
    fleet: Counter[str] = Counter()
    filled = 0
    for count in sorted({each.count for each in pods}):
        together = [WorkloadPods(each.workload, 1) for each in pods if each.count >= count]
        fleet[_cheapest_machine(together, settings, prices)] += count - filled
        filled = count
    return fleet


def _cheapest_machine(pods: Sequence[WorkloadPods], settings: Settings, prices: PriceBook) -> str:
    """The class of the cheapest machine that Karpenter's pools may buy and that holds the pods.

    Of the families' 7th generation, of which the price file knows every class; Karpenter may find
    an older one cheaper. A class without a price where none with one is large enough.
    """
    suffix = "g" if settings.architecture is Architecture.ARM64 else "i"
    holding = [
        f"{family}7{suffix}.{MACHINE_SIZES[vcpus].name}"
        for vcpus, family in _machines_for(
            tuple((each.workload.cpu_millicores, each.workload.memory_mib) for each in pods)
        )
    ]
    priced = {machine: prices.find(f"ec2:{machine}", settings.region) for machine in holding}
    costs = [(price.monthly(Decimal(1)), name) for name, price in priced.items() if price]
    if costs:
        return min(costs)[1]
    return holding[0] if holding else f"r7{suffix}.{MACHINE_SIZES[MACHINE_VCPUS[-1]].name}"


@lru_cache(maxsize=4096)  # a search for the right size asks for the same pods again and again
def _machines_for(needs: tuple[tuple[int, int], ...]) -> tuple[tuple[int, str], ...]:
    """vCPUs and family of the machines that hold one pod of each need, in millicores and MiB."""
    pods = [ResourceTotals(cpu_millicores=cpu, memory_mib=memory) for cpu, memory in needs]
    return tuple(
        (vcpus, family)
        for vcpus in MACHINE_SIZES
        for family, memory in FAMILY_MEMORY_MIB_PER_VCPU.items()
        if machine_room(vcpus, memory).holds_all(pods)
    )


def data_node_items(settings: Settings) -> Iterator[Item]:
    """Citus' nodes, where it is: one a pod, and room for one more in each zone that has any."""
    if not settings.sharding.present:
        return
    counts = pods_by_zone(settings.citus, settings.availability_zones)
    pods = sum(counts.values())
    most = sum(count + SPARE_NODES_A_ZONE for count in counts.values() if count)
    nodes = Bounds.between(pods, pods, most)
    machine = settings.citus.instance_class
    yield Item(
        layer="citus",
        resource="data nodes",
        key=f"ec2:{machine}",
        quantity=nodes,
        basis=f"{pods} instances, each alone on a node; a spare in each zone while one drains",
        service="ec2",
    )
    yield Item(
        layer="citus",
        resource="data nodes' disks",
        key="ebs:gp3",
        quantity=nodes.map(lambda count: count * ROOT_DISK_GIB),
        basis=f"{ROOT_DISK_GIB} GiB a node",
    )
    yield Item(
        layer="citus",
        resource="data volumes",
        key="ebs:gp3",
        quantity=Bounds.of(pods * settings.citus.volume_gib),
        basis=f"{settings.citus.volume_gib} GiB for each of {pods} instances",
    )
    # Each of a volume's own, above what gp3 gives for nothing.
    yield Item(
        layer="citus",
        resource="data volumes' operations",
        key="ebs-iops:gp3",
        quantity=Bounds.of(pods * max(0, VOLUME_IOPS - FREE_IOPS)),
        basis=f"{VOLUME_IOPS:,} a second for each of {pods}, {FREE_IOPS:,} of them free",
    )
    yield Item(
        layer="citus",
        resource="data volumes' throughput",
        key="ebs-throughput:gp3",
        quantity=Bounds.of(pods * max(0, VOLUME_MIB_PER_SECOND - FREE_MIB_PER_SECOND)),
        basis=f"{VOLUME_MIB_PER_SECOND} MiB/s for each of {pods}, {FREE_MIB_PER_SECOND} of them"
        " free",
    )
