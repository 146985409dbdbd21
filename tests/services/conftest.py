"""Fixtures of the tests with real servers. Without servers these skip, or fail where CI=true."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, NoReturn

import psycopg
import pytest

from rf.shared.servers.local_ini import replica_hosts
from rf.shared.servers.pooler import PgbouncerServer, start_pgbouncer
from rf.shared.servers.postgres import DatabaseServers, start_database_servers
from rf.shared.servers.programs import (
    MissingServersError,
    Programs,
    find_programs,
    runnable_programs,
    services_folder,
)
from rf.shared.servers.redis_servers import start_redis
from tests.services.database.ini_export import exported
from tests.services.observability.prometheus_server import find_promtool
from tests.services.queue.node_clients import NodeClients, find_node_clients
from tests.services.queue.queue_export import ExportedQueue, export_queue
from tests.services.shared.server_versions import server_versions, version_table
from tests.services.shared.starting import Connect, StartPgbouncer, StartRedis, own_directory


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if "not services" in terminalreporter.config.option.markexpr:
        return
    folder = services_folder()
    terminalreporter.write_line(version_table(server_versions(folder)))
    try:
        find_programs(folder)
    except MissingServersError as error:
        terminalreporter.write_line(f"servers: {error}")


@pytest.fixture(scope="session")
def run_directory() -> Iterator[Path]:
    """A folder that the servers' user can enter, unlike pytest's own."""
    directory = own_directory(None, "researchflow-services-")
    yield directory
    shutil.rmtree(directory)


def without(error: MissingServersError) -> NoReturn:
    """Skip what needs the server, or fail it where CI=true."""
    if os.environ.get("CI") == "true":
        pytest.fail(str(error), pytrace=False)
    pytest.skip(str(error))


@pytest.fixture(scope="session")
def programs(run_directory: Path) -> Programs:
    try:
        return runnable_programs(run_directory)
    except MissingServersError as error:
        without(error)


@pytest.fixture(scope="session")
def promtool() -> Path:
    try:
        return find_promtool()
    except MissingServersError as error:
        without(error)


@pytest.fixture(scope="session")
def exported_ini(tmp_path_factory: pytest.TempPathFactory) -> str:
    return exported(tmp_path_factory.mktemp("export") / "out")


@pytest.fixture(scope="session")
def databases(
    programs: Programs, run_directory: Path, exported_ini: str
) -> Iterator[DatabaseServers]:
    with ExitStack() as stack:
        # At least one, so that an ini without replicas fails where it is read from.
        replicas = max(1, len(replica_hosts(exported_ini)))
        yield start_database_servers(stack, programs, run_directory, replicas)


@pytest.fixture
def start(
    programs: Programs, run_directory: Path, databases: DatabaseServers
) -> Iterator[StartPgbouncer]:
    """Start a PgBouncer on an ini as exported; each test has its own, so no pool is left over."""
    directory = own_directory(run_directory, "pgbouncer-")
    with ExitStack() as stack:
        yield lambda ini, **more_users: start_pgbouncer(
            stack, programs, directory / "run", databases, ini, more_users=more_users
        )


@pytest.fixture
def pgbouncer(start: StartPgbouncer, exported_ini: str) -> PgbouncerServer:
    return start(exported_ini)


@pytest.fixture(scope="session")
def exported_queue(tmp_path_factory: pytest.TempPathFactory) -> ExportedQueue:
    return export_queue(tmp_path_factory.mktemp("queue") / "out")


@pytest.fixture(scope="session")
def node_clients() -> NodeClients:
    try:
        return find_node_clients()
    except MissingServersError as error:
        without(error)


@pytest.fixture
def redis(
    programs: Programs, run_directory: Path, exported_queue: ExportedQueue
) -> Iterator[StartRedis]:
    """Start a Redis with a parameter group and the users of the export, empty for each test."""
    directory = own_directory(run_directory, "redis-")
    with ExitStack() as stack:
        yield lambda layer, **parameters: start_redis(
            stack, programs, directory / layer, exported_queue.layers[layer], parameters
        )


@pytest.fixture
def connect() -> Iterator[Connect]:
    """Connect through a PgBouncer with the URL that applications get; `options` override it."""
    with ExitStack() as stack:

        def run(pgbouncer: PgbouncerServer, database: str, **options: Any) -> psycopg.Connection:
            conninfo = pgbouncer.conninfo(database, **options)
            connection = psycopg.connect(conninfo, autocommit=True)
            stack.callback(connection.close)
            return connection

        yield run
