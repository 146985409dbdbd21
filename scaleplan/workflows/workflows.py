"""What a size decides of Temporal: its server's roles, and the workers of its workflows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from pydantic import Field

from scaleplan.applications.workload_settings import WorkloadSettings
from scaleplan.config.section import Section, integer

STORES = 2
"""Databases that each pod of the server connects to: histories, and what can be searched."""

SCHEMA_CONNECTIONS = 2
"""The schema's Job: one database after the other, its old pod perhaps still stopping."""


class TemporalRoleSettings(Section):
    """One role of Temporal's server: its pods, and what each requests."""

    replicas: Annotated[int, integer(1, 30, "pods")]
    memory_mib: Annotated[int, integer(64, 65_536, "memory of a pod, MiB")]
    cpu_millicores: Annotated[int, integer(10, 14_000, "CPU of a pod, thousandths of a core")]


WEB_PAGES = TemporalRoleSettings(replicas=1, memory_mib=128, cpu_millicores=50)
"""Temporal's web pages, for a few people now and then."""


class WorkflowsSettings(Section):
    """Temporal: a server in four roles on the system database, and workers for its task queue."""

    enabled: Annotated[bool, Field(description="Temporal and its workers are there")]
    web: Annotated[
        bool,
        Field(
            description="Temporal's web pages run, for `kubectl port-forward` alone: who may do "
            "that has been authenticated by the cluster"
        ),
    ]
    retention_days: Annotated[int, integer(1, 365, "days that a closed workflow can be looked at")]
    connections_per_store: Annotated[
        int, integer(2, 200, "connections of one server pod to each of the two databases")
    ]
    frontend: Annotated[TemporalRoleSettings, Field(description="answers clients and workers")]
    history: Annotated[TemporalRoleSettings, Field(description="keeps the state of workflows")]
    matching: Annotated[TemporalRoleSettings, Field(description="hands tasks to workers")]
    system_worker: Annotated[
        TemporalRoleSettings, Field(description="runs Temporal's own workflows")
    ]
    worker: Annotated[WorkloadSettings, Field(description="workers of the task queue")]

    @property
    def roles(self) -> Mapping[str, TemporalRoleSettings]:
        """The server's roles, by Temporal's own names."""
        return {
            "frontend": self.frontend,
            "history": self.history,
            "matching": self.matching,
            "worker": self.system_worker,
        }

    def connections(self, surge: int) -> int:
        """Most connections to the system database, with `surge` more pods of each role."""
        if not self.enabled:
            return 0
        pods = sum(role.replicas + surge for role in self.roles.values())
        return pods * STORES * self.connections_per_store + SCHEMA_CONNECTIONS
