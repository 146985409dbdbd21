"""How long a statement of each role may run, and what ends it when nobody waits for it any more.

PgBouncer's `query_timeout` is no abort: it closes both connections, and the server, which hears of
neither until it has an answer to send, goes on and commits. The statement's connection is in no
count of PgBouncer's meanwhile, and another is opened in its place. So the server itself ends
statements: by the role's own `statement_timeout`, which comes first, rolls the statement back and
keeps the connection; and by `client_connection_check_interval`, where the client is gone before
(PostgreSQL 16, "Client Connection Defaults", "Connection Settings"; both may be set for a role by
whoever may alter it, on RDS as on Citus).
"""

from __future__ import annotations

from collections.abc import Mapping

from rendering.database.roles import RoleKey, roles_of
from rendering.workflows.temporal_values import SCHEMA_DEADLINE_SECONDS
from scaleplan.database.migrations import MigrationsSettings
from scaleplan.model import Plan

STATEMENT_MARGIN_SECONDS = 10
"""By which a pooled role's statement ends before PgBouncer would give it up: enough for an error to
pass a busy pooler, and little of the plan's 300 s."""

CLIENT_CHECK_MILLISECONDS = 1000
"""How often a server looks whether the client of a running statement is still there: one poll of a
socket, so each second costs nothing, and an abandoned statement holds its locks no longer."""


def statement_timeouts(plan: Plan, migrations: MigrationsSettings) -> dict[RoleKey, int]:
    """Seconds that a statement of each role may run.

    Pooled roles: the plan's `query_timeout` less a margin. The migrator: as long as its Job, since
    a large table's index takes its time. The monitor: one scrape, after which Prometheus has given
    up. Temporal: its schema Job, the longest it has. Raises ValueError when the plan's
    `query_timeout` leaves no time before it.
    """
    pooled = plan.pgbouncer.query_timeout_seconds - STATEMENT_MARGIN_SECONDS
    if pooled < 1:
        raise ValueError(
            f"pgbouncer.queryTimeoutSeconds is {plan.pgbouncer.query_timeout_seconds}: a statement"
            f" must end {STATEMENT_MARGIN_SECONDS} s before it, so give"
            f" {STATEMENT_MARGIN_SECONDS + 1} or more"
        )
    return {
        RoleKey.APPLICATION: pooled,
        RoleKey.READ_ONLY: pooled,
        RoleKey.MIGRATOR: migrations.timeout_minutes * 60,
        RoleKey.MONITOR: plan.observability.scrape_interval_seconds,
        RoleKey.WORKFLOWS: SCHEMA_DEADLINE_SECONDS,
    }


def role_timeouts(timeouts: Mapping[RoleKey, int], *, workflows: bool) -> str:
    """Plain SQL that sets them, in seconds, for the roles that a server has; later logins get them.

    Raises KeyError when a role has none.
    """
    lines = ["-- What a pooler gives up, the server must end: it would go on and commit."]
    for role in roles_of(workflows=workflows).values():
        lines += [
            f"ALTER ROLE {role.name} SET statement_timeout = '{timeouts[role.key]}s';",
            f"ALTER ROLE {role.name} SET client_connection_check_interval ="
            f" '{CLIENT_CHECK_MILLISECONDS}ms';",
        ]
    return "\n".join(lines) + "\n"
