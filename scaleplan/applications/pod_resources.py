"""What each container of the applications' namespace is promised and may take at most."""

from __future__ import annotations

from scaleplan.layers import PodResources
from scaleplan.sizes import WorkloadSettings
from scaleplan.workflows.workflows import TemporalRoleSettings

CPU_BURST_FACTOR = 2
"""CPU limit over request: start-up and garbage collection may take what the node has spare. Memory
has no such room, because a pod over its memory takes its neighbours down."""

POOLER_EXPORTER = PodResources(
    memory_request_mib=32, cpu_request_millicores=10, memory_limit_mib=64, cpu_limit_millicores=100
)
"""The metrics exporter beside PgBouncer."""

PSQL_JOB = PodResources(
    memory_request_mib=32, cpu_request_millicores=50, memory_limit_mib=64, cpu_limit_millicores=200
)
"""psql with a script: it only waits for the server."""

MIGRATION_JOB = PodResources(
    memory_request_mib=256,
    cpu_request_millicores=100,
    memory_limit_mib=512,
    cpu_limit_millicores=1000,
)
"""Node.js with the orchestrator's migrations: as small's pod, since the work is the database's."""

UNNAMED = PodResources(
    memory_request_mib=64, cpu_request_millicores=50, memory_limit_mib=256, cpu_limit_millicores=500
)
"""What the namespace gives a container that names nothing: someone's pod to look around with."""


def application_resources(settings: WorkloadSettings | TemporalRoleSettings) -> PodResources:
    """Of an application's container: the plan's RAM and CPU, and room to burst."""
    return PodResources(
        memory_request_mib=settings.memory_mib,
        cpu_request_millicores=settings.cpu_millicores,
        memory_limit_mib=settings.memory_mib,
        cpu_limit_millicores=settings.cpu_millicores * CPU_BURST_FACTOR,
    )


def pooler_resources(planned: PodResources, memory_needed_mib: int) -> PodResources:
    """Of PgBouncer's container: the plan's, with memory for every client that it admits."""
    limit = max(planned.memory_limit_mib, memory_needed_mib)
    return planned.model_copy(update={"memory_limit_mib": limit})
