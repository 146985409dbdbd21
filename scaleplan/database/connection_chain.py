"""From an application's pool to PostgreSQL's `max_connections`: one chain, each link from the last.

pools of a pod x pods -> clients of the poolers -> `max_client_conn`
names x (pool + reserve) x poolers -> server connections -> `max_connections` of the class
where Citus serves, the same for its names -> clients that a coordinator lets in
Temporal's pods x their two stores -> `max_connections` of the primary, past the poolers
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import ceil, floor

from scaleplan.applications.pods import ROLLOUT_SURGE_PODS
from scaleplan.applications.workloads import APPLICATIONS
from scaleplan.catalog import load_catalog
from scaleplan.citus import data_nodes
from scaleplan.database.server_pools import (
    NAMES_FOR_READS,
    NAMES_FOR_SYSTEM,
    NAMES_FOR_WRITES,
    TWICE_IN_A_ROLLOUT,
    server_connections_per_name,
)
from scaleplan.layers import ConnectionPools
from scaleplan.sizes import PgbouncerSettings, SizeProfile

SYSTEM_POOL_MAX = 2
"""Most connections that one pod opens to the system database where Citus serves; before that it has
no pool of its own. The plan gives no number: next to nothing is asked there, so one connection and
another while that is busy."""

WORKFLOW_POOL_MAX = 4
"""Most connections that one workflow worker opens for writes, and as many for reads: it waits for
activities more than it asks the database, and the plan's pools are those of the API."""

STATS_CLIENTS = 1
"""The metrics exporter's connection, which counts like any client's."""

BYTES_PER_CONNECTION = 9_531_392
MOST_CONNECTIONS = 5_000
"""RDS's default `LEAST({DBInstanceClassMemory/9531392}, 5000)` (RDS user guide, "Quotas and
constraints", maximum number of database connections)."""

MEMORY_LEFT_PERCENT = 92
"""DBInstanceClassMemory is what system and RDS leave of a class's memory: an 8 GiB class was
measured at 832 connections, 92.3 % of the 901 that all its memory would give."""

RESERVED_CONNECTIONS = {
    "PostgreSQL's superuser reserve": 3,
    "RDS's superuser reserve": 2,
    "RDS's own agents": 5,
    "migrations": 10,
    "exporters": 5,
    "people in an emergency": 15,
}
"""Kept for what doesn't come through PgBouncer. The first two are the servers' defaults
(`superuser_reserved_connections`, `rds.rds_superuser_reserved_connections`), the rest is ours."""

DIRECT_CONNECTIONS = sum(RESERVED_CONNECTIONS.values())


@dataclass(frozen=True, kw_only=True)
class ConnectionChain:
    """The chain of one stack, all counts at the autoscalers' maxima."""

    pods: int
    pools: ConnectionPools
    poolers: PgbouncerSettings
    read_replicas: int
    max_connections: int
    coordinator_clients: int | None = None
    """Clients that a coordinator of Citus lets in; None where Citus doesn't serve."""
    workflow_pods: int = 0
    """Workers of workflows, a rollout's included: not in `pods`, as their pools are smaller."""
    workflow_connections: int = 0
    """Of Temporal's server to the primary, directly: a transaction pool is not for it."""
    steady_workflow_connections: int = 0
    """The same while nothing of Temporal is rolled."""

    @property
    def serving(self) -> bool:
        """Whether tenants' data is on Citus, so that RDS has the system's name alone."""
        return self.coordinator_clients is not None

    @property
    def connections_per_pod(self) -> int:
        """Of one application pod: to the name for writes, to that for reads, to the system's."""
        system = SYSTEM_POOL_MAX if self.serving else 0
        return self.pools.primary_max + self.pools.replica_max + system

    @property
    def connections_per_workflow_pod(self) -> int:
        """Of one workflow worker, to the same names."""
        return 2 * WORKFLOW_POOL_MAX + (SYSTEM_POOL_MAX if self.serving else 0)

    @property
    def clients(self) -> int:
        """All applications full, each with the pod that a rollout adds (`pods` counts it)."""
        workflows = self.workflow_pods * self.connections_per_workflow_pod
        return self.pods * self.connections_per_pod + workflows

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
        """Most server connections to RDS's primary, which reads too where it has no replica."""
        names = NAMES_FOR_SYSTEM
        if not self.serving:
            names += NAMES_FOR_WRITES + (0 if self.read_replicas else NAMES_FOR_READS)
        return names * server_connections_per_name(self.poolers)

    @property
    def connections_to_replica(self) -> int:
        """Most server connections to one replica, should all others be gone; 0 without replicas."""
        if self.serving or not self.read_replicas:
            return 0
        return NAMES_FOR_READS * server_connections_per_name(self.poolers)

    @property
    def steady_connections(self) -> int:
        """Of RDS's fullest server with all pools full, and nothing rolled."""
        primary = self.connections_to_primary // TWICE_IN_A_ROLLOUT
        replica = self.connections_to_replica // TWICE_IN_A_ROLLOUT
        return max(primary + self.steady_workflow_connections, replica)

    @property
    def connections_to_coordinator(self) -> int:
        """Most server connections to one coordinator; 0 where Citus doesn't serve."""
        return data_nodes.pooled_connections(self.poolers) if self.serving else 0

    @property
    def usable_connections(self) -> int:
        """What PgBouncer may take of `max_connections`."""
        return self.max_connections - DIRECT_CONNECTIONS

    @property
    def usable_coordinator_connections(self) -> int:
        """What PgBouncer may take of what a coordinator lets in; 0 where Citus doesn't serve."""
        if self.coordinator_clients is None:
            return 0
        return self.coordinator_clients - data_nodes.ADMINISTRATION_CONNECTIONS


def connection_chain(
    profile: SizeProfile, pools: ConnectionPools, *, serving: bool
) -> ConnectionChain:
    """The chain of a size, or of a stack's settings; `serving` is whether Citus has tenants' data.

    Raises KeyError on an unknown class.
    """
    workflows = profile.workflows
    pooled = [each.settings_of(profile) for each in APPLICATIONS if each.pooled]
    shards = profile.citus.shard_clusters
    citus_connections = data_nodes.max_connections(profile.pgbouncer, shards)
    return ConnectionChain(
        pods=sum(each.max_replicas + ROLLOUT_SURGE_PODS for each in pooled),
        pools=pools,
        poolers=profile.pgbouncer,
        read_replicas=profile.database.read_replicas,
        max_connections=max_connections(
            load_catalog().instance_class(profile.database.instance_class).memory_gib
        ),
        coordinator_clients=(
            data_nodes.admitted_clients(citus_connections, shards) if serving else None
        ),
        workflow_pods=(
            workflows.worker.max_replicas + ROLLOUT_SURGE_PODS if workflows.enabled else 0
        ),
        workflow_connections=workflows.connections(ROLLOUT_SURGE_PODS),
        steady_workflow_connections=workflows.connections(0),
    )


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
