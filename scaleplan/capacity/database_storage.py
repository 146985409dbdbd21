"""Whether the database's volumes hold the data, now and at the projections' end."""

from __future__ import annotations

from scaleplan.capacity.database_servers import (
    BYTES_PER_GB,
    GIB,
    DataServer,
    citus_shard,
    rds,
)
from scaleplan.capacity.result import CapacityTerm, CheckName, CheckResult, Loss, number
from scaleplan.load import Load, load_at
from scaleplan.model import load_plan
from scaleplan.settings import Settings

FULL_PERCENT = 90
"""Of a volume, what is used at most: below 10 % free, RDS asks for more storage (RDS user guide,
"Managing capacity automatically with Amazon RDS storage autoscaling")."""


def check_database_storage(settings: Settings, load: Load, loss: Loss | None) -> CheckResult:
    """Data with its indexes and WAL. RDS grows by itself, up to a ceiling that must do for all of
    the projections; a volume of Citus is enlarged with the size, whose projections it must hold.

    While Citus is being filled beside RDS, both must hold all of it.
    """
    terms: list[CapacityTerm] = []
    if not settings.sharding.serving:
        terms += _of(
            rds(settings, loss), load, "storage at the projections' end", load.final_data_volume_gb
        )
    if settings.sharding.present:
        own = load_at(settings.load, load_plan(), settings.size).data_volume_gb
        end = max(own, load.data_volume_gb)
        name = "storage at the end of the size's projections"
        terms += _of(citus_shard(settings, load), load, name, end)
    sharded = ("shardSkew",) if settings.sharding.present else ()
    return CheckResult(
        name=CheckName.DATABASE_STORAGE,
        terms=tuple(terms),
        assumptions=("storageFactor", *sharded),
    )


def _of(server: DataServer, load: Load, end_name: str, end_data_gb: float) -> list[CapacityTerm]:
    limit = server.storage_gib * FULL_PERCENT / 100
    stages = (
        ("storage under the load", load.data_volume_gb),
        (end_name, end_data_gb),
    )
    return [
        CapacityTerm(
            name=f"{name}, {server.name}",
            working=(
                f"{number(data)} GB × {number(load.assumptions.storage_factor)}"
                f" × {server.share_working}"
            ),
            value=data * BYTES_PER_GB / GIB * load.assumptions.storage_factor * server.data_share,
            unit="GiB",
            limit=limit,
            limit_working=f"{FULL_PERCENT} % of {number(server.storage_gib)} GiB,"
            f" {server.storage_working}",
        )
        for name, data in stages
    ]
