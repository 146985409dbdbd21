"""Whether the database's memory holds its connections and what is read again and again."""

from __future__ import annotations

from scaleplan.capacity.database_servers import BYTES_PER_GB, GIB, data_server
from scaleplan.capacity.result import CapacityTerm, CheckName, CheckResult, Loss, number
from scaleplan.database.connection_chain import MEMORY_LEFT_PERCENT
from scaleplan.load import Load
from scaleplan.model import load_plan
from scaleplan.settings import Settings


def check_database_memory(settings: Settings, load: Load, loss: Loss | None) -> CheckResult:
    """Server processes and the hot part of the data, below the plan's warning of memory.

    A rollout's second set of connections, which goes within minutes, stays below its critical.

    The hot part is to stay in memory, shared buffers and the kernel's cache together; else every
    read waits for the volume.
    """
    plan, assumed = load_plan(), load.assumptions
    server = data_server(settings, load, loss)
    processes = server.connections * assumed.connection_mib / 1024
    rolled = server.rollout_connections * assumed.connection_mib / 1024
    hot = load.data_volume_gb * BYTES_PER_GB / GIB * assumed.hot_share * server.data_share
    thresholds = plan.thresholds.memory_utilization
    usable = server.memory_gib * MEMORY_LEFT_PERCENT / 100
    terms = (
        CapacityTerm(
            name="memory of server processes",
            working=f"{server.connections} × {number(assumed.connection_mib)} MiB",
            value=processes,
            unit="GiB",
        ),
        CapacityTerm(
            name="hot part of the data",
            working=(
                f"{number(load.data_volume_gb)} GB × {number(assumed.hot_share)}"
                f" × {server.share_working}"
            ),
            value=hot,
            unit="GiB",
        ),
        CapacityTerm(
            name="memory of the database",
            working=f"{number(processes)} + {number(hot)}, on {server.name}",
            value=processes + hot,
            unit="GiB",
            limit=usable * thresholds.warning / 100,
            limit_working=_share(thresholds.warning, server.memory_gib),
        ),
        CapacityTerm(
            name="memory of the database in a rollout",
            working=(
                f"{server.rollout_connections} × {number(assumed.connection_mib)} MiB"
                f" + {number(hot)}, on {server.name}"
            ),
            value=rolled + hot,
            unit="GiB",
            limit=usable * thresholds.critical / 100,
            limit_working=_share(thresholds.critical, server.memory_gib),
        ),
    )
    assumptions = ("hotShare", "connectionMib")
    if settings.sharding.serving:
        assumptions += ("shardSkew",)
    return CheckResult(name=CheckName.DATABASE_MEMORY, terms=terms, assumptions=assumptions)


def _share(percent: float, memory_gib: float) -> str:
    return f"{percent} % of {MEMORY_LEFT_PERCENT} % of {number(memory_gib)} GiB"
