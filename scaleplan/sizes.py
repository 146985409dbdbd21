"""What a size decides: one frozen section a layer, with the limits a value must keep.

Each section is at once a row of a size in `plan.yaml` and the object of the same name in a stack
file, so that every leaf can be overridden there and is checked by the same rules.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Literal, get_args

from pydantic import Field, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from scaleplan.applications.workload_settings import WorkloadSettings
from scaleplan.catalog import ClassKind, load_catalog
from scaleplan.config.section import Allowed, Matching, OneOf, Section, integer, not_below
from scaleplan.versions.table import load_versions
from scaleplan.workflows.workflows import WorkflowsSettings


class Size(StrEnum):
    """The plan's three sizes ("Resource Estimates by Scale")."""

    SMALL = "small"
    MEDIUM = "medium"
    LARGE = "large"


def _class_names(kind: ClassKind) -> OneOf:
    return OneOf(lambda: load_catalog().class_names(kind))


ComputeClass = Annotated[str, _class_names("compute")]
DatabaseClass = Annotated[str, _class_names("database")]
CacheClass = Annotated[str, _class_names("cache")]


class NetworkSettings(Section):
    """NAT gateways: 1 saves money and is one zone's single point of failure, 3 is one a zone."""

    nat_gateways: Annotated[
        int, integer(1, 3, "gateways; a zone without one goes through another's")
    ]


class NodeGroupSettings(Section):
    """One managed node group: its class, the bounds of its size and its root disk."""

    instance_class: Annotated[ComputeClass, Field(description="EC2 class of the nodes")]
    min_nodes: Annotated[int, integer(1, 100, "fewest nodes")]
    max_nodes: Annotated[int, integer(1, 100, "most nodes; not below `minNodes`")]
    disk_gib: Annotated[int, integer(20, 1000, "root disk of a node, GiB")]

    @field_validator("max_nodes")
    @classmethod
    def _max_nodes_reaches_min(cls, value: int, info: ValidationInfo) -> int:
        return not_below(info, "min_nodes", value)


class NodesSettings(Section):
    """Where pods run: the `system` group, and Karpenter for applications when `karpenter` is on."""

    system: Annotated[NodeGroupSettings, Field(description="the managed group of controllers")]
    karpenter: Annotated[bool, Field(description="applications run on nodes Karpenter adds")]


class DatabaseSettings(Section):
    """RDS PostgreSQL: class, storage and its ceiling, copies and backups."""

    instance_class: Annotated[DatabaseClass, Field(description="RDS class of every instance")]
    allocated_storage_gib: Annotated[int, integer(20, 65_536, "storage at the start, GiB")]
    max_storage_gib: Annotated[
        int, integer(20, 65_536, "ceiling of growth, GiB; not below `allocatedStorageGib`")
    ]
    multi_az: Annotated[bool, Field(description="a standby in another zone")]
    read_replicas: Annotated[int, integer(0, 15, "read replicas")]
    backup_retention_days: Annotated[int, integer(1, 35, "days automatic backups are kept")]

    @field_validator("max_storage_gib")
    @classmethod
    def _ceiling_reaches_allocation(cls, value: int, info: ValidationInfo) -> int:
        return not_below(info, "allocated_storage_gib", value)


class PgbouncerSettings(Section):
    """Connection pooling: pods, and per pod the clients and the pools of server connections."""

    replicas: Annotated[int, integer(1, 20, "pods")]
    max_client_connections: Annotated[int, integer(1, 20_000, "clients one pod takes")]
    default_pool_size: Annotated[
        int, integer(1, 1_000, "server connections of one pod, per database and user")
    ]
    min_pool_size: Annotated[int, integer(0, 1_000, "server connections kept open")]
    reserve_pool_size: Annotated[int, integer(0, 1_000, "extra connections when clients wait")]


class CitusSettings(Section):
    """Citus, where `sharding.stage` asks for it: instances, each alone on a node, and its disks."""

    coordinator_instances: Annotated[int, integer(1, 3, "coordinators: one primary, its copies")]
    shard_clusters: Annotated[int, integer(1, 30, "groups that the shards are spread over")]
    instances_per_shard_cluster: Annotated[
        int, integer(1, 3, "instances of each group: one primary, its copies")
    ]
    instance_class: Annotated[ComputeClass, Field(description="EC2 class of the nodes")]
    volume_gib: Annotated[int, integer(20, 16_384, "volume of each instance, GiB; never shrinks")]
    backup_retention_days: Annotated[int, integer(1, 90, "days that daily backups are kept")]
    postgres_version: Annotated[
        str,
        Matching(r"\d+\.\d+", "a minor version of PostgreSQL in quotes, as 16.13"),
        Field(
            description="minor version of PostgreSQL, which the stack's StackGres and Citus are "
            "for; raised after the operator, by docs/sharding.md's order"
        ),
    ] = load_versions().pin("citus-postgresql").pinned


class CacheSettings(Section):
    """Cache Redis: cluster mode from one shard up; `replicas_per_shard` copies of each."""

    node_class: Annotated[CacheClass, Field(description="ElastiCache class of the nodes")]
    shards: Annotated[int, integer(1, 90, "shards")]
    replicas_per_shard: Annotated[int, integer(0, 5, "copies of each shard")]


class QueueEngine(StrEnum):
    """What carries the jobs. Sessions live in Redis with either."""

    REDIS = "redis"
    RABBITMQ = "rabbitmq"


class QueueClient(StrEnum):
    """The libraries that put jobs into Redis; none reads the jobs of another."""

    BULLMQ = "bullmq"
    BULL = "bull"
    RQ = "rq"


