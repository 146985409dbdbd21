"""The RDS parameter group: the plan's PostgreSQL settings as far as RDS lets one set them.

RDS itself owns `wal_level`, `hot_standby`, `archive_mode` and pg_hba.conf: the plan's `wal_level`
is reached and exceeded by `rds.logical_replication`, `hot_standby` is always on in a replica, and
pg_hba.conf's part is done by security groups, forced TLS and SCRAM. Which parameter is static is
what `aws rds describe-engine-default-parameters` says (ApplyType); docs/database.md has the table.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from scaleplan.layers import ReplicationPlan

SLOW_STATEMENT_MILLISECONDS = 1000
"""Statements longer than this are logged: half of the plan's warning for the p99 latency (2 s)."""


PRELOADED_LIBRARIES = ("pg_stat_statements", "pgaudit")

AUDITED_STATEMENTS = ("ddl", "role", "write")
"""What pgaudit logs of every session: who changed structure, rights or data. Not `read`: behind the
pool all readers are the application's one role, so the log would tell nothing of who read, at a
line for each of the plan's 200 requests a second; the application's own audit_logs has its users.
Reads of single tables are audited by granting them to AUDIT_ROLE."""

AUDIT_ROLE = "rds_pgaudit"
"""The one name that RDS allows for pgaudit.role; what it is granted on an object is logged."""


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
        "shared_preload_libraries": ",".join(PRELOADED_LIBRARIES),
    }
    dynamic = {
        "log_lock_waits": "1",
        "log_min_duration_statement": str(SLOW_STATEMENT_MILLISECONDS),
        # A slow statement would be logged with its values, and those are patients' data.
        "log_parameter_max_length": "0",
        "log_parameter_max_length_on_error": "0",
        "pgaudit.log": ",".join(AUDITED_STATEMENTS),
        "pgaudit.log_catalog": "0",
        "pgaudit.log_parameter": "0",
        "pgaudit.log_statement_once": "1",
        "pgaudit.role": AUDIT_ROLE,
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
