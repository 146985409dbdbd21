"""From an application's pool to PostgreSQL's `max_connections`: one chain, each link from the last.

pools of a pod x pods -> clients of the poolers -> `max_client_conn`
names x (pool + reserve) x poolers -> server connections -> `max_connections` of the class
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import ceil, floor

from scaleplan.catalog import load_catalog
from scaleplan.layers import ConnectionPools
from scaleplan.nodes import ROLLOUT_SURGE_PODS
from scaleplan.sizes import PgbouncerSettings, SizeProfile

NAMES_ON_PRIMARY = 3
NAMES_ON_REPLICAS = 1
"""Databases that PgBouncer serves (`rendering.pgbouncer_ini.logical_databases`): both names for
writes and the system's, and one for reads, which is the primary's too where there is no replica."""

STATS_CLIENTS = 1
"""The metrics exporter's connection, which counts like any client's."""

BYTES_PER_CONNECTION = 9_531_392
MOST_CONNECTIONS = 5_000
"""RDS's default `LEAST({DBInstanceClassMemory/9531392}, 5000)` (RDS user guide, "Quotas and
constraints", maximum number of database connections)."""

MEMORY_LEFT_PERCENT = 92
"""DBInstanceClassMemory is what system and RDS leave of a class's memory: an 8 GiB class was
measured at 832 connections, 92.3 % of the 901 that all its memory would give."""

DIRECT_CONNECTIONS = 40
"""Kept for what doesn't come through PgBouncer: 3 that PostgreSQL and 2 that RDS reserve for
superusers, RDS's own agents, migrations, monitoring, and people in an emergency."""


@dataclass(frozen=True, kw_only=True)
class ConnectionChain:
    """The chain of one stack, all counts at the autoscalers' maxima."""

    pods: int
    pools: ConnectionPools
    poolers: PgbouncerSettings
    read_replicas: int
    max_connections: int

    @property
    def connections_per_pod(self) -> int:
        """Of one application pod: to the primary's name and to the replicas'."""
        return self.pools.primary_max + self.pools.replica_max

    @property
    def clients(self) -> int:
        """All applications full, each with the pod that a rollout adds (`pods` counts it)."""
        return self.pods * self.connections_per_pod

    @property
    def clients_while_old_pods_drain(self) -> int:
        """Every pod replaced at once, as a changed ConfigMap does, and none of the old ones gone:
        a worker finishes its job first, and holds its connections meanwhile."""
        return 2 * self.clients

    @property
    def clients_of_fullest_pooler(self) -> int:
        """Of one pooler in the worse of two cases.

        The applications are rolled, and every pooler has its part of both old and new pods. Or the
        poolers are rolled: a pod that stops hands its clients to all others, so the last old one
        has gathered most, and more than in the first case from five poolers on. A lost pooler is
        within the first: from two on, 1/(n - 1) of the clients is no more than 2/n of them.
        """
        number = self.poolers.replicas
        drained = Fraction(self.clients_while_old_pods_drain, number)
        rolled = self.clients * share_of_last_in_rollout(number)
        return ceil(max(drained, rolled)) + STATS_CLIENTS

    @property
    def connections_to_primary(self) -> int:
        """Most server connections to the primary, each pooler twice as while its old pod drains."""
        names = NAMES_ON_PRIMARY + (0 if self.read_replicas else NAMES_ON_REPLICAS)
        return names * self._per_name()

    @property
    def connections_to_replica(self) -> int:
        """Most server connections to one replica, should all others be gone; 0 without replicas."""
        return NAMES_ON_REPLICAS * self._per_name() if self.read_replicas else 0

    @property
    def usable_connections(self) -> int:
        """What PgBouncer may take of `max_connections`."""
        return self.max_connections - DIRECT_CONNECTIONS

    def _per_name(self) -> int:
        return 2 * self.poolers.replicas * server_connections_per_database(self.poolers)

    def problems(self) -> list[str]:
        """What doesn't fit, in sentences; empty when all does."""
        found: list[str] = []
        limit = self.poolers.max_client_connections
        if self.clients_of_fullest_pooler > limit:
            found.append(
                f"pgbouncer.maxClientConnections = {limit}: one of {self.poolers.replicas} poolers "
                f"may get {self.clients_of_fullest_pooler} clients of {self.pods} pods with "
                f"{self.connections_per_pod} connections each"
            )
        servers = {"primary": self.connections_to_primary, "replica": self.connections_to_replica}
        found += [
            f"PgBouncer may open {count} connections to the {server}, which has "
            f"{self.usable_connections} of its {self.max_connections} for it"
            for server, count in servers.items()
            if count > self.usable_connections
        ]
        return found


def connection_chain(profile: SizeProfile, pools: ConnectionPools) -> ConnectionChain:
    """The chain of a size, or of a stack's settings. Raises KeyError on an unknown class."""
    applications = (profile.orchestrator, profile.worker, profile.collaboration)
    return ConnectionChain(
        pods=sum(each.max_replicas + ROLLOUT_SURGE_PODS for each in applications),
        pools=pools,
        poolers=profile.pgbouncer,
        read_replicas=profile.database.read_replicas,
        max_connections=max_connections(
            load_catalog().instance_class(profile.database.instance_class).memory_gib
        ),
    )


def server_connections_per_database(poolers: PgbouncerSettings) -> int:
    """Most server connections that one pooler opens for one database name."""
    return poolers.default_pool_size + poolers.reserve_pool_size


def max_connections(memory_gib: float) -> int:
    """`max_connections` that RDS gives a class of so much memory, on the safe side."""
    usable = Fraction(memory_gib) * 2**30 * MEMORY_LEFT_PERCENT / 100
    return min(floor(usable / BYTES_PER_CONNECTION), MOST_CONNECTIONS)


def share_of_last_in_rollout(poolers: int) -> Fraction:
    """Share of all clients that the last old pooler holds when its turn comes.

    Each pooler that stops leaves its clients to as many others as there are poolers, one of them
    new: the old ones grow by 1/n each time, n - 1 times. Raises ValueError below one pooler.
    """
    if poolers < 1:
        raise ValueError(f"{poolers} poolers: give 1 or more")
    return Fraction(1, poolers) * (1 + Fraction(1, poolers)) ** (poolers - 1)
