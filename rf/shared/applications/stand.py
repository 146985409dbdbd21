"""The servers that an application is tried against: as the stack exports them, on this machine."""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, LiteralString
from urllib.parse import unquote, urlsplit

import psycopg
from psycopg import sql

from rendering.applications.variables import MIGRATION
from rendering.database.bootstrap_sql import bootstrap_sql
from rendering.database.pgbouncer_ini import ADMIN_USER, READ_ONLY_SUFFIX
from rendering.database.role_timeouts import statement_timeouts
from rendering.database.roles import ROLES, WORKFLOW_ROLE, RoleKey, roles_of
from rendering.database.scram import scram_verifier
from rendering.shared.connection_urls import CA_FILE, postgres_url, redis_url
from rendering.workflows.client import CLIENT_CERTIFICATE
from rf.shared.applications.application_process import ProcessPorts
from rf.shared.applications.gate import Gate
from rf.shared.applications.local_redis import (
    LocalCache,
    LocalRedis,
    start_local_cache,
    start_local_redis,
)
from rf.shared.applications.pods import GivenVariables
from rf.shared.errors import InputError
from rf.shared.plan import RecordedPlan
from rf.shared.servers.certificates import LocalAuthority
from rf.shared.servers.local_ini import ini_of, parsed, replica_hosts
from rf.shared.servers.pooler import PGBOUNCER_NAMES, PgbouncerServer, start_pgbouncer
from rf.shared.servers.postgres import (
    PRIMARY_ADDRESS,
    DatabaseServers,
    start_database_servers,
)
from rf.shared.servers.processes import run, wait_until, write_private
from rf.shared.servers.programs import MissingServersError, Programs
from rf.shared.servers.redis_servers import ADDRESS
from rf.shared.servers.temporal_server import TemporalDatabase
from scaleplan.database.migrations import MigrationsSettings
from scaleplan.model import load_plan

if TYPE_CHECKING:
    from rf.shared.applications.local_temporal import LocalTemporal

_LOG = {"log_line_prefix": "%q[%u] "}
"""Each line of the log says whose it is."""


_NOTICED = b"connect failed"
_TOLD = b"pooler error: server login has been failing"
"""In PgBouncer's log; the second once for each client."""

NOTICE_SECONDS = 5.0
"""In which PgBouncer, asked by a client, notices that the servers are away."""


NOT_ASKED_FOR = "no point that was asked needs it"
"""Why there is no Temporal where there could be one."""


class StandInputError(InputError):
    """A stack whose servers can't be started here."""


