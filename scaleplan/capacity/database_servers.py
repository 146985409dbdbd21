"""The servers that hold tenants' data: RDS, or the shards of Citus where it serves."""

from __future__ import annotations

from dataclasses import dataclass

from scaleplan.capacity.result import Loss
from scaleplan.capacity.survivors import left_of_replicas
from scaleplan.catalog import EbsLink, load_catalog
from scaleplan.citus import data_nodes
from scaleplan.database.connection_chain import connection_chain
from scaleplan.database.server_pools import TWICE_IN_A_ROLLOUT
from scaleplan.load import Load
from scaleplan.model import load_plan
from scaleplan.settings import Settings

RDS_STRIPED_FROM_GIB = 400
"""From here on RDS stripes a gp3 volume (RDS user guide, "Amazon RDS DB instance storage")."""

BYTES_PER_GB = 10**9
GIB = 2**30


@dataclass(frozen=True, kw_only=True)
class Volume:
    """What a gp3 volume gives: operations a second, and MiB a second."""

    iops: int
    mib_per_second: int


PLAIN_VOLUME = Volume(iops=3000, mib_per_second=125)
STRIPED_VOLUME = Volume(iops=12_000, mib_per_second=500)
"""gp3's baseline on RDS below 400 GiB, and from there on (the same page)."""

CITUS_VOLUME = Volume(iops=data_nodes.VOLUME_IOPS, mib_per_second=data_nodes.VOLUME_MIB_PER_SECOND)


@dataclass(frozen=True, kw_only=True)
class DataServer:
    """The fullest server of tenants' data.

    `connections` are open when all pools are full, `rollout_connections` while poolers and Temporal
    are rolled besides. `data_share` is its part of all data and of the work on it; `storage_gib`
    what it can grow to; `readers` the copies that take reads off it, 0 where it reads itself.
    """

    name: str
    instance_class: str
    memory_gib: float
    connections: int
    rollout_connections: int
    data_share: float
    share_working: str
    storage_gib: float
    storage_working: str
    volume: Volume
    readers: int

    @property
    def link(self) -> EbsLink:
        """The machine's link to its volume."""
        return load_catalog().ebs_link(self.instance_class)


def data_server(settings: Settings, load: Load, loss: Loss | None) -> DataServer:
    """The fullest of the servers that hold tenants' data at the stack's sharding stage."""
    return citus_shard(settings, load) if settings.sharding.serving else rds(settings, loss)


def rds(settings: Settings, loss: Loss | None) -> DataServer:
    """RDS's primary, with its replicas."""
    database = settings.database
    chain = connection_chain(settings, load_plan().pools, serving=settings.sharding.serving)
    striped = database.allocated_storage_gib >= RDS_STRIPED_FROM_GIB
    return DataServer(
        name=f"RDS {database.instance_class}",
        instance_class=database.instance_class,
        memory_gib=load_catalog().instance_class(database.instance_class).memory_gib,
        connections=chain.steady_connections,
        rollout_connections=max(
            chain.connections_to_primary + chain.workflow_connections, chain.connections_to_replica
        ),
        data_share=1.0,
        share_working="all",
        storage_gib=database.max_storage_gib,
        storage_working="database.maxStorageGib",
        volume=STRIPED_VOLUME if striped else PLAIN_VOLUME,
        readers=left_of_replicas(database.read_replicas, loss),
    )


def citus_shard(settings: Settings, load: Load) -> DataServer:
    """The fullest shard's primary. Copies stand by; they take no reads off it."""
    citus, skew = settings.citus, load.assumptions.shard_skew
    machine = load_catalog().instance_class(citus.instance_class)
    return DataServer(
        name=f"fullest of {citus.shard_clusters} shards on {citus.instance_class}",
        instance_class=citus.instance_class,
        memory_gib=data_nodes.pod_resources(machine).memory_mib / 1024,
        connections=data_nodes.pooled_connections(settings.pgbouncer) // TWICE_IN_A_ROLLOUT,
        rollout_connections=data_nodes.pooled_connections(settings.pgbouncer),
        data_share=min(1.0, skew / citus.shard_clusters),
        share_working=f"{skew:g} / {citus.shard_clusters} shards",
        storage_gib=citus.volume_gib,
        storage_working="citus.volumeGib, which doesn't grow by itself",
        volume=CITUS_VOLUME,
        readers=0,
    )
