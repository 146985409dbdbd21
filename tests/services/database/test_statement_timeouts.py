"""A statement that a pooler gives up, on real servers: it ends, and writes nothing afterwards."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, LiteralString

import psycopg
import pytest
from psycopg import errors

from rendering.database.role_timeouts import STATEMENT_MARGIN_SECONDS, statement_timeouts
from rendering.database.roles import ROLES, RoleKey, roles_of
from rf.shared.servers.pooler import PgbouncerServer
from rf.shared.servers.postgres import DATABASE, DatabaseServers
from rf.shared.servers.processes import wait_until
from rf.shared.servers.programs import Programs
from scaleplan.database.migrations import MigrationsSettings
from scaleplan.model import load_plan
from tests.services.database.bootstrapped import Bootstrapped, fresh_database
from tests.services.database.ini_export import with_number
from tests.services.shared.starting import StartPgbouncer

pytestmark = pytest.mark.services

PLAN = load_plan()
WRITES = PLAN.pgbouncer.database_alias
APPLICATION, MIGRATOR = (ROLES[key].name for key in (RoleKey.APPLICATION, RoleKey.MIGRATOR))

LATE_WRITE = "insert into jobs select 1 from pg_sleep(120)"

NEVER_FIRST = dict.fromkeys(RoleKey, 3600)
"""Seconds of time-outs that PgBouncer's comes before, as it does for a batch of statements, each
below its role's."""


@pytest.fixture
def fresh(programs: Programs, databases: DatabaseServers) -> Iterator[Bootstrapped]:
    with fresh_database(programs, databases) as database:
        yield database


class Pooled:
    """The application's role behind a PgBouncer that opens one server connection for it."""

    def __init__(self, pooler: PgbouncerServer, database: Bootstrapped) -> None:
        self._pooler, self._database = pooler, database

    def connect(self) -> psycopg.Connection:
        password = self._database.passwords[APPLICATION]
        conninfo = self._pooler.conninfo(WRITES, user=APPLICATION, password=password)
        return psycopg.connect(conninfo, autocommit=True)

    def backends(self) -> int:
        """The role's connections at the server, whether PgBouncer counts them or not."""
        asked = "select count(*) from pg_stat_activity where usename = %s"
        return self._counted(asked, APPLICATION)

    def writing(self) -> int:
        """How many of these are at the late write."""
        asked = "select count(*) from pg_stat_activity where state = 'active' and query = %s"
        return self._counted(asked, LATE_WRITE)

    def rows(self) -> int:
        return self._counted("select count(*) from jobs")

    def _counted(self, asked: LiteralString, *values: Any) -> int:
        with self._database.server.connect(dbname=self._database.database) as superuser:
            row = superuser.execute(asked, values).fetchone()
        assert row is not None
        return row[0]


StartPooled = Callable[[int, Mapping[RoleKey, int]], Pooled]


@pytest.fixture
def start_pooled(fresh: Bootstrapped, exported_ini: str, start: StartPgbouncer) -> StartPooled:
    """Of PgBouncer's `query_timeout` and the roles' time-outs, in seconds."""

    def run(query_timeout: int, timeouts: Mapping[RoleKey, int]) -> Pooled:
        made = fresh.run(timeouts=timeouts)
        assert made.returncode == 0, made.stderr
        with fresh.connect(MIGRATOR) as migrator:
            migrator.execute("create table jobs (id int)")
        ini = exported_ini.replace(f"dbname={DATABASE}", f"dbname={fresh.database}")
        ini = with_number(with_number(ini, "query_timeout", query_timeout), "max_db_connections", 1)
        return Pooled(start(ini, **{APPLICATION: fresh.passwords[APPLICATION]}), fresh)

    return run


def test_a_statement_ends_before_its_pooler_gives_it_up_and_keeps_its_connection(
    start_pooled: StartPooled,
):
    # The plan's five minutes, with the margin kept and all else cut to a second.
    pooler = PLAN.pgbouncer.model_copy(
        update={"query_timeout_seconds": STATEMENT_MARGIN_SECONDS + 1}
    )
    plan = PLAN.model_copy(update={"pgbouncer": pooler})
    timeouts = statement_timeouts(plan, MigrationsSettings())
    pooled = start_pooled(pooler.query_timeout_seconds, timeouts)
    with pooled.connect() as client:
        before = client.execute("select pg_backend_pid()").fetchone()
        with pytest.raises(errors.QueryCanceled, match="statement timeout"):
            client.execute(LATE_WRITE)
        assert client.execute("select pg_backend_pid()").fetchone() == before
    assert pooled.rows() == 0


def given_up(client: psycopg.Connection, pooled: Pooled) -> None:
    """PgBouncer's `query_timeout` ends the client."""
    with pytest.raises(psycopg.OperationalError, match="query timeout"):
        client.execute(LATE_WRITE)


def gone(client: psycopg.Connection, pooled: Pooled) -> None:
    """The client's own process ends, as a pod's that is killed."""
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(client.execute, LATE_WRITE)
        wait_until(pooled.writing, "the write is at the server")
        with socket.socket(fileno=client.fileno()) as connection:
            connection.shutdown(socket.SHUT_RDWR)
            connection.detach()
        with pytest.raises(psycopg.OperationalError):
            waiting.result()


@pytest.mark.parametrize(("leave", "query_timeout"), [(given_up, 1), (gone, 300)])
def test_a_statement_without_a_client_ends_and_leaves_no_connection_past_the_limit(
    start_pooled: StartPooled,
    leave: Callable[[psycopg.Connection, Pooled], None],
    query_timeout: int,
):
    pooled = start_pooled(query_timeout, NEVER_FIRST)
    with pooled.connect() as client:
        leave(client, pooled)
    with pooled.connect() as other, other.transaction():
        other.execute("select")
        wait_until(lambda: pooled.backends() == 1, "only the counted connection is there")
    assert pooled.writing() == 0
    assert pooled.rows() == 0


def test_each_role_has_its_own_time(fresh: Bootstrapped):
    assert fresh.run(workflows=True).returncode == 0
    asked = """select usename, config from pg_user, unnest(useconfig) as config
        where config ~ '^statement_timeout='"""
    with fresh.server.connect() as superuser:
        found = dict(superuser.execute(asked).fetchall())
    own = statement_timeouts(PLAN, MigrationsSettings())
    assert found == {
        role.name: f"statement_timeout={own[key]}s"
        for key, role in roles_of(workflows=True).items()
    }
