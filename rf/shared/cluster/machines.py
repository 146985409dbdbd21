"""A stack's machines as Kubernetes nodes: what kubelet would say of each, where, and for whom."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import cycle

from rendering.citus.names import DATA_POOL
from rendering.cluster.node_pools import KUBERNETES_ARCHITECTURE, POOL_LABEL
from rf.shared.cluster.objects import Document
from scaleplan.applications.pods import SYSTEM_POOL
from scaleplan.applications.workloads import APPLICATIONS_POOL, WORKERS_POOL, PlannedWorkload
from scaleplan.catalog import load_catalog
from scaleplan.citus.data_nodes import pods_by_zone
from scaleplan.cluster.machines import MAX_PODS, ResourceTotals, allocatable
from scaleplan.cluster.node_pools import nominal_size
from scaleplan.cost.machines import pool_fleet
from scaleplan.cost.prices import PriceBook
from scaleplan.settings import Settings

ZONE_LABEL = "topology.kubernetes.io/zone"
HOST_LABEL = "kubernetes.io/hostname"


@dataclass(frozen=True, kw_only=True)
class NodeMachine:
    """One machine: `size` is its nominal CPU and memory, `tainted` keeps other pools' pods off."""

    name: str
    pool: str
    zone: str
    instance_class: str
    size: ResourceTotals
    tainted: bool = False


def managed_machines(settings: Settings) -> Iterator[NodeMachine]:
    """The system group at its least, spread over the zones, and Citus' groups where they are."""
    group = settings.nodes.system
    zones = [zone for zone, _ in zip(cycle(settings.availability_zones), range(group.min_nodes))]
    yield from _in_zones(SYSTEM_POOL, group.instance_class, zones)
    if settings.sharding.present:
        counts = pods_by_zone(settings.citus, settings.availability_zones)
        zones = [zone for zone, count in counts.items() for _ in range(count)]
        yield from _in_zones(DATA_POOL, settings.citus.instance_class, zones, tainted=True)


def bought_machines(
    settings: Settings,
    prices: PriceBook,
    replicas: Callable[[PlannedWorkload], int],
    zones: Sequence[str],
) -> Iterator[NodeMachine]:
    """What Karpenter buys for so many pods of each workload, as the bill has it, spread over the
    zones; nothing without Karpenter."""
    if not settings.nodes.karpenter:
        return
    for pool in (APPLICATIONS_POOL, WORKERS_POOL):
        places = cycle(zones)
        fleet: Counter[str] = pool_fleet(settings, prices, pool, replicas)
        for instance_class, count in sorted(fleet.items()):
            yield from _in_zones(pool, instance_class, [next(places) for _ in range(count)])


def node_of(machine: NodeMachine, settings: Settings) -> Document:
    """The machine as a node that has just registered: kubelet's view of it, without its daemons."""
    size = machine.size
    usable = allocatable(vcpus=size.cpu_millicores // 1000, memory_mib=size.memory_mib)
    name = f"{machine.name}.{machine.zone}"
    architecture = KUBERNETES_ARCHITECTURE[settings.architecture]
    labels = {
        POOL_LABEL: machine.pool,
        ZONE_LABEL: machine.zone,
        HOST_LABEL: name,
        "topology.kubernetes.io/region": settings.region,
        "node.kubernetes.io/instance-type": machine.instance_class,
        "kubernetes.io/arch": architecture,
        "kubernetes.io/os": "linux",
    }
    taint = {"key": POOL_LABEL, "value": machine.pool, "effect": "NoSchedule"}
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": name, "labels": labels},
        "spec": {"taints": [taint] if machine.tainted else []},
        "status": {
            "capacity": _amounts(size),
            "allocatable": _amounts(usable),
            "nodeInfo": {"architecture": architecture},
        },
    }


def _amounts(amount: ResourceTotals) -> Mapping[str, str]:
    return {
        "cpu": f"{amount.cpu_millicores}m",
        "memory": f"{amount.memory_mib}Mi",
        "pods": str(MAX_PODS),
    }


def _in_zones(
    pool: str, instance_class: str, zones: Iterable[str], *, tainted: bool = False
) -> Iterator[NodeMachine]:
    size = _size_of(instance_class)
    for index, zone in enumerate(zones):
        yield NodeMachine(
            name=f"{pool}-{instance_class.replace('.', '-')}-{index}",
            pool=pool,
            zone=zone,
            instance_class=instance_class,
            size=size,
            tainted=tainted,
        )


def _size_of(instance_class: str) -> ResourceTotals:
    known = {each.name: each for each in load_catalog().classes}
    if instance_class not in known:
        return nominal_size(instance_class)
    machine = known[instance_class]
    return ResourceTotals(
        cpu_millicores=machine.vcpus * 1000, memory_mib=int(machine.memory_gib * 1024)
    )