@dataclass(frozen=True, kw_only=True)
class LocalDatabases:
    """PostgreSQL with the roles of the bootstrap, and PgBouncer before it."""

    servers: DatabaseServers
    pooler: PgbouncerServer
    passwords: Mapping[str, str]
    gate: Gate
    """Between PgBouncer and PostgreSQL: closed, it is as in a failover."""
    names: tuple[str, ...]
    """What clients of PgBouncer ask for."""

    @contextmanager
    def away(self) -> Iterator[None]:
        """The servers are away in here, and PgBouncer has noticed; afterwards it leads to all of
        them again.

        Until an attempt has failed, it lets clients wait instead of telling them.
        """
        log = self.pooler.process.log
        before = log.stat().st_size
        with ExitStack() as stack:
            asking = [stack.enter_context(closing(self._client(name))) for name in self.names]
            with self.gate.closed():
                for each in asking:
                    each.pgconn.send_query(b"select 1")
                with suppress(TimeoutError):
                    wait_until(
                        lambda: _NOTICED in log.read_bytes()[before:], "noticed", NOTICE_SECONDS
                    )
                stack.close()
                yield
        for name in self.names:
            wait_until(lambda name=name: self._answers(name), f"PgBouncer leads to {name}")

    def told_away(self) -> int:
        """How many clients PgBouncer has told so far that the servers are away."""
        return self.pooler.process.log.read_bytes().count(_TOLD)

    def _client(self, name: str) -> psycopg.Connection:
        reads = name.endswith(READ_ONLY_SUFFIX)
        user = ROLES[RoleKey.READ_ONLY if reads else RoleKey.APPLICATION].name
        conninfo = self.pooler.conninfo(name, user=user, password=self.passwords[user])
        return psycopg.connect(conninfo, autocommit=True)

    def _answers(self, name: str) -> bool:
        try:
            with self._client(name) as connection:
                connection.execute("select 1")
        except psycopg.OperationalError:
            return False
        return True

    def superuser(self) -> psycopg.Connection:
        """A connection to the primary, past everything."""
        return self.servers.primary.connect()

    def tables(self, superuser: psycopg.Connection) -> list[sql.Composed]:
        """The application's tables, as they stand in a statement."""
        rows = superuser.execute(
            "select schemaname, tablename from pg_tables"
            " where schemaname not in ('pg_catalog', 'information_schema')"
        )
        return [sql.SQL(".").join(map(sql.Identifier, row)) for row in rows.fetchall()]

    @contextmanager
    def held(self) -> Iterator[psycopg.Connection]:
        """Whoever touches a table waits, until the end; yields a superuser's connection."""
        with self.superuser() as superuser:
            tables = self.tables(superuser)
            superuser.execute("begin")
            for table in tables:
                superuser.execute(sql.SQL("lock table {}").format(table))
            with self.superuser() as other:
                yield other
            superuser.execute("rollback")

    def waiting(self, superuser: psycopg.Connection) -> list[int]:
        """Server processes of the application that wait for a table."""
        rows = superuser.execute(
            "select distinct l.pid from pg_locks l join pg_stat_activity a using (pid)"
            " where not l.granted and a.usename = %s",
            [ROLES[RoleKey.APPLICATION].name],
        )
        return [pid for (pid,) in rows.fetchall()]

    def clients(self) -> dict[str, int]:
        """Connections at PgBouncer by the name of the database."""
        return dict(Counter(client["database"] for client in self._shown("clients")))

    def server_connections(self) -> set[int]:
        """Ports of PgBouncer's own connections to the servers. It fills its pools one by one, and
        takes the newest first."""
        return {server["local_port"] for server in self._shown("servers")}

    def _shown(self, what: LiteralString) -> list[dict[str, Any]]:
        with self._admin() as admin:
            cursor = admin.execute(sql.SQL("show ") + sql.SQL(what))
            columns = [column.name for column in cursor.description or ()]
            return [dict(zip(columns, row, strict=True)) for row in cursor.fetchall()]

    def catch_up(self) -> None:
        """Wait until the replica has what the primary has."""
        with self.superuser() as primary, self.servers.replica.connect() as replica:
            row = primary.execute("select pg_current_wal_lsn()::text").fetchone()
            replayed = "select pg_last_wal_replay_lsn() >= %s::pg_lsn"
            wait_until(
                lambda: replica.execute(replayed, row).fetchone() == (True,),
                "the replica has caught up",
            )

    def reconnect(self) -> None:
        """What a rollout does after a migration: PgBouncer connects anew."""
        with self._admin() as admin:
            admin.execute("reconnect")

    def _admin(self) -> psycopg.Connection:
        # PgBouncer's console knows the simple protocol alone.
        conninfo = self.pooler.conninfo(
            "pgbouncer", user=ADMIN_USER, password=self.passwords[ADMIN_USER]
        )
        return psycopg.connect(conninfo, autocommit=True, cursor_factory=psycopg.ClientCursor)

    def log_sizes(self) -> tuple[int, int]:
        """How far both servers' logs have come."""
        primary, replica = self._logs()
        return primary.stat().st_size, replica.stat().st_size

    def said_since(self, sizes: tuple[int, int]) -> list[str]:
        """What both servers wrote into their logs since."""
        lines: list[str] = []
        for log, size in zip(self._logs(), sizes, strict=True):
            with log.open("rb") as file:
                file.seek(size)
                lines += file.read().decode(errors="replace").splitlines()
        return lines

    def _logs(self) -> tuple[Path, Path]:
        return self.servers.primary.process.log, self.servers.replica.process.log


