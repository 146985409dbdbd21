"""What holds data: RDS, both Redis, the broker, and the backups of Citus."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from scaleplan.catalog import load_catalog
from scaleplan.cost.bill import Bounds, Item
from scaleplan.cost.usage import BYTES_PER_GB, exact
from scaleplan.load import Load
from scaleplan.recovery.times import QUEUE_SNAPSHOT_DAYS
from scaleplan.settings import Settings
from scaleplan.sizes import QueueEngine

FREE_SHARE_BEFORE_GROWTH = Decimal("0.9")
"""RDS enlarges a volume of which less than a tenth is free (RDS user guide, "Managing capacity
automatically with Amazon RDS storage autoscaling")."""

BROKERS = 3
"""Of a RabbitMQ cluster, one a zone."""

BROKER_VOLUME_GB = Decimal(15)
"""Storage of an mq.m7g.large broker in a cluster (Amazon MQ, "RabbitMQ instance types")."""


def database_items(settings: Settings, load: Load) -> Iterator[Item]:
    """RDS: its instances, their storage, backups and monitoring."""
    database = settings.database
    # A recovery site's volumes are as large as those that its data came from.
    inherited = bool(settings.disaster_recovery.site_of)
    kind = "rds-multi-az" if database.multi_az else "rds"
    standby = "with its standby" if database.multi_az else "without a standby"
    yield Item(
        layer="database",
        resource="primary",
        key=f"{kind}:{database.instance_class}",
        quantity=Bounds.of(1),
        basis=f"the primary {standby}",
        service="rds",
    )
    storage = database_storage_gib(settings, load)
    yield Item(
        layer="database",
        resource="primary's storage",
        key="rds-storage-multi-az:gp3" if database.multi_az else "rds-storage:gp3",
        quantity=storage,
        basis="as allocated; grown to the data; at the ceiling of its autoscaling",
        usage=inherited,
    )
    if database.read_replicas:
        yield Item(
            layer="database",
            resource="read replicas",
            key=f"rds:{database.instance_class}",
            quantity=Bounds.of(database.read_replicas),
            basis=f"{database.read_replicas} read replicas, one zone each",
            service="rds",
        )
        yield Item(
            layer="database",
            resource="read replicas' storage",
            key="rds-storage:gp3",
            quantity=storage.map(lambda gib: gib * database.read_replicas),
            basis="each as large as the primary's",
            usage=inherited,
        )
    yield Item(
        layer="database",
        resource="backups",
        key="rds-backup:storage",
        quantity=Bounds.of(_backups_beyond_free(settings, load)),
        basis=f"{database.backup_retention_days} days, {changing_daily(load)}; as much as is"
        " allocated is free",
        usage=True,
    )
    instances, monitored = 1 + database.read_replicas, load.assumptions.monitoring_gb_per_instance
    yield Item(
        layer="database",
        resource="enhanced monitoring",
        key="logs:ingested",
        quantity=Bounds.of(instances * exact(monitored)),
        basis=f"ours: {monitored:g} GB for each of {instances} instances",
        usage=True,
    )


def database_storage_gib(settings: Settings, load: Load) -> Bounds:
    """Storage of one instance: allocated; what the load's data makes of it; the ceiling.

    Where Citus serves, tenants' data is not here, and nothing grows.
    """
    database = settings.database
    needed = 0
    if not settings.sharding.serving:
        gib = data_gb(load) * exact(load.assumptions.storage_factor)
        needed = int((gib / FREE_SHARE_BEFORE_GROWTH).to_integral_value(rounding="ROUND_CEILING"))
    return Bounds.between(database.allocated_storage_gib, needed, database.max_storage_gib)


def data_gb(load: Load) -> Decimal:
    """The load's data volume, GB of 2^30 bytes."""
    return exact(load.data_volume_gb) * 10**9 / BYTES_PER_GB


def _backups_beyond_free(settings: Settings, load: Load) -> Decimal:
    database = settings.database
    data = Decimal(0) if settings.sharding.serving else data_gb(load)
    backed_up = with_daily_changes(data, database.backup_retention_days, load)
    return max(Decimal(0), backed_up - database.allocated_storage_gib)


def with_daily_changes(data: Decimal, days: int, load: Load) -> Decimal:
    """Data, and what changed of it in so many days."""
    return data * (1 + exact(load.assumptions.daily_change_share) * days)


def changing_daily(load: Load) -> str:
    """The assumption in words."""
    return f"{100 * load.assumptions.daily_change_share:g} % of the data changing a day"


def citus_backup_items(settings: Settings, load: Load) -> Iterator[Item]:
    """Backups of Citus, where it is."""
    if not settings.sharding.present:
        return
    days = settings.citus.backup_retention_days
    yield Item(
        layer="citus",
        resource="backups in S3",
        key="s3:storage",
        quantity=Bounds.of(data_gb(load) * days),
        basis=f"{days} daily copies of all data, uncompressed",
        usage=True,
    )


def cache_items(settings: Settings) -> Iterator[Item]:
    """Nodes of the cache's Redis."""
    cache = settings.cache
    nodes = cache.shards * (1 + cache.replicas_per_shard)
    yield Item(
        layer="cache",
        resource="nodes",
        key=f"elasticache:{cache.node_class}",
        quantity=Bounds.of(nodes),
        basis=f"{cache.shards} shards of 1 primary and {cache.replicas_per_shard} copies",
        service="elasticache",
    )


def queue_items(settings: Settings, load: Load) -> Iterator[Item]:
    """The queue's Redis, and the broker where one carries the jobs."""
    queue = settings.queue
    yield Item(
        layer="queue",
        resource="nodes",
        key=f"elasticache:{queue.node_class}",
        quantity=Bounds.of(queue.nodes),
        basis=f"1 primary and {queue.nodes - 1} copies",
        service="elasticache",
    )
    share = load.assumptions.queue_snapshot_share
    snapshot = exact(load_catalog().instance_class(queue.node_class).memory_gib) * exact(share)
    yield Item(
        layer="queue",
        resource="snapshots",
        key="elasticache-backup:storage",
        quantity=Bounds.of(snapshot * (QUEUE_SNAPSHOT_DAYS - 1)),
        basis=f"{QUEUE_SNAPSHOT_DAYS} days, the first free, {100 * share:g} % of the memory in use",
        usage=True,
    )
    if queue.engine is QueueEngine.RABBITMQ:
        yield from _broker(settings)


def _broker(settings: Settings) -> Iterator[Item]:
    yield Item(
        layer="queue",
        resource="brokers",
        key=f"mq:{settings.queue.broker_class}",
        quantity=Bounds.of(BROKERS),
        basis="a RabbitMQ cluster, one broker a zone",
    )
    yield Item(
        layer="queue",
        resource="brokers' storage",
        key="mq-storage:ebs",
        quantity=Bounds.of(BROKERS * BROKER_VOLUME_GB),
        basis=f"{BROKER_VOLUME_GB} GB a broker",
        usage=True,
    )
