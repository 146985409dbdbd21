"""Whether the pods fit their nodes: of each pool and resource, what is needed and what is there.

The one place of this arithmetic. What a machine gives stands in `machines`, what pods ask for in
`pods` and `controllers`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from scaleplan.applications.pods import SYSTEM_POOL, PodDemand, pods_at_maxima
from scaleplan.applications.workloads import APPLICATIONS_POOL, WORKERS_POOL
from scaleplan.catalog import load_catalog
from scaleplan.citus.data_nodes import SPARE_NODES_A_ZONE, pods_by_zone
from scaleplan.cluster.machines import (
    ResourceTotals,
    Room,
    bought_addresses,
    room_of,
    subnet_addresses,
    totals,
)
from scaleplan.cluster.node_pools import (
    MACHINE_SIZES,
    MACHINE_VCPUS,
    MEMORY_MIB_PER_VCPU,
    machine_room,
    pool_limits,
    vcpus_at_maximum,
)
from scaleplan.settings import Settings

PRIVATE_PREFIX_LENGTH = 18
"""16,384 addresses a zone. A node takes its pods' addresses in /28 prefixes, 128 addresses for up
to 110 pods, so one zone alone can hold about 120 full nodes: more than the large size ever runs,
even with the other two zones lost."""

SUBNET_ADDRESSES = 2 ** (32 - PRIVATE_PREFIX_LENGTH) - 5
"""AWS keeps five of each subnet (VPC user guide, "Subnet sizing")."""

OTHER_ADDRESSES_A_ZONE = 128
"""For what else has an address in a private subnet: the control plane's interfaces, endpoints, and
the load balancer, which may take up to 100 (ELB user guide, "Application Load Balancers",
subnets)."""

UPDATE_NODES = 6
"""Nodes that an update of a managed group adds for its time, two a zone (EKS user guide,
"Understand each phase of node updates")."""

ALL_POOLS = "all"
"""The pool of the one term that is a subnet's."""

Resource = Literal["CPU", "memory", "pods", "addresses"]
UNITS: dict[Resource, str] = {"CPU": "m", "memory": "MiB", "pods": "pods", "addresses": "addresses"}


@dataclass(frozen=True, kw_only=True)
class NodeTerm:
    """One sum of the arithmetic: what a pool's pods need of a resource, and what there is of it.

    `where` says what gives it: the pool's nodes together, one node, what Karpenter may buy, or a
    zone's subnet. `pod` is the kind of pod that asks for it, where it is one alone.
    """

    pool: str
    resource: Resource
    where: str
    needed: int
    available: int
    pod: str | None = None

    @property
    def short(self) -> bool:
        """Whether there is too little."""
        return self.needed > self.available

    def __str__(self) -> str:
        unit = UNITS[self.resource]
        amounts = f"{self.needed} {unit} needed, {self.available} {unit} there"
        whose = f" for {self.pod}" if self.pod else ""
        return f"{self.resource} of {self.where}{whose}: {amounts}"


def node_terms(settings: Settings) -> tuple[NodeTerm, ...]:
    """All terms of a stack: pods at their maxima, rollouts and daemonsets included.

    A managed group counts with `minNodes`, because nothing in the cluster adds nodes to it. A pool
    of Karpenter's counts with its limits.
    """
    demands = pods_at_maxima(settings)
    terms = list(managed_terms(settings))
    if settings.nodes.karpenter:
        limits = pool_limits(settings)
        for pool, limit in (
            (APPLICATIONS_POOL, limits.applications),
            (WORKERS_POOL, limits.workers),
        ):
            terms += _bought_terms(pool, [d for d in demands if d.pool == pool], limit)
    return (*terms, _subnet_term(settings))


def short_terms(settings: Settings) -> tuple[NodeTerm, ...]:
    """The terms of which there is too little; none for a stack whose pods all find a node."""
    return tuple(term for term in node_terms(settings) if term.short)


def place(
    demands: Iterable[PodDemand], nodes: Sequence[Room]
) -> tuple[list[Room], list[PodDemand]]:
    """Put the pods onto the nodes as the scheduler may: each where most is free, first those at
    rest, then those that a rollout adds, the largest last.

    The scheduler spreads (kube-scheduler, `NodeResourcesFit`, `LeastAllocated`: the mean of the
    free shares of CPU and memory) and moves no pod for the sake of a later one, so a large pod may
    find its room in pieces. Returns what is left of each node, and one demand for each pod that
    found no node.
    """
    left, unplaced, listed = list(nodes), list[PodDemand](), list(demands)
    largest = max((node.cpu_millicores for node in nodes), default=1)
    most = max((node.memory_mib for node in nodes), default=1)

    def share(demand: PodDemand) -> float:
        asked = demand.requests
        return max(asked.cpu_millicores / largest, asked.memory_mib / most)

    def free(index: int) -> float:
        return left[index].cpu_millicores / largest + left[index].memory_mib / most

    def put(demand: PodDemand, count: int) -> None:
        for _ in range(count):
            holding = [i for i, node in enumerate(left) if node.holds(demand.requests)]
            if holding:
                index = max(holding, key=free)
                left[index] = left[index].less(demand.requests)
            else:
                unplaced.append(demand)

    listed.sort(key=share)
    for demand in listed:
        put(demand, demand.pods)
    for demand in listed:
        put(demand, demand.surge)
    return left, unplaced