@dataclass(frozen=True, kw_only=True)
class Stand:
    """All servers of one run, and what pods are told of them."""

    given: GivenVariables
    databases: LocalDatabases
    cache: LocalCache
    queue: LocalRedis
    authorities: Path
    way_to_temporal: Gate
    started_temporal: LocalTemporal | str
    """Temporal, or why it doesn't run: then applications are told an address where nobody is."""

    @property
    def temporal(self) -> LocalTemporal:
        """The running server. Raises MissingServersError where there is none, which says why."""
        if isinstance(self.started_temporal, str):
            raise MissingServersError(f"Temporal does not run: {self.started_temporal}")
        return self.started_temporal

    def variables(self, application: str, ports: ProcessPorts | None = None) -> dict[str, str]:
        """What a pod is given, with hosts, ports, passwords of Redis and files of this machine."""
        told = {name: self._here(name, value) for name, value in self.given.of(application).items()}
        return told | (ports.variables() if ports else {})

    def secrets(self, application: str) -> set[str]:
        """Passwords in what the application is told."""
        urls = (urlsplit(value) for value in self.variables(application).values() if "://" in value)
        keys = (value for value in self.variables(application).values() if "PRIVATE KEY" in value)
        # A line of a key, whatever becomes of its line breaks.
        return {unquote(url.password) for url in urls if url.password} | {
            key.splitlines()[1] for key in keys
        }

    def _here(self, name: str, value: str) -> str:
        if value == CA_FILE:
            return str(self.authorities)
        if name == "TEMPORAL_ADDRESS":
            return f"{ADDRESS}:{self.way_to_temporal.port}"
        if name in CLIENT_CERTIFICATE and not isinstance(self.started_temporal, str):
            return self.started_temporal.login.secret[CLIENT_CERTIFICATE[name]]
        url = urlsplit(value)
        user, password = unquote(url.username or ""), unquote(url.password or "")
        if url.scheme == "postgresql":
            # By the host: RDS has the port of PgBouncer's service.
            pooled = url.hostname in PGBOUNCER_NAMES
            port = self.databases.pooler.port if pooled else self.databases.servers.primary.port
            database, file = url.path.lstrip("/"), str(self.authorities)
            return postgres_url(user, password, PRIMARY_ADDRESS, port, database, ca_file=file)
        if url.scheme == "rediss":
            there = self.cache if name == "CACHE_URL" else self.queue
            return redis_url(user, there.server.password, ADDRESS, there.gate.port)
        return value


def start_stand(
    stack: ExitStack,
    programs: Programs,
    directory: Path,
    plan: RecordedPlan,
    *,
    without_temporal: str = NOT_ASKED_FOR,
) -> Stand:
    """Start them all; leaving `stack` stops them. `directory` is there, and the servers' to enter.

    `without_temporal` says why Temporal is not started; empty, it is. Raises StandInputError for a
    stack whose jobs are not in Redis.
    """
    given = GivenVariables(plan)
    if not given.of("orchestrator").get("QUEUE_URL", "").startswith("rediss:"):
        raise StandInputError(
            f"{plan.stack} has no orchestrator whose jobs are in Redis: choose another --stack"
        )
    databases = _start_databases(stack, programs, directory, plan, given)
    resources = plan.to_document()["resources"]
    authority = LocalAuthority(directory, "redis-ca")
    cache = start_local_cache(stack, programs, directory, resources, authority)
    queue = start_local_redis(stack, programs, directory / "queue", resources, authority)
    gate = Gate(stack, (ADDRESS,))
    temporal = without_temporal or _start_temporal(stack, directory, given, databases, gate)
    authorities = directory / "ca.crt"
    owns = (databases.pooler.authority, databases.servers.primary.authority, authority)
    files = [each.file for each in owns]
    if not isinstance(temporal, str):
        files.append(temporal.authority)
    authorities.write_bytes(b"".join(file.read_bytes() for file in files))
    authorities.chmod(0o644)
    return Stand(
        given=given,
        databases=databases,
        cache=cache,
        queue=queue,
        authorities=authorities,
        way_to_temporal=gate,
        started_temporal=temporal,
    )


