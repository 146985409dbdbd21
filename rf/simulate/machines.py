"""The nodes under the workers: Karpenter buys one when a pod fits nowhere, and gives back empty
ones."""

from __future__ import annotations

from dataclasses import dataclass, field

from scaleplan.cluster.machines import ResourceTotals
from scaleplan.cluster.node_pools import FAMILY_MEMORY_MIB_PER_VCPU, machine_room, pods_held


@dataclass(frozen=True, kw_only=True)
class NodePool:
    """A Karpenter pool as recorded, and what its workers' pods ask for.

    Limits count whole nodes, not the pods on them (Karpenter, "NodePools", `spec.limits`); None is
    no limit.
    """

    node_vcpus: tuple[int, ...]
    categories: tuple[str, ...]
    limit_millicores: float | None
    limit_memory_mib: float | None
    idle_seconds: float
    pod: ResourceTotals

    def pods_on(self, vcpus: int) -> int:
        """Workers that fit on a node of that many vCPUs."""
        return max(self._held(vcpus, category) for category in self.categories)

    def memory_of(self, vcpus: int) -> int:
        """Memory of the leanest node that holds them, MiB: Karpenter takes the cheapest."""
        most = self.pods_on(vcpus)
        return min(
            FAMILY_MEMORY_MIB_PER_VCPU[category] * vcpus
            for category in self.categories
            if self._held(vcpus, category) == most
        )

    def _held(self, vcpus: int, category: str) -> int:
        return pods_held(machine_room(vcpus, FAMILY_MEMORY_MIB_PER_VCPU[category]), self.pod)

    def choose(self, pods: int, bought: list[int]) -> int | None:
        """vCPUs of the node to buy for `pods` beside those `bought`; None where none may be."""
        allowed = [vcpus for vcpus in self.node_vcpus if self._may_buy(vcpus, bought)]
        holding_all = [vcpus for vcpus in allowed if self.pods_on(vcpus) >= pods]
        if holding_all:
            return min(holding_all)
        return max(allowed, default=None)

    def _may_buy(self, vcpus: int, bought: list[int]) -> bool:
        nodes = [*bought, vcpus]
        if self.pods_on(vcpus) < 1:
            return False
        if self.limit_millicores is not None and sum(nodes) * 1000 > self.limit_millicores:
            return False
        memory = sum(self.memory_of(each) for each in nodes)
        return self.limit_memory_mib is None or memory <= self.limit_memory_mib

    def most_pods(self, wanted: int) -> int:
        """Workers, of `wanted`, that the limits leave room for when bought one after another."""
        held, bought = 0, list[int]()
        while held < wanted:
            vcpus = self.choose(wanted - held, bought)
            if vcpus is None:
                return held
            bought.append(vcpus)
            held += self.pods_on(vcpus)
        return wanted


@dataclass(kw_only=True, eq=False)
class Node:
    """One node: where it takes pods from, and how many it holds."""

    vcpus: int
    room: int
    ready_at: float
    pods: int = 0
    empty_since: float | None = None


@dataclass
class PoolNodes:
    """The nodes of a pool over time. Without a pool there is always room (`pool` None)."""

    pool: NodePool | None
    node_seconds: float
    nodes: list[Node] = field(default_factory=list)

    def place(self, now: float, pods: int) -> list[Node | None]:
        """Nodes for new pods; fewer than asked for where the limits are reached."""
        if self.pool is None:
            return [None] * pods
        self._give_back(now)
        nodes: list[Node | None] = []
        while len(nodes) < pods:
            # A node that runs takes pods before one that still starts.
            free = [node for node in self.nodes if node.pods < node.room]
            node = min(free, key=lambda each: each.ready_at, default=None)
            node = node or self._buy(now, pods - len(nodes))
            if node is None:
                break
            node.pods += 1
            node.empty_since = None
            nodes.append(node)
        return nodes

    def leave(self, now: float, node: Node | None) -> None:
        """One pod has left its node."""
        if node is None:
            return
        node.pods -= 1
        if node.pods == 0:
            node.empty_since = now

    def _buy(self, now: float, pods: int) -> Node | None:
        assert self.pool is not None  # noqa: S101 - told apart by `place`
        vcpus = self.pool.choose(pods, [node.vcpus for node in self.nodes])
        if vcpus is None:
            return None
        room = self.pool.pods_on(vcpus)
        self.nodes.append(Node(vcpus=vcpus, room=room, ready_at=now + self.node_seconds))
        return self.nodes[-1]

    def _give_back(self, now: float) -> None:
        idle = self.pool.idle_seconds if self.pool else 0
        self.nodes = [
            node for node in self.nodes if node.empty_since is None or now - node.empty_since < idle
        ]