def managed_terms(settings: Settings) -> Iterator[NodeTerm]:
    """The terms of the system nodes, which carry all pods where there is no Karpenter."""
    demands = [demand for demand in pods_at_maxima(settings) if demand.pool == SYSTEM_POOL]
    group = settings.nodes.system
    node = room_of(load_catalog().instance_class(group.instance_class))
    nodes = [node] * group.min_nodes
    together = f"{group.min_nodes} × {group.instance_class} (system)"
    summed = list(_sums(SYSTEM_POOL, together, demands, nodes))
    yield from summed
    too_large = [demand for demand in demands if not node.holds(demand.requests)]
    yield from (_lacking(SYSTEM_POOL, group.instance_class, pod, [node]) for pod in too_large)
    left, unplaced = place(demands, nodes)
    if unplaced and not too_large and not any(term.short for term in summed):
        # Enough in sum, but in pieces: no node has enough left for a whole pod.
        yield _lacking(SYSTEM_POOL, group.instance_class, unplaced[0], left)


def _sums(
    pool: str, where: str, demands: Sequence[PodDemand], nodes: Sequence[Room]
) -> Iterator[NodeTerm]:
    asked = totals(demand.requests for demand in demands for _ in range(demand.at_most))
    pods = sum(demand.at_most for demand in demands)
    amounts: dict[Resource, tuple[int, int]] = {
        "CPU": (asked.cpu_millicores, sum(node.cpu_millicores for node in nodes)),
        "memory": (asked.memory_mib, sum(node.memory_mib for node in nodes)),
        "pods": (pods, sum(node.pods for node in nodes)),
        "addresses": (pods, sum(node.addresses for node in nodes)),
    }
    for resource, (needed, available) in amounts.items():
        yield NodeTerm(
            pool=pool, resource=resource, where=where, needed=needed, available=available
        )


def _lacking(pool: str, where: str, demand: PodDemand, left: Sequence[Room]) -> NodeTerm:
    """The resource of which no node has enough for this pod beside what is placed."""
    requests = demand.requests
    cpu = max(node.cpu_millicores for node in left)
    short = requests.cpu_millicores > cpu
    with_cpu = [node for node in left if node.cpu_millicores >= requests.cpu_millicores]
    memory = max((node.memory_mib for node in with_cpu), default=0)
    return NodeTerm(
        pool=pool,
        resource="CPU" if short else "memory",
        where=f"one {where}",
        needed=requests.cpu_millicores if short else requests.memory_mib,
        available=cpu if short else memory,
        pod=demand.name,
    )


def _bought_terms(
    pool: str, demands: Sequence[PodDemand], limit: ResourceTotals
) -> Iterator[NodeTerm]:
    """Whether the largest machine holds one pod of each kind, and the limits hold all machines."""
    largest = machine_room(MACHINE_VCPUS[-1])
    for demand in demands:
        yield NodeTerm(
            pool=pool,
            resource="CPU",
            where="the largest machine",
            needed=demand.requests.cpu_millicores,
            available=largest.cpu_millicores,
            pod=demand.name,
        )
        yield NodeTerm(
            pool=pool,
            resource="memory",
            where="the largest machine",
            needed=demand.requests.memory_mib,
            available=largest.memory_mib,
            pod=demand.name,
        )
    yield from _limit_terms(pool, demands, limit)


def _limit_terms(
    pool: str, demands: Sequence[PodDemand], limit: ResourceTotals
) -> Iterator[NodeTerm]:
    vcpus = sum(vcpus_at_maximum(demand) for demand in demands)
    pods = sum(demand.at_most for demand in demands)
    bought = limit.cpu_millicores // 1000
    # Whichever machines it buys: the fewer and larger they are, the fewer pods they take.
    rooms = [(bought // size, machine_room(size)) for size in MACHINE_VCPUS]
    amounts: dict[Resource, tuple[int, int]] = {
        "CPU": (vcpus * 1000, limit.cpu_millicores),
        "memory": (vcpus * MEMORY_MIB_PER_VCPU, limit.memory_mib),
        "pods": (pods, min(count * node.pods for count, node in rooms)),
        "addresses": (pods, min(count * node.addresses for count, node in rooms)),
    }
    for resource, (needed, available) in amounts.items():
        yield NodeTerm(
            pool=pool,
            resource=resource,
            where=f"what Karpenter may buy ({pool})",
            needed=needed,
            available=available,
        )


def _subnet_term(settings: Settings) -> NodeTerm:
    """Addresses of one zone's private subnet with every node in it, the other zones being lost."""
    group = settings.nodes.system
    machine = load_catalog().instance_class(group.instance_class)
    needed = OTHER_ADDRESSES_A_ZONE + (group.max_nodes + UPDATE_NODES) * subnet_addresses(
        slots_per_interface=machine.addresses_per_interface
    )
    if settings.nodes.karpenter:
        limits = pool_limits(settings)
        smallest = MACHINE_VCPUS[0]
        slots = MACHINE_SIZES[smallest].addresses_per_interface
        vcpus = (limits.applications.cpu_millicores + limits.workers.cpu_millicores) // 1000
        pods = sum(d.at_most for d in pods_at_maxima(settings) if d.pool != SYSTEM_POOL)
        needed += bought_addresses(nodes=vcpus // smallest, pods=pods, slots_per_interface=slots)
    if settings.sharding.present:
        zones = settings.availability_zones
        nodes = sum(pods_by_zone(settings.citus, zones).values())
        data = load_catalog().instance_class(settings.citus.instance_class)
        nodes += len(zones) * SPARE_NODES_A_ZONE + UPDATE_NODES
        needed += nodes * subnet_addresses(slots_per_interface=data.addresses_per_interface)
    return NodeTerm(
        pool=ALL_POOLS,
        resource="addresses",
        where="one zone's private subnet",
        needed=needed,
        available=SUBNET_ADDRESSES,
    )
