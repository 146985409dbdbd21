"""All checks in order, and the report of a configuration under a load."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any

from scaleplan.capacity.cache_memory import check_cache_memory
from scaleplan.capacity.connection_limits import check_connections
from scaleplan.capacity.database_io import check_database_io
from scaleplan.capacity.database_memory import check_database_memory
from scaleplan.capacity.database_storage import check_database_storage
from scaleplan.capacity.edge import check_edge
from scaleplan.capacity.failover import check_failover
from scaleplan.capacity.nodes import check_addresses, check_nodes
from scaleplan.capacity.queue import check_queue
from scaleplan.capacity.queue_memory import check_queue_memory
from scaleplan.capacity.requests import check_requests
from scaleplan.capacity.result import CapacityTerm, CheckName, CheckResult, Loss
from scaleplan.capacity.sockets import check_sockets
from scaleplan.capacity.users import check_users
from scaleplan.load import Load
from scaleplan.settings import Settings

Check = Callable[[Settings, Load, Loss | None], CheckResult]

CHECKS: dict[CheckName, Check] = {
    CheckName.USERS: check_users,
    CheckName.REQUESTS: check_requests,
    CheckName.SOCKETS: check_sockets,
    CheckName.QUEUE: check_queue,
    CheckName.QUEUE_MEMORY: check_queue_memory,
    CheckName.CACHE_MEMORY: check_cache_memory,
    CheckName.CONNECTIONS: check_connections,
    CheckName.DATABASE_MEMORY: check_database_memory,
    CheckName.DATABASE_STORAGE: check_database_storage,
    CheckName.DATABASE_IO: check_database_io,
    CheckName.NODES: check_nodes,
    CheckName.ADDRESSES: check_addresses,
    CheckName.EDGE: check_edge,
    CheckName.FAILOVER: check_failover,
}


@dataclass(frozen=True, kw_only=True)
class CapacityReport:
    """What every check says of one configuration, load and loss."""

    settings: Settings
    load: Load
    loss: Loss | None
    results: tuple[CheckResult, ...]

    @property
    def passes(self) -> bool:
        """Whether every check passes."""
        return not self.failures

    @property
    def failures(self) -> tuple[CheckResult, ...]:
        """The checks that fail, in order."""
        return tuple(result for result in self.results if not result.passes)

    @property
    def fault(self) -> tuple[CheckResult, CapacityTerm] | None:
        """The first term at fault, with its check."""
        for result in self.failures:
            if result.fault is not None:
                return result, result.fault
        return None

    @property
    def tightest(self) -> tuple[CheckResult, CapacityTerm] | None:
        """The term with the least headroom of all, with its check: the bottleneck."""
        terms = [(result, result.tightest) for result in self.results]
        limited = [(result, term) for result, term in terms if term is not None]
        return min(limited, key=lambda pair: pair[1].headroom or 0.0, default=None)

    def unaccepted(self, accepted: Collection[CheckName]) -> tuple[CheckResult, ...]:
        """The failing checks that nobody has accepted by name."""
        return tuple(result for result in self.failures if result.name not in accepted)

    def result(self, name: CheckName) -> CheckResult:
        """What that check says."""
        return next(result for result in self.results if result.name is name)

    def to_json(self) -> dict[str, Any]:
        """Load, loss, verdict and every term."""
        load = self.load
        return {
            "stack": self.settings.stack,
            "size": str(self.settings.size),
            "load": {
                "name": load.name,
                "concurrentUsers": load.concurrent_users,
                "requestsPerSecond": load.requests_per_second,
                "dataVolumeGb": load.data_volume_gb,
                "finalDataVolumeGb": load.final_data_volume_gb,
                "workerJobsPerHour": load.worker_jobs_per_hour,
            },
            "lost": None if self.loss is None else str(self.loss),
            "passes": self.passes,
            "checks": [result.to_json() for result in self.results],
        }


def capacity_report(settings: Settings, load: Load, loss: Loss | None = None) -> CapacityReport:
    """Run every check. Pure: the same for the same three."""
    return CapacityReport(
        settings=settings,
        load=load,
        loss=loss,
        results=tuple(check(settings, load, loss) for check in CHECKS.values()),
    )
