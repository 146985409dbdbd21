"""What of a stack is watched: the names and sizes that its rules speak of."""

from __future__ import annotations

from dataclasses import dataclass

from rendering.database.replicas import read_replicas
from rendering.queue.keys import JobState, QueueKey, pause_mark, queue_keys
from rendering.shared.endpoints import NAMESPACE as APPLICATION_NAMESPACE
from scaleplan.applications.workload_settings import WorkerScaler
from scaleplan.applications.workloads import SERVED, WORKER, application
from scaleplan.catalog import load_catalog
from scaleplan.model import Plan
from scaleplan.settings import Settings
from scaleplan.sizes import QueueClient, QueueEngine

__all__ = ["APPLICATION_NAMESPACE", "COORDINATOR", "WORKLOADS", "Subject"]

COORDINATOR = "citus-coordinator"
"""`instance` of the exporter on Citus' coordinator."""

WORKLOADS = (*SERVED, WORKER, "pgbouncer")
"""Containers of the application namespace, each named after its Deployment."""

_GIB = 1024**3


@dataclass(frozen=True)
class Subject:
    """One stack, as rules, dashboards and exporters see it."""

    plan: Plan
    settings: Settings

    @property
    def primary(self) -> str:
        """RDS identifier of the primary; `instance` in its metrics."""
        return f"{self.settings.prefix}-database"

    @property
    def replicas(self) -> tuple[str, ...]:
        """RDS identifiers of the read replicas."""
        copies = read_replicas(
            self.primary,
            self.settings.availability_zones,
            self.settings.database.read_replicas,
        )
        return tuple(replica.identifier for replica in copies)

    @property
    def has_coordinator(self) -> bool:
        """Whether Citus stands, so that its coordinator is watched too."""
        return self.settings.sharding.present

    @property
    def database_memory_bytes(self) -> int:
        """Memory of one RDS instance, from the catalogue."""
        gib = load_catalog().instance_class(self.settings.database.instance_class).memory_gib
        return int(gib * _GIB)

    @property
    def storage_bytes(self) -> int:
        """Storage of one RDS instance at the start, before RDS enlarges it."""
        return self.settings.database.allocated_storage_gib * _GIB

    @property
    def burstable(self) -> bool:
        """Whether RDS runs on CPU credits."""
        return self.settings.database.instance_class.startswith(("db.t3.", "db.t4g."))

    @property
    def pool_connections(self) -> int:
        """Server connections that one PgBouncer may open for one database and user."""
        pool = self.settings.pgbouncer
        return pool.default_pool_size + pool.reserve_pool_size

    @property
    def uses_rabbitmq(self) -> bool:
        """Whether RabbitMQ carries the jobs."""
        return self.settings.queue.engine is QueueEngine.RABBITMQ

    @property
    def uses_keda(self) -> bool:
        """Whether KEDA sets the number of workers."""
        return self.settings.scaling.worker is WorkerScaler.KEDA

    def job_keys(self, queue: str, state: JobState) -> tuple[QueueKey, ...]:
        """Redis keys whose lengths add up to the queue's jobs in this state."""
        keys = queue_keys((queue,), self.settings.queue)
        return tuple(key for key in keys if key.state is state)

    def pauses_in_place(self, client: QueueClient) -> bool:
        """Whether a paused queue's jobs stay in the keys where they waited."""
        return pause_mark(client, self.plan.queue.names[0], self.settings.queue) is not None

    def autoscaled(self) -> list[str]:
        """Names of the applications whose number an autoscaler sets."""
        names = (*SERVED, WORKER)
        return [name for name in names if application(name).autoscaled(self.settings)]
