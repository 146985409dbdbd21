"""New clients after a migration, on real poolers: what they are told, and what the Jobs do."""

from __future__ import annotations

import os
import secrets
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import psycopg
import pytest
from psycopg import errors
from psycopg.conninfo import conninfo_to_dict

from rendering.citus.distribution import SQL_FILE, distribution_script, distribution_sql
from rendering.database.pgbouncer_ini import ADMIN_USER, STATS_USER
from rendering.database.pooler_reconnect import (
    ADMIN_DATABASE,
    PASSWORD_VARIABLE,
    SCRIPT_FILE,
    pooler_variables,
    reconnect_script,
)
from rf.shared.servers.certificates import LocalAuthority
from rf.shared.servers.pooler import PgbouncerServer, start_pgbouncer
from rf.shared.servers.postgres import PRIMARY_ADDRESS, DatabaseServers
from rf.shared.servers.programs import Programs
from scaleplan.model import load_plan
from tests.services.database.ini_export import with_number
from tests.services.shared.starting import own_directory

pytestmark = pytest.mark.services

PLAN = load_plan()
WRITES = PLAN.pgbouncer.database_alias
READ = "select * from migrated"
PASSWORD = secrets.token_hex(16)
POOLERS = 3

CITUS = Path(__file__).with_name("citus_stub.sql").read_text(encoding="utf-8")


@pytest.fixture
def directory(run_directory: Path) -> Path:
    return own_directory(run_directory, "poolers-")


@pytest.fixture
def poolers(
    programs: Programs, databases: DatabaseServers, directory: Path, exported_ini: str
) -> Iterator[list[PgbouncerServer]]:
    users = {ADMIN_USER: PASSWORD, STATS_USER: PASSWORD}
    authority = LocalAuthority(directory, "poolers-ca")
    # Clients that come one after another then share a pool's one connection, with its statements.
    ini = with_number(exported_ini, "min_pool_size", 0)
    with ExitStack() as stack:
        yield [
            start_pgbouncer(
                stack,
                programs,
                directory / str(each),
                databases,
                ini,
                more_users=users,
                authority=authority,
            )
            for each in range(POOLERS)
        ]


Run = Callable[..., subprocess.CompletedProcess[str]]
"""Of a script and more of its environment."""

RECONNECT = f"export PGHOSTADDR={','.join([PRIMARY_ADDRESS] * POOLERS)}\n{reconnect_script()}"
"""The Job's script, with the addresses that a cluster's names would give."""


@pytest.fixture
def run(programs: Programs, poolers: list[PgbouncerServer]) -> Run:
    """A script as its pod runs it, but for addresses and authority, which are this machine's."""
    authority = str(poolers[0].authority.file)
    given = pooler_variables(user=ADMIN_USER, port=0, poolers=POOLERS, authority_file=authority)
    here = {
        "POOLER_HOST": ",".join([given["POOLER_HOST"]] * POOLERS),
        "POOLER_PORT": ",".join(str(pooler.port) for pooler in poolers),
        PASSWORD_VARIABLE: PASSWORD,
        "PATH": f"{programs.pgbench.path.parent}:{os.environ['PATH']}",
    }

    def script(text: str, **more: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["timeout", "60", "sh", "-c", text],
            env=given | here | more,
            capture_output=True,
            text=True,
            check=False,
        )

    return script


@pytest.fixture
def migrated(databases: DatabaseServers) -> Iterator[psycopg.Connection]:
    """A table that clients read, and the migrator's connection, past the poolers."""
    with databases.primary.connect() as migrator:
        migrator.execute("create table migrated (id int)")
        migrator.execute("grant select on migrated to public")
        yield migrator
        migrator.execute("drop table migrated")


def read_by_a_new_client(pooler: PgbouncerServer) -> None:
    with psycopg.connect(pooler.conninfo(WRITES), autocommit=True) as client:
        client.prepare_threshold = 0
        client.execute(READ)


def reconnected(pooler: PgbouncerServer) -> int:
    log = pooler.process.log.read_text(encoding="utf-8")
    return log.count("RECONNECT command issued")