def _start_temporal(
    stack: ExitStack,
    directory: Path,
    given: GivenVariables,
    databases: LocalDatabases,
    gate: Gate,
) -> LocalTemporal:
    # Its SDK takes a second to load, which whoever needs none is spared.
    from rf.shared.applications.local_temporal import start_temporal  # noqa: PLC0415

    primary = databases.servers.primary
    database = TemporalDatabase(
        host=PRIMARY_ADDRESS,
        port=primary.port,
        password=databases.passwords[WORKFLOW_ROLE.name],
        authority=primary.authority.file,
    )
    return start_temporal(
        stack,
        given.plan,
        directory / "temporal",
        database=database,
        told=given.of("orchestrator"),
        gate=gate,
    )


def _start_databases(
    stack: ExitStack,
    programs: Programs,
    directory: Path,
    plan: RecordedPlan,
    given: GivenVariables,
) -> LocalDatabases:
    ini = ini_of(plan)
    replicas = max(1, len(replica_hosts(ini)))
    servers = start_database_servers(stack, programs, directory, replicas, settings=_LOG)
    passwords = _passwords(given)
    for database in _databases(ini):
        _bootstrap(servers, programs, directory, database, passwords)
    gate = Gate(stack, (PRIMARY_ADDRESS, *servers.replica.addresses))
    gate.lead_to(servers.primary.port)
    pooler = start_pgbouncer(
        stack,
        programs,
        directory / "pooler",
        replace(servers, primary=replace(servers.primary, port=gate.port)),
        ini,
        more_users={name: passwords[name] for name in passwords if name != WORKFLOW_ROLE.name},
    )
    return LocalDatabases(
        servers=servers,
        pooler=pooler,
        passwords=passwords,
        gate=gate,
        names=tuple(parsed(ini)["databases"]),
    )


def _databases(ini: str) -> list[str]:
    """The databases that the names of the ini lead to."""
    lines = parsed(ini)["databases"].values()
    words = (word for line in lines for word in line.split() if word.startswith("dbname="))
    return list(dict.fromkeys(word.removeprefix("dbname=") for word in words))


def _passwords(given: GivenVariables) -> dict[str, str]:
    """Of everyone who logs in at PostgreSQL, as the plan gives them, PgBouncer's admin and
    Temporal."""
    found = {name: secrets.token_hex(16) for name in (ADMIN_USER, WORKFLOW_ROLE.name)}
    for application in ("orchestrator", MIGRATION):
        for value in given.of(application).values():
            url = urlsplit(value)
            if url.scheme == "postgresql":
                found[unquote(url.username or "")] = unquote(url.password or "")
    return found


def _bootstrap(
    servers: DatabaseServers,
    programs: Programs,
    directory: Path,
    database: str,
    passwords: Mapping[str, str],
) -> None:
    """Roles and rights as the bootstrap's Job makes them; statements are logged besides."""
    primary = servers.primary
    with primary.connect(dbname="postgres") as superuser:
        there = superuser.execute("select 1 from pg_database where datname = %s", [database])
        if not there.fetchone():
            superuser.execute(sql.SQL("create database {}").format(sql.Identifier(database)))
    timeouts = statement_timeouts(load_plan(), MigrationsSettings())
    # PostgreSQL comes without pgaudit here; the extensions are RDS' own.
    script = bootstrap_sql(database, timeouts, extensions=(), workflows=True)
    file = write_private(directory / f"bootstrap-{database}.sql", script.encode())
    verifiers = {
        role.variable: scram_verifier(
            passwords.get(role.name) or secrets.token_hex(16), secrets.token_bytes(16)
        )
        for role in roles_of(workflows=True).values()
    }
    psql = programs.pgbench.path.with_name("psql")
    run(
        [
            str(psql),
            "--no-psqlrc",
            "--quiet",
            f"--dbname={primary.conninfo(dbname=database, password=None)}",
            f"--file={file}",
        ],
        {**verifiers, "PGPASSWORD": primary.passwords["postgres"]},
    )
    with primary.connect(dbname=database) as superuser:
        for key in (RoleKey.APPLICATION, RoleKey.READ_ONLY):
            role = sql.Identifier(ROLES[key].name)
            superuser.execute(sql.SQL("alter role {} set log_statement = 'all'").format(role))