BrokerClass = Literal["mq.m7g.large", "mq.m7g.xlarge", "mq.m7g.2xlarge", "mq.m7g.4xlarge"]
"""Amazon MQ runs RabbitMQ 4 on m7g alone ("RabbitMQ 4"), and a cluster from large up; the service's
processor is none of the applications' business, so `architecture` does not touch it."""


class QueueSettings(Section):
    """Queue Redis: cluster mode disabled; from two `nodes` on, spread over zones with failover.

    `engine: rabbitmq` adds an Amazon MQ cluster for the jobs; Redis then keeps the sessions.
    """

    node_class: Annotated[CacheClass, Field(description="ElastiCache class of the nodes")]
    nodes: Annotated[int, integer(1, 6, "nodes: one primary, the rest its copies")]
    clients: Annotated[
        tuple[QueueClient, ...],
        Allowed("a list of one or more of bullmq, bull and rq, each once"),
        Field(description="libraries whose jobs scale the workers, on the keys that each writes"),
    ] = (QueueClient.BULLMQ,)
    bullmq_prefix: Annotated[
        str,
        Matching(
            r"([a-z][a-z0-9-]{0,31})?",
            "empty, or a lower-case word of letters, digits and hyphens, 32 characters at most",
        ),
        Field(
            description="beginning of BullMQ's keys; empty means bull, or bullmq where bull is a "
            "client too, whose jobs it could not read"
        ),
    ] = ""
    broker_class: Annotated[
        str,
        OneOf(lambda: get_args(BrokerClass)),
        Field(description="Amazon MQ class of the three brokers, where the engine is rabbitmq"),
    ] = "mq.m7g.large"
    # Last, because it is judged by the others.
    engine: Annotated[
        QueueEngine,
        Field(
            description="what carries jobs; rabbitmq needs 2 nodes and karpenter, and applications "
            "that speak AMQP, which Bull, BullMQ and RQ do not"
        ),
    ] = QueueEngine.REDIS

    @field_validator("clients")
    @classmethod
    def _clients_are_named_once(cls, clients: tuple[QueueClient, ...]) -> tuple[QueueClient, ...]:
        if not clients or len(set(clients)) != len(clients):
            raise PydanticCustomError("clients", "are none, or one twice")
        return clients

    @field_validator("bullmq_prefix")
    @classmethod
    def _prefix_keeps_clients_apart(cls, prefix: str, info: ValidationInfo) -> str:
        clients = info.data.get("clients", ())
        taken = {QueueClient.BULL: "bull", QueueClient.RQ: "rq"}
        if prefix == "session" or prefix in (taken[c] for c in clients if c in taken):
            allowed = "another prefix: that one's keys are those of another client or of sessions"
            raise PydanticCustomError("prefix", "is taken", {"allowed": allowed})
        return prefix

    @field_validator("engine")
    @classmethod
    def _rabbitmq_needs_a_standby(cls, engine: QueueEngine, info: ValidationInfo) -> QueueEngine:
        if engine is QueueEngine.RABBITMQ and info.data.get("nodes") == 1:
            allowed = "redis where queue.nodes is 1: brokers in three zones beside a single Redis"
            raise PydanticCustomError("engine", "is too large", {"allowed": allowed})
        return engine


class PriceClass(StrEnum):
    """CloudFront's price classes: which edge locations serve the distribution."""

    PRICE_CLASS_100 = "PriceClass_100"
    PRICE_CLASS_200 = "PriceClass_200"
    PRICE_CLASS_ALL = "PriceClass_All"


class WafMode(StrEnum):
    """What the firewall does with a request that one of its rules matches."""

    BLOCK = "block"
    COUNT = "count"


class EdgeSettings(Section):
    """CloudFront: the firewall before it, which locations serve, what is logged and how long."""

    waf: Annotated[bool, Field(description="the web application firewall stands before it")]
    price_class: Annotated[PriceClass, Field(description="which edge locations serve")]
    waf_mode: Annotated[
        WafMode,
        Field(description="block what a rule of the firewall matches, or only count it to try it"),
    ] = WafMode.BLOCK
    waf_logs: Annotated[
        bool,
        Field(description="log what the firewall blocks or counts, redacted, in us-east-1"),
    ] = True
    origin_shield: Annotated[
        bool,
        Field(
            description="one cache before both origins, for viewers all over the world; each "
            "request that is not cached costs once more"
        ),
    ] = False
    log_retention_days: Annotated[
        int, integer(1, 3653, "days that the logs of distribution and firewall are kept")
    ] = 90


class ObservabilitySettings(Section):
    """Prometheus and Alertmanager: copies, and what one Prometheus keeps and may use."""

    prometheus_replicas: Annotated[int, integer(1, 2, "Prometheus servers; each scrapes all")]
    alertmanager_replicas: Annotated[int, integer(1, 3, "Alertmanagers; they agree on who sends")]
    retention_days: Annotated[int, integer(3, 400, "days that metrics are kept")]
    volume_gib: Annotated[int, integer(10, 4_000, "disk of one Prometheus, GiB; never shrinks")]
    memory_mib: Annotated[int, integer(512, 65_536, "memory of one Prometheus, MiB")]
    cpu_millicores: Annotated[
        int, integer(100, 16_000, "CPU of one Prometheus, thousandths of a core")
    ]


class SizeProfile(Section):
    """All that a size decides; one row of `sizes` in `plan.yaml`."""

    network: NetworkSettings
    nodes: NodesSettings
    orchestrator: WorkloadSettings
    worker: WorkloadSettings
    collaboration: WorkloadSettings
    web: WorkloadSettings
    database: DatabaseSettings
    pgbouncer: PgbouncerSettings
    citus: CitusSettings
    cache: CacheSettings
    queue: QueueSettings
    edge: EdgeSettings
    observability: ObservabilitySettings
    workflows: WorkflowsSettings
