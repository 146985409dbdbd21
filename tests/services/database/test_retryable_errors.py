"""Each error that the application contract lets a client repeat, as real servers say it."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest

from rendering.applications.retryable_errors import (
    CACHE,
    POOLED,
    QUEUE,
    RETRYABLE_ERRORS,
    RetryableError,
)
from rf.shared.servers.pooler import PgbouncerServer, start_pgbouncer
from rf.shared.servers.postgres import PRIMARY_ADDRESS, DatabaseServers
from rf.shared.servers.processes import free_port, wait_until
from rf.shared.servers.programs import Programs
from rf.shared.servers.redis_servers import ADDRESS, TESTER, RedisServer, start_redis
from rf.shared.servers.relay import start_relay
from scaleplan.model import load_plan
from tests.services.database.ini_export import with_number
from tests.services.queue.queue_export import ExportedQueue
from tests.services.shared.starting import own_directory

pytestmark = pytest.mark.services

WRITES = load_plan().pgbouncer.database_alias


@pytest.fixture
def directory(run_directory: Path) -> Path:
    return own_directory(run_directory, "errors-")


class Pooled:
    """A PgBouncer before the servers, by a way that can be cut; one server connection at most."""

    def __init__(
        self, start: Callable[[DatabaseServers, str], PgbouncerServer], databases: DatabaseServers
    ) -> None:
        self._start, self.databases = start, databases
        self.way = ExitStack()

    def start(self, ini: str) -> None:
        self._port = free_port(PRIMARY_ADDRESS)
        self.open_way()
        primary = replace(self.databases.primary, port=self._port)
        there = replace(self.databases, primary=primary)
        self.pooler = self._start(there, with_number(ini, "max_db_connections", 1))

    def open_way(self) -> None:
        there = (PRIMARY_ADDRESS, self.databases.primary.port)
        start_relay(self.way, (PRIMARY_ADDRESS, self._port), there)

    def ask(self) -> None:
        with self.connect() as client:
            client.execute("select 1")

    def log(self) -> str:
        return self.pooler.process.log.read_text(encoding="utf-8")

    def connect(self) -> psycopg.Connection:
        return psycopg.connect(self.pooler.conninfo(WRITES), autocommit=True)


@pytest.fixture
def pooled(programs: Programs, databases: DatabaseServers, directory: Path) -> Iterator[Pooled]:
    with ExitStack() as stack:

        def start(there: DatabaseServers, ini: str) -> PgbouncerServer:
            return start_pgbouncer(stack, programs, directory / "pooler", there, ini)

        made = Pooled(start, databases)
        stack.callback(made.way.close)
        yield made


def _server_away(pooled: Pooled, ini: str) -> None:
    """Who asked before the first attempt failed waits until the server is back, and no one else."""
    pooled.start(ini)
    with pooled.connect() as old, ThreadPoolExecutor(1) as thread:
        old.execute("select 1")
        pooled.way.close()
        first = thread.submit(pooled.ask)
        try:
            wait_until(lambda: "connect failed" in pooled.log(), "an attempt has failed")
            with pytest.raises(psycopg.Error, match="server login has been failing"):
                pooled.ask()
            old.execute("select 1")
        finally:
            pooled.open_way()
            first.result()


def _busy(pooled: Pooled, ini: str) -> None:
    pooled.start(with_number(ini, "query_wait_timeout", 1))
    with pooled.connect() as one, one.transaction(), pooled.connect() as other:
        one.execute("select 1")
        other.execute("select 1")


def _no_answer(pooled: Pooled, ini: str) -> None:
    pooled.start(with_number(ini, "query_timeout", 1))
    with pooled.connect() as client:
        client.execute("select pg_sleep(5)")


def _server_stops(pooled: Pooled, ini: str) -> None:
    pooled.start(ini)
    with pooled.connect() as client, pooled.databases.primary.connect() as superuser:
        client.execute("begin")
        backend = client.execute("select pg_backend_pid()").fetchone()
        superuser.execute("select pg_terminate_backend(%s, 10000)", backend)
        client.execute("select 1")


def _too_long(pooled: Pooled, ini: str) -> None:
    pooled.start(ini)
    with pooled.connect() as client, client.transaction():
        client.execute("set local statement_timeout = '100ms'")
        client.execute("select pg_sleep(60)")


def _migrated(pooled: Pooled, ini: str) -> None:
    pooled.start(ini)
    with pooled.databases.primary.connect() as superuser, pooled.connect() as client:
        client.prepare_threshold = 0
        client.execute("create table repeated (id int)")
        try:
            client.execute("select * from repeated")
            superuser.execute("alter table repeated add more int")
            client.execute("select * from repeated")
        finally:
            superuser.execute("drop table repeated")


DATABASE: Mapping[tuple[str, str], Callable[[Pooled, str], None]] = {
    ("08P01", "server login has been failing"): _server_away,
    ("08P01", "query_wait_timeout"): _busy,
    ("08P01", "query timeout"): _no_answer,
    ("57P01", "terminating connection"): _server_stops,
    ("57014", "canceling statement due to statement timeout"): _too_long,
    ("0A000", "cached plan must not change result type"): _migrated,
}


def of_store(*stores: str) -> list[RetryableError]:
    return [error for error in RETRYABLE_ERRORS if error.store in stores]


def named(error: RetryableError) -> str:
    return f"{error.code} {error.text}"


@pytest.mark.parametrize("error", of_store(POOLED), ids=named)
def test_the_database_says_so(pooled: Pooled, exported_ini: str, error: RetryableError):
    with pytest.raises(psycopg.Error) as told:
        DATABASE[error.code, error.text](pooled, exported_ini)
    assert told.value.sqlstate == error.code
    assert error.text in str(told.value)


Start = Callable[..., RedisServer]


def said(server: RedisServer, *words: str) -> str:
    """The first line of the answer, as it comes over the wire."""
    with socket.create_connection((ADDRESS, server.port)) as connection:
        answers = connection.makefile("rb")
        for command in (("AUTH", TESTER, server.password), words):
            words_sent = "".join(f"${len(word)}\r\n{word}\r\n" for word in command)
            connection.sendall(f"*{len(command)}\r\n{words_sent}".encode())
            line = answers.readline().decode().strip()
        return line


def _demoted(start: Start) -> str:
    server = start("queue")
    assert said(server, "REPLICAOF", ADDRESS, "1") == "+OK"
    return said(server, "SET", "bull:analysis:1", "job")


def _full(start: Start) -> str:
    server = start("queue", maxmemory="1")
    return said(server, "SET", "bull:analysis:1", "job")


def _no_primary(start: Start) -> str:
    server = start("cache")
    slot = said(server, "CLUSTER", "KEYSLOT", "api:1").removeprefix(":")
    assert said(server, "CLUSTER", "DELSLOTS", slot) == "+OK"
    return said(server, "SET", "api:1", "answer")


def _elsewhere(start: Start) -> str:
    here, there = start("cache"), start("cache")
    slot = said(here, "CLUSTER", "KEYSLOT", "api:1").removeprefix(":")
    assert said(here, "CLUSTER", "DELSLOTS", slot) == "+OK"
    assert said(there, "CLUSTER", "FLUSHSLOTS") == "+OK"
    assert said(there, "CLUSTER", "ADDSLOTS", slot) == "+OK"
    with there.connect() as tester:
        bus = str(tester.config_get("cluster-port")["cluster-port"])  # pyright: ignore[reportIndexIssue]
    assert said(here, "CLUSTER", "MEET", ADDRESS, str(there.port), bus) == "+OK"

    def moved() -> str | None:
        line = said(here, "SET", "api:1", "answer")
        return line if "MOVED" in line else None

    line = wait_until(moved, "the nodes know one another")
    assert line.endswith(f"{ADDRESS}:{there.port}")
    return line


REDIS: Mapping[str, Callable[[Start], str]] = {
    "READONLY": _demoted,
    "OOM": _full,
    "MOVED": _elsewhere,
    "CLUSTERDOWN": _no_primary,
}


@pytest.mark.parametrize("error", of_store(QUEUE, CACHE), ids=named)
def test_redis_says_so_and_has_not_done_it(
    programs: Programs, exported_queue: ExportedQueue, directory: Path, error: RetryableError
):
    with ExitStack() as stack:
        servers: list[RedisServer] = []

        def start(layer: str, **parameters: str) -> RedisServer:
            place = directory / f"{layer}-{len(servers)}"
            described = exported_queue.layers[layer]
            servers.append(start_redis(stack, programs, place, described, parameters))
            return servers[-1]

        line = REDIS[error.code](start)
        assert line.startswith(f"-{error.code} ")
        assert error.text in line
        for server in servers:
            assert said(server, "DBSIZE") == ":0"
