"""How long a statement of each role may run: pooled ones end before PgBouncer gives them up."""

from __future__ import annotations

import pytest

from rendering.database.role_timeouts import role_timeouts, statement_timeouts
from rendering.database.roles import RoleKey
from rendering.workflows.temporal_values import SCHEMA_DEADLINE_SECONDS
from scaleplan.database.migrations import MigrationsSettings
from scaleplan.model import load_plan

PLAN = load_plan()


@pytest.mark.parametrize("key", [RoleKey.APPLICATION, RoleKey.READ_ONLY])
def test_what_goes_through_the_pooler_ends_just_before_its_query_timeout(key: RoleKey):
    seconds = statement_timeouts(PLAN, MigrationsSettings())[key]
    given_up = PLAN.pgbouncer.query_timeout_seconds
    assert given_up * 0.9 <= seconds < given_up


def test_a_migration_has_its_jobs_time_and_temporal_its_schema_jobs():
    seconds = statement_timeouts(PLAN, MigrationsSettings(timeout_minutes=90))
    assert seconds[RoleKey.MIGRATOR] == 90 * 60
    assert seconds[RoleKey.WORKFLOWS] == SCHEMA_DEADLINE_SECONDS


def test_a_query_timeout_that_leaves_no_time_is_refused():
    pooler = PLAN.pgbouncer.model_copy(update={"query_timeout_seconds": 10})
    with pytest.raises(ValueError, match=r"queryTimeoutSeconds is 10: .* give 11 or more"):
        statement_timeouts(PLAN.model_copy(update={"pgbouncer": pooler}), MigrationsSettings())


@pytest.mark.parametrize("workflows", [True, False])
def test_no_role_is_forgotten_and_none_is_named_that_a_server_lacks(workflows: bool):
    sql = role_timeouts(dict.fromkeys(RoleKey, 60), workflows=workflows)
    assert sql.count("SET statement_timeout = '60s'") == (5 if workflows else 4)
    assert sql.count("SET client_connection_check_interval") == (5 if workflows else 4)
    assert ("researchflow_temporal" in sql) == workflows
