"""The RDS parameter group: the plan's PostgreSQL settings as far as RDS lets one set them.

RDS itself owns `wal_level`, `hot_standby`, `archive_mode` and pg_hba.conf: the plan's `wal_level`
is reached and exceeded by `rds.logical_replication`, `hot_standby` is always on in a replica, and
pg_hba.conf's part is done by security groups, forced TLS and SCRAM.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from scaleplan.layers import ReplicationPlan

SLOW_STATEMENT_MILLISECONDS = 1000
"""Statements longer than this are logged: half of the plan's warning for the p99 latency (2 s)."""


@dataclass(frozen=True, kw_only=True)
class DatabaseParameter:
    """One parameter. A static one waits for a reboot: RDS refuses to apply it at once."""

    name: str
    value: str
    apply_method: Literal["immediate", "pending-reboot"]


def database_parameters(plan: ReplicationPlan) -> tuple[DatabaseParameter, ...]:
    """The parameters, sorted by name."""
    static = {
        "max_replication_slots": str(plan.max_replication_slots),
        "max_wal_senders": str(plan.max_wal_senders),
        # Sets wal_level to logical: the way to Citus, and to the next major version, copies by it.
        "rds.logical_replication": "1",
        "shared_preload_libraries": "pg_stat_statements",
    }
    dynamic = {
        "log_lock_waits": "1",
        "log_min_duration_statement": str(SLOW_STATEMENT_MILLISECONDS),
        "password_encryption": "scram-sha-256",
        "rds.accepted_password_auth_method": "scram",
        "rds.force_ssl": "1",
        "synchronous_commit": plan.synchronous_commit,
        "wal_keep_size": str(plan.wal_keep_size_mib),
    }
    parameters = [
        *(_parameter(name, value, "pending-reboot") for name, value in static.items()),
        *(_parameter(name, value, "immediate") for name, value in dynamic.items()),
    ]
    return tuple(sorted(parameters, key=lambda parameter: parameter.name))


def _parameter(
    name: str, value: str, apply_method: Literal["immediate", "pending-reboot"]
) -> DatabaseParameter:
    return DatabaseParameter(name=name, value=value, apply_method=apply_method)
