"""The roles of the database, each with just the rights of its work; the master user has none of it.

`ros`, the master user, is for the bootstrap and for emergencies: no pod of an application knows it.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from rendering.database.parameters import AUDIT_ROLE

__all__ = [
    "AUDIT_ROLE",
    "ROLES",
    "WORKFLOW_DATABASES",
    "WORKFLOW_ROLE",
    "DatabaseRole",
    "RoleKey",
    "roles_of",
]


class RoleKey(StrEnum):
    """A role's part in resource names; the role itself is named after the project."""

    APPLICATION = "application"
    READ_ONLY = "readonly"
    MIGRATOR = "migrator"
    MONITOR = "monitor"
    WORKFLOWS = "workflows"


@dataclass(frozen=True, kw_only=True)
class DatabaseRole:
    """A login role: its name in PostgreSQL, and the variable that carries its SCRAM verifier."""

    key: RoleKey
    name: str
    purpose: str

    @property
    def variable(self) -> str:
        """Environment variable of the bootstrap, and key of its Secret."""
        return f"VERIFIER_{self.key.upper()}"


ROLES: dict[RoleKey, DatabaseRole] = {
    role.key: role
    for role in (
        DatabaseRole(
            key=RoleKey.APPLICATION,
            name="researchflow_app",
            purpose="reads and writes rows; owns nothing, so it can alter and drop nothing",
        ),
        DatabaseRole(
            key=RoleKey.READ_ONLY,
            name="researchflow_readonly",
            purpose="reads, from the replicas where there are any",
        ),
        DatabaseRole(
            key=RoleKey.MIGRATOR,
            name="researchflow_migrator",
            purpose="runs the migrations and owns the tables; no application pod knows it",
        ),
        DatabaseRole(
            key=RoleKey.MONITOR,
            name="researchflow_monitor",
            purpose="reads the server's statistics for the metrics, and no table",
        ),
    )
}
"""The names are for good: a new name would be a new role that owns nothing."""

WORKFLOW_ROLE = DatabaseRole(
    key=RoleKey.WORKFLOWS,
    name="researchflow_temporal",
    purpose="Temporal's own, which owns its two databases and enters no other",
)
"""Of RDS alone, and only where workflows are enabled."""

WORKFLOW_DATABASES = ("temporal", "temporal_visibility")
"""Histories, and what workflows can be searched by (Temporal's own names for the two)."""


def roles_of(*, workflows: bool) -> dict[RoleKey, DatabaseRole]:
    """The login roles of the system database."""
    return {**ROLES, WORKFLOW_ROLE.key: WORKFLOW_ROLE} if workflows else ROLES
