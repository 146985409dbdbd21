"""What a size decides: one frozen section a layer, with the limits a value must keep.

Each section is at once a row of a size in `plan.yaml` and the object of the same name in a stack
file, so that every leaf can be overridden there and is checked by the same rules.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator
from pydantic.alias_generators import to_camel
from pydantic_core import PydanticCustomError

from scaleplan.catalog import ClassKind, load_catalog
from scaleplan.rules import OneOf


class Size(StrEnum):
    """The plan's three sizes ("Resource Estimates by Scale")."""

    SMALL = "small"
    MEDIUM = "medium"
    LARGE = "large"


class Section(BaseModel):
    """Base of every section: frozen, no unknown keys, camelCase outside and snake_case inside."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        strict=True,
        alias_generator=to_camel,
        validate_by_name=True,
        validate_by_alias=True,
    )


def _class_names(kind: ClassKind) -> OneOf:
    return OneOf(lambda: load_catalog().class_names(kind))


ComputeClass = Annotated[str, _class_names("compute")]
DatabaseClass = Annotated[str, _class_names("database")]
CacheClass = Annotated[str, _class_names("cache")]


def _not_below(info: ValidationInfo, lower: str, value: int) -> int:
    """Refuse an upper bound below its lower one; silent when the lower one is itself wrong."""
    floor = info.data.get(lower)
    if floor is not None and value < floor:
        allowed = f"{floor} or more, which is {to_camel(lower)}"
        raise PydanticCustomError("range", "is below its lower bound", {"allowed": allowed})
    return value


def _integer(lowest: int, highest: int, description: str) -> Any:
    return Field(ge=lowest, le=highest, description=description)


class NetworkSettings(Section):
    """NAT gateways: 1 saves money and is one zone's single point of failure, 3 is one a zone."""

    nat_gateways: Annotated[
        int, _integer(1, 3, "gateways; a zone without one goes through another's")
    ]


class NodeGroupSettings(Section):
    """One managed node group: its class, the bounds of its size and its root disk."""

    instance_class: Annotated[ComputeClass, Field(description="EC2 class of the nodes")]
    min_nodes: Annotated[int, _integer(1, 100, "fewest nodes")]
    max_nodes: Annotated[int, _integer(1, 100, "most nodes; not below `minNodes`")]
    disk_gib: Annotated[int, _integer(20, 1000, "root disk of a node, GiB")]

    @field_validator("max_nodes")
    @classmethod
    def _max_nodes_reaches_min(cls, value: int, info: ValidationInfo) -> int:
        return _not_below(info, "min_nodes", value)


class NodesSettings(Section):
    """Where pods run: the `system` group, and Karpenter for applications when `karpenter` is on."""

    system: Annotated[NodeGroupSettings, Field(description="the managed group of controllers")]
    karpenter: Annotated[bool, Field(description="applications run on nodes Karpenter adds")]


class WorkloadSettings(Section):
    """One application: replica range, and what a pod requests (the plan's RAM and CPU)."""

    min_replicas: Annotated[int, _integer(1, 200, "fewest pods")]
    max_replicas: Annotated[int, _integer(1, 200, "most pods; not below `minReplicas`")]
    memory_mib: Annotated[int, _integer(32, 262_144, "memory of a pod, MiB")]
    cpu_millicores: Annotated[int, _integer(10, 14_000, "CPU of a pod, thousandths of a core")]

    @field_validator("max_replicas")
    @classmethod
    def _max_replicas_reaches_min(cls, value: int, info: ValidationInfo) -> int:
        return _not_below(info, "min_replicas", value)


class DatabaseSettings(Section):
    """RDS PostgreSQL: class, storage and its ceiling, copies and backups."""

    instance_class: Annotated[DatabaseClass, Field(description="RDS class of every instance")]
    allocated_storage_gib: Annotated[int, _integer(20, 65_536, "storage at the start, GiB")]
    max_storage_gib: Annotated[
        int, _integer(20, 65_536, "ceiling of growth, GiB; not below `allocatedStorageGib`")
    ]
    multi_az: Annotated[bool, Field(description="a standby in another zone")]
    read_replicas: Annotated[int, _integer(0, 15, "read replicas")]
    backup_retention_days: Annotated[int, _integer(1, 35, "days automatic backups are kept")]

    @field_validator("max_storage_gib")
    @classmethod
    def _ceiling_reaches_allocation(cls, value: int, info: ValidationInfo) -> int:
        return _not_below(info, "allocated_storage_gib", value)


class PgbouncerSettings(Section):
    """Connection pooling: pods, and per pod the clients and the pools of server connections."""

    replicas: Annotated[int, _integer(1, 20, "pods")]
    max_client_connections: Annotated[int, _integer(1, 20_000, "clients one pod takes")]
    default_pool_size: Annotated[
        int, _integer(1, 1_000, "server connections of one pod, per database and user")
    ]
    min_pool_size: Annotated[int, _integer(0, 1_000, "server connections kept open")]
    reserve_pool_size: Annotated[int, _integer(0, 1_000, "extra connections when clients wait")]


class CitusSettings(Section):
    """Citus, where `sharding.stage` asks for it: instances, each alone on a node, and its disks."""

    coordinator_instances: Annotated[int, _integer(1, 3, "coordinators: one primary, its copies")]
    shard_clusters: Annotated[int, _integer(1, 30, "groups that the shards are spread over")]
    instances_per_shard_cluster: Annotated[
        int, _integer(1, 3, "instances of each group: one primary, its copies")
    ]
    instance_class: Annotated[ComputeClass, Field(description="EC2 class of the nodes")]
    volume_gib: Annotated[int, _integer(20, 16_384, "volume of each instance, GiB; never shrinks")]
    backup_retention_days: Annotated[int, _integer(1, 90, "days that daily backups are kept")]


class CacheSettings(Section):
    """Cache Redis: cluster mode from one shard up; `replicas_per_shard` copies of each."""

    node_class: Annotated[CacheClass, Field(description="ElastiCache class of the nodes")]
    shards: Annotated[int, _integer(1, 90, "shards")]
    replicas_per_shard: Annotated[int, _integer(0, 5, "copies of each shard")]


class QueueSettings(Section):
    """Queue Redis: cluster mode disabled; from two `nodes` on, spread over zones with failover."""

    node_class: Annotated[CacheClass, Field(description="ElastiCache class of the nodes")]
    nodes: Annotated[int, _integer(1, 6, "nodes: one primary, the rest its copies")]


class PriceClass(StrEnum):
    """CloudFront's price classes: which edge locations serve the distribution."""

    PRICE_CLASS_100 = "PriceClass_100"
    PRICE_CLASS_200 = "PriceClass_200"
    PRICE_CLASS_ALL = "PriceClass_All"


class EdgeSettings(Section):
    """CloudFront: whether the web application firewall stands before it, and its price class."""

    waf: Annotated[bool, Field(description="the web application firewall stands before it")]
    price_class: Annotated[PriceClass, Field(description="which edge locations serve")]


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