def test_every_pooler_reconnects_so_that_no_new_client_meets_an_old_statement(
    poolers: list[PgbouncerServer], run: Run, migrated: psycopg.Connection
):
    for pooler in poolers:
        read_by_a_new_client(pooler)
    migrated.execute("alter table migrated add more text")
    for pooler in poolers:
        with pytest.raises(errors.FeatureNotSupported, match="cached plan must not change"):
            read_by_a_new_client(pooler)
    job = run(RECONNECT)
    assert job.returncode == 0, job.stderr
    for pooler in poolers:
        assert reconnected(pooler) >= 1
        read_by_a_new_client(pooler)
    assert PASSWORD not in job.stdout + job.stderr
    assert job.stdout.count("has reconnected: ") == POOLERS


def test_a_transaction_that_runs_meanwhile_is_not_cut(
    poolers: list[PgbouncerServer], run: Run, migrated: psycopg.Connection
):
    with psycopg.connect(poolers[0].conninfo(WRITES)) as client:
        before = client.execute("select pg_backend_pid()").fetchone()
        assert run(RECONNECT).returncode == 0
        assert client.execute("select pg_backend_pid()").fetchone() == before


def test_who_reads_the_statistics_may_not_reconnect(poolers: list[PgbouncerServer]):
    conninfo = poolers[0].conninfo(ADMIN_DATABASE, user=STATS_USER, password=PASSWORD)
    with psycopg.connect(conninfo, autocommit=True) as console:
        answer = console.pgconn.exec_(b"RECONNECT")
        assert b"admin access needed" in answer.error_message
    assert reconnected(poolers[0]) == 0


@pytest.fixture
def citus(databases: DatabaseServers) -> Iterator[dict[str, str]]:
    """A database with a stand-in for Citus and a table to distribute: psql's environment for it."""
    name = "citus_reconnect"
    with databases.primary.connect() as superuser:
        superuser.execute("create database citus_reconnect")
        with databases.primary.connect(dbname=name) as made:
            made.execute(CITUS.encode())
            made.execute("create table organizations (id uuid primary key)")
        login = conninfo_to_dict(databases.primary.conninfo(dbname=name))
        login["database"] = login.pop("dbname")
        yield {f"PG{key.upper()}": str(value) for key, value in login.items()}
        superuser.execute("drop database citus_reconnect with (force)")


def test_poolers_reconnect_after_a_table_was_distributed_and_not_after_an_idle_run(
    poolers: list[PgbouncerServer], run: Run, citus: dict[str, str], directory: Path
):
    sql = distribution_sql(
        distributed_tables=PLAN.sharding.distributed_tables,
        reference_tables=PLAN.sharding.reference_tables,
        column=PLAN.sharding.distribution_column,
    )
    (directory / SQL_FILE).write_text(sql, encoding="utf-8")
    (directory / SCRIPT_FILE).write_text(RECONNECT, encoding="utf-8")
    job = distribution_script(str(directory), SCRIPT_FILE)
    first = run(job, **citus)
    assert first.returncode == 0, first.stderr
    times = [reconnected(pooler) for pooler in poolers]
    assert all(times)
    second = run(job, **citus)
    assert second.returncode == 0, second.stderr
    assert [reconnected(pooler) for pooler in poolers] == times
    assert PASSWORD not in first.stdout + first.stderr


def test_a_distribution_that_fails_midway_reconnects_and_still_fails(
    poolers: list[PgbouncerServer], run: Run, citus: dict[str, str], directory: Path
):
    (directory / SQL_FILE).write_text(
        "\\set ON_ERROR_STOP on\nselect create_reference_table('organizations');\nselect 1 / 0;\n",
        encoding="utf-8",
    )
    (directory / SCRIPT_FILE).write_text(RECONNECT, encoding="utf-8")
    job = run(distribution_script(str(directory), SCRIPT_FILE), **citus)
    assert job.returncode == 3
    assert all(reconnected(pooler) for pooler in poolers)
