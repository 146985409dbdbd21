"""The nodes of Citus: how many in which zone, what a pod on one can have, connections it takes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from scaleplan.catalog import InstanceClass
from scaleplan.cluster.machines import ResourceTotals, room_of
from scaleplan.database.server_pools import (
    NAMES_FOR_READS,
    NAMES_FOR_WRITES,
    server_connections_per_name,
)
from scaleplan.sizes import CitusSettings, PgbouncerSettings

VOLUME_IOPS = 4000
VOLUME_MIB_PER_SECOND = 170
"""Of each instance's gp3 volume. Three shards together have what RDS gets from gp3 at 400 GiB:
12,000 and 500 MiB/s."""

FREE_IOPS = 3000
FREE_MIB_PER_SECOND = 125
"""Of every gp3 volume, included in its price (EBS user guide, "General Purpose SSD volumes")."""

ROOT_DISK_GIB = 50
"""Of a node, for images and logs only: the data has volumes of its own."""

SPARE_NODES_A_ZONE = 1
"""Room of a zone's group above what its pods need, for a replacement while the old node drains."""

ADMINISTRATION_CONNECTIONS = 10
"""For people, the distribution job and the metrics exporter."""

CLIENT_SHARE_PERCENT = 90
"""Of the coordinator's connections, what StackGres divides between clients and the connections that
other nodes open back to it: clients get one part of (1 + shard clusters)."""


@dataclass(frozen=True, kw_only=True)
class Placement:
    """One group of instances, a primary and its copies, and the zones that they stand in."""

    name: str
    instances: int
    zones: tuple[str, ...]


def placements(settings: CitusSettings, zones: Sequence[str]) -> tuple[Placement, ...]:
    """The coordinator, then the shard clusters, each begun in the zone before its predecessor's.

    So no group has two instances in a zone, and neither a further shard cluster nor a further copy
    moves an earlier instance, whose volume could not follow it into another zone. The zones carry
    equally many within one where all groups have equally many instances, else within two.
    """
    groups = [("coord", settings.coordinator_instances)]
    groups += [
        (f"shard{index}", settings.instances_per_shard_cluster)
        for index in range(settings.shard_clusters)
    ]
    return tuple(
        Placement(
            name=name,
            instances=instances,
            zones=tuple(zones[(step - position) % len(zones)] for step in range(instances)),
        )
        for position, (name, instances) in enumerate(groups)
    )


def pods_by_zone(settings: CitusSettings, zones: Sequence[str]) -> dict[str, int]:
    """How many instances stand in each zone, which is how many nodes it needs: one a pod."""
    counts = dict.fromkeys(zones, 0)
    for group in placements(settings, zones):
        for zone in group.zones:
            counts[zone] += 1
    return counts


def pod_resources(machine: InstanceClass) -> ResourceTotals:
    """What one database pod may request on a machine of its own: whole GiB and tenths of a CPU.

    Raises ValueError when less than a gibibyte or one CPU is left.
    """
    room = room_of(machine)
    memory = room.memory_mib // 1024 * 1024
    cpu = room.cpu_millicores // 100 * 100
    if memory < 1024 or cpu < 1000:
        raise ValueError(f"{machine.name} is too small for a database: {cpu} m, {memory} MiB left")
    return ResourceTotals(cpu_millicores=cpu, memory_mib=memory)


def pooled_connections(pgbouncer: PgbouncerSettings) -> int:
    """Most connections that PgBouncer opens to one coordinator.

    Those for writes and, as the readers' Service includes the primary, perhaps all for reads.
    """
    return (NAMES_FOR_WRITES + NAMES_FOR_READS) * server_connections_per_name(pgbouncer)


def client_connections(pgbouncer: PgbouncerSettings) -> int:
    """Most connections that one coordinator gets from outside."""
    return pooled_connections(pgbouncer) + ADMINISTRATION_CONNECTIONS


def max_connections(pgbouncer: PgbouncerSettings, shard_clusters: int) -> int:
    """`max_connections` of each instance, rounded up to ten.

    The coordinator must let all clients in (`admitted_clients`). A shard's instance gets no more
    than the coordinator's shared pool, which has the same size.
    """
    parts = client_connections(pgbouncer) * (1 + shard_clusters) * 100
    return -(-parts // (CLIENT_SHARE_PERCENT * 10)) * 10


def admitted_clients(max_connections: int, shard_clusters: int) -> int:
    """Clients that StackGres lets in at a coordinator (`citus.max_client_connections`)."""
    return max_connections * CLIENT_SHARE_PERCENT // (100 * (1 + shard_clusters))
