"""Pooling on real servers: the exported pgbouncer.ini before a PostgreSQL with a replica."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager

import psycopg
import pytest
from psycopg import errors

from rendering.database.pgbouncer_ini import READ_ONLY_SUFFIX, SYSTEM_SUFFIX
from rf.shared.servers.certificates import LocalAuthority
from rf.shared.servers.local_ini import number, parsed
from rf.shared.servers.pooler import PgbouncerServer
from rf.shared.servers.postgres import APPLICATION_USER, DATABASE, DatabaseServers, count_backends
from rf.shared.servers.processes import DEADLINE_SECONDS, wait_until
from rf.shared.servers.programs import MINIMUM_PGBOUNCER, MINIMUM_POSTGRES, Programs
from scaleplan.model import load_plan
from tests.services.database.ini_export import with_number
from tests.services.shared.starting import Connect, StartPgbouncer

pytestmark = pytest.mark.services

WRITES = load_plan().pgbouncer.database_alias
READS = f"{WRITES}{READ_ONLY_SUFFIX}"
SYSTEM = f"{WRITES}{SYSTEM_SUFFIX}"
CROWD = 200
LOCK = 4711


def one(connection: psycopg.Connection, query: str) -> tuple:
    row = connection.execute(query.encode()).fetchone()
    assert row is not None
    return row


@contextmanager
def held(connection: psycopg.Connection) -> Iterator[int]:
    """An open transaction, which keeps its server; gives the process id of that one."""
    with connection.transaction():
        yield one(connection, "select pg_backend_pid()")[0]


def test_the_servers_are_those_that_production_runs_or_newer(
    programs: Programs, databases: DatabaseServers
):
    with databases.primary.connect() as superuser:
        running = int(one(superuser, "show server_version_num")[0])
    assert programs.pgbouncer.version >= MINIMUM_PGBOUNCER
    assert (running // 10_000, running % 10_000) == programs.postgres.version >= MINIMUM_POSTGRES


def test_only_paths_hosts_and_ports_of_the_exported_ini_are_replaced(
    pgbouncer: PgbouncerServer, exported_ini: str
):
    ran, exported = parsed(pgbouncer.ini.read_text("utf-8")), parsed(exported_ini)
    assert [_without_address(line) for line in ran.items("databases")] == [
        _without_address(line) for line in exported.items("databases")
    ]
    assert list(ran["pgbouncer"]) == list(exported["pgbouncer"])
    replaced = {
        key for key in ran["pgbouncer"] if ran["pgbouncer"][key] != exported["pgbouncer"][key]
    }
    paths = {key for key in replaced if exported["pgbouncer"][key].startswith("/")}
    assert replaced - paths == {"listen_addr", "listen_port"}


def _without_address(database: tuple[str, str]) -> list[str]:
    name, line = database
    return [name, *(part for part in line.split() if not part.startswith(("host=", "port=")))]


def test_the_url_of_the_applications_logs_in_over_verified_tls(
    pgbouncer: PgbouncerServer, connect: Connect
):
    connection = connect(pgbouncer, WRITES)
    assert connection.pgconn.ssl_in_use
    assert "sslmode=verify-full" in pgbouncer.conninfo(WRITES)
    assert one(connection, "select current_user, current_database()") == (
        APPLICATION_USER,
        DATABASE,
    )


def test_a_client_does_not_trust_a_pgbouncer_of_another_authority_or_name(
    pgbouncer: PgbouncerServer, connect: Connect, tmp_path
):
    stranger = LocalAuthority(tmp_path, "stranger")
    with pytest.raises(psycopg.OperationalError, match="certificate verify failed"):
        connect(pgbouncer, WRITES, sslrootcert=str(stranger.file))
    with pytest.raises(psycopg.OperationalError, match='does not match host name "postgres"'):
        connect(pgbouncer, WRITES, host="postgres")


def test_plain_text_is_refused(pgbouncer: PgbouncerServer, connect: Connect):
    with pytest.raises(psycopg.OperationalError, match="SSL required"):
        connect(pgbouncer, WRITES, sslmode="disable")


def test_a_wrong_password_is_refused(pgbouncer: PgbouncerServer, connect: Connect):
    with pytest.raises(psycopg.OperationalError, match="SASL authentication failed"):
        connect(pgbouncer, WRITES, password="wrong")


def test_what_pgbouncer_sends_to_the_database_is_encrypted(
    pgbouncer: PgbouncerServer, connect: Connect, databases: DatabaseServers
):
    connect(pgbouncer, WRITES).execute("select 1")
    with databases.primary.connect() as superuser:
        encrypted = superuser.execute(
            "select ssl from pg_stat_ssl join pg_stat_activity using (pid) where usename = %s",
            [APPLICATION_USER],
        ).fetchall()
    assert encrypted
    assert set(encrypted) == {(True,)}
    with pytest.raises(psycopg.OperationalError, match="no encryption"):
        databases.primary.connect(sslmode="disable")


def test_a_crowd_of_clients_shares_the_pool_and_its_reserve(
    pgbouncer: PgbouncerServer, exported_ini: str, databases: DatabaseServers
):
    pool = number(exported_ini, "default_pool_size")
    limit = pool + number(exported_ini, "reserve_pool_size")
    assert (pool, limit) == (20, 25)
    assert _most_server_connections(pgbouncer, databases, limit) == limit


def _most_server_connections(
    pgbouncer: PgbouncerServer, databases: DatabaseServers, limit: int
) -> int:
    """The most that there ever were while a crowd was served, of which none leaves before the last.

    All want a lock that is held until there are `limit`, so that each that gets a server keeps it.
    """
    arrived, served = threading.Barrier(CROWD), threading.Barrier(CROWD)

    def client() -> None:
        with psycopg.connect(pgbouncer.conninfo(WRITES), autocommit=True) as connection:
            arrived.wait(DEADLINE_SECONDS)
            connection.execute("select pg_advisory_xact_lock_shared(%s)", [LOCK])
            served.wait(DEADLINE_SECONDS)

    with databases.primary.connect() as holder, ThreadPoolExecutor(CROWD) as crowd:
        most = 0

        def sample() -> int:
            nonlocal most
            most = max(most, count_backends(holder))
            return most

        wait_until(lambda: count_backends(holder) == 0, "earlier pools are gone")
        holder.execute("select pg_advisory_lock(%s)", [LOCK])
        clients = [crowd.submit(client) for _ in range(CROWD)]
        try:
            # The reserve joins when clients have waited for reserve_pool_timeout.
            wait_until(
                lambda: sample() >= limit or any(each.done() for each in clients),
                f"{limit} server connections",
            )
        finally:
            holder.execute("select pg_advisory_unlock(%s)", [LOCK])
        while not all(each.done() for each in clients):
            sample()
        for each in clients:
            each.result()
        return most


def test_the_client_past_the_limit_is_told_so_and_gets_in_when_another_leaves(
    start: StartPgbouncer, exported_ini: str, connect: Connect
):
    # 20 for production's 2000: so many logins would take longer than all other tests.
    pgbouncer = start(with_number(exported_ini, "max_client_conn", 20))
    clients = [connect(pgbouncer, WRITES) for _ in range(20)]
    with pytest.raises(
        psycopg.OperationalError, match=r"no more connections allowed \(max_client_conn\)"
    ):
        connect(pgbouncer, WRITES)
    clients.pop().close()

    def admitted() -> psycopg.Connection | None:
        try:
            return connect(pgbouncer, WRITES)
        except psycopg.OperationalError:
            return None

    assert one(wait_until(admitted, "a place is free"), "select 1") == (1,)
    assert [one(client, "select 1") for client in clients] == [(1,)] * 19


def test_prepared_statements_follow_the_client_from_server_to_server(
    pgbouncer: PgbouncerServer, connect: Connect
):
    client = connect(pgbouncer, WRITES)
    client.prepare_threshold = 0
    query = """select pg_backend_pid(), %s::int + 1,
        (select count(*) from pg_prepared_statements where statement like '%%pg_backend_pid%%')"""
    server, answer, prepared = client.execute(query, [1]).fetchone() or (0, 0, 0)
    assert (answer, prepared) == (2, 1)
    with ExitStack() as transactions:
        # Others take servers until one has the server where the statement was prepared.
        while server != transactions.enter_context(held(connect(pgbouncer, WRITES))):
            pass
        for turn in (2, 3):
            other, answer, prepared = client.execute(query, [turn]).fetchone() or (0, 0, 0)
            assert other != server
            assert (answer, prepared) == (turn + 1, 1)


@pytest.mark.parametrize("database", [WRITES, DATABASE, SYSTEM])
def test_each_name_for_writing_reaches_the_primary(
    pgbouncer: PgbouncerServer, connect: Connect, database: str
):
    assert one(connect(pgbouncer, database), "select pg_is_in_recovery(), current_database()") == (
        False,
        DATABASE,
    )


def test_writes_go_to_the_primary_and_are_read_from_every_replica(
    pgbouncer: PgbouncerServer, connect: Connect
):
    writer, reader = connect(pgbouncer, WRITES), connect(pgbouncer, READS)
    writer.execute("create table patient (name text)")
    try:
        writer.execute("insert into patient values ('Ada')")
        assert one(reader, "select pg_is_in_recovery()") == (True,)

        def arrived() -> bool:
            return one(reader, "select to_regclass('patient') is not null") == (True,)

        wait_until(arrived, "the table is on the replica")
        assert one(reader, "select name from patient") == ("Ada",)
        with pytest.raises(errors.ReadOnlySqlTransaction):
            reader.execute("insert into patient values ('Grace')")
    finally:
        writer.execute("drop table patient")

    # Each keeps its server, so that the next needs another.
    readers = [connect(pgbouncer, READS) for _ in range(4)]
    with ExitStack() as transactions:
        for each in readers:
            transactions.enter_context(held(each))
        reached = {one(each, "select host(inet_server_addr())")[0] for each in readers}
    assert reached == set(pgbouncer.readers)


def test_clients_recover_when_the_primary_loses_its_connections(
    pgbouncer: PgbouncerServer, connect: Connect, databases: DatabaseServers
):
    idle = [connect(pgbouncer, WRITES) for _ in range(10)]
    busy = connect(pgbouncer, WRITES)
    assert [one(client, "select 1") for client in idle] == [(1,)] * 10
    busy.execute("begin")
    lost = one(busy, "select pg_backend_pid()")[0]
    with databases.primary.connect() as superuser:
        # In milliseconds, how long it may take until the backend is gone.
        ended = superuser.execute(
            "select pid, pg_terminate_backend(pid, 10000) from pg_stat_activity where usename = %s",
            [APPLICATION_USER],
        ).fetchall()
    assert (lost, True) in ended
    # A transaction that was open is lost, and its client told; it connects again.
    with pytest.raises(psycopg.OperationalError):
        busy.execute("select 1")
    assert one(connect(pgbouncer, WRITES), "select 1") == (1,)
    # Who was between transactions sees nothing of it.
    assert [one(client, "select 1") for client in idle] == [(1,)] * 10


def test_a_reload_takes_the_new_settings_and_loses_no_client(
    pgbouncer: PgbouncerServer, connect: Connect
):
    idle = [connect(pgbouncer, WRITES) for _ in range(10)]
    busy = [connect(pgbouncer, WRITES) for _ in range(10)]
    with ExitStack() as transactions:
        servers = [transactions.enter_context(held(client)) for client in busy]
        _reload_with_another_name(pgbouncer, connect)
        assert [one(client, "select pg_backend_pid()")[0] for client in busy] == servers
    assert [one(client, "select 1") for client in [*idle, *busy]] == [(1,)] * 20


def _reload_with_another_name(pgbouncer: PgbouncerServer, connect: Connect) -> None:
    ini = pgbouncer.ini.read_text("utf-8")
    line = parsed(ini)["databases"][WRITES]
    pgbouncer.ini.write_text(
        ini.replace("[databases]\n", f"[databases]\nadded = {line}\n"), "utf-8"
    )
    with pytest.raises(psycopg.OperationalError, match="no such database"):
        connect(pgbouncer, "added")
    pgbouncer.process.signal(signal.SIGHUP)

    def reloaded() -> psycopg.Connection | None:
        try:
            return connect(pgbouncer, "added")
        except psycopg.OperationalError:
            return None

    assert one(wait_until(reloaded, "the new name is served"), "select 1") == (1,)
