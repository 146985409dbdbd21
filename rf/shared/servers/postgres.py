"""PostgreSQL for one run: a primary and a replica that streams from it."""

from __future__ import annotations

import secrets
import signal
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo

from rf.shared.servers.certificates import KeyPair, LocalAuthority
from rf.shared.servers.processes import Process, free_port, give_away, run, write_private
from rf.shared.servers.programs import Programs
from scaleplan.model import load_plan

SUPERUSER, REPLICATOR, APPLICATION_USER = "postgres", "replicator", "ros"
DATABASE = load_plan().pgbouncer.database_name
PRIMARY_ADDRESS = "127.0.0.1"
REPLICA_SLOT = "replica"


@dataclass(frozen=True, kw_only=True)
class Postgres:
    """A running PostgreSQL, which takes nothing but TLS and SCRAM."""

    process: Process
    addresses: tuple[str, ...]
    port: int
    authority: LocalAuthority
    passwords: Mapping[str, str]

    def conninfo(self, user: str = SUPERUSER, **options: Any) -> str:
        """How to reach it without PgBouncer."""
        facts = {
            "host": self.addresses[0],
            "port": self.port,
            "user": user,
            "password": self.passwords[user],
            "dbname": DATABASE,
            "sslmode": "verify-full",
            "sslrootcert": str(self.authority.file),
        }
        return make_conninfo("", **(facts | options))

    def connect(self, user: str = SUPERUSER, **options: Any) -> psycopg.Connection:
        """A connection to it, without PgBouncer; each statement commits."""
        return psycopg.connect(self.conninfo(user, **options), autocommit=True)

    def accepts(self) -> bool:
        """Whether it lets its superuser in."""
        try:
            self.connect(dbname="postgres").close()
        except psycopg.OperationalError:
            return False
        return True


@dataclass(frozen=True, kw_only=True)
class DatabaseServers:
    """A primary, and a replica that streams from it under as many addresses as production has."""

    primary: Postgres
    replica: Postgres

    def backends(self, server: Postgres | None = None) -> int:
        """Connections that the application's user holds on a server, the primary unless told."""
        with (server or self.primary).connect() as superuser:
            return count_backends(superuser)


def count_backends(superuser: psycopg.Connection) -> int:
    """Connections of the application's user, seen from one that is already open."""
    row = superuser.execute(
        "select count(*) from pg_stat_activity where usename = %s", [APPLICATION_USER]
    ).fetchone()
    return row[0] if row else 0


def start_database_servers(
    stack: ExitStack,
    programs: Programs,
    directory: Path,
    replicas: int,
    *,
    max_connections: int = 100,
    settings: Mapping[str, Any] | None = None,
) -> DatabaseServers:
    """Start both; leaving `stack` stops them. `replicas` is how many addresses the replica has,
    `settings` are more of PostgreSQL's own."""
    replica_addresses = tuple(f"127.0.0.{2 + index}" for index in range(replicas))
    port = free_port(PRIMARY_ADDRESS, *replica_addresses)
    authority = LocalAuthority(directory, "database-ca")
    pair = authority.issue(PRIMARY_ADDRESS, *replica_addresses)
    # As a generated password may, these hold characters that files and URLs must escape.
    passwords = {
        user: f"\"'%/ {secrets.token_urlsafe(12)}"
        for user in (SUPERUSER, REPLICATOR, APPLICATION_USER)
    }
    common: dict[str, Any] = {"port": port, "authority": authority, "passwords": passwords}

    data = _empty_data_directory(directory / "primary")
    _initialise(programs, data, passwords[SUPERUSER])
    own = _settings(directory, pair, port) | {"max_connections": max_connections}
    started = {**own, **(settings or {})}
    primary = Postgres(
        process=_run_postgres(stack, programs, data, (PRIMARY_ADDRESS,), started),
        addresses=(PRIMARY_ADDRESS,),
        **common,
    )
    primary.process.wait_ready(primary.accepts)
    _create_roles(primary)

    copy = _empty_data_directory(directory / "replica")
    _back_up(programs, primary, copy)
    replica = Postgres(
        process=_run_postgres(stack, programs, copy, replica_addresses, started),
        addresses=replica_addresses,
        **common,
    )
    replica.process.wait_ready(lambda: replica.accepts() and _streams(primary))
    return DatabaseServers(primary=primary, replica=replica)


def _streams(primary: Postgres) -> bool:
    with primary.connect() as superuser:
        row = superuser.execute(
            "select count(*) from pg_stat_replication where state = 'streaming'"
        )
        return row.fetchone() == (1,)


def _empty_data_directory(path: Path) -> Path:
    path.mkdir(mode=0o700)
    give_away(path)
    return path


def _initialise(programs: Programs, data: Path, password: str) -> None:
    password_file = write_private(data.with_suffix(".password"), password.encode())
    initdb = [str(programs.initdb), "--pgdata", str(data), "--username", SUPERUSER]
    initdb += ["--auth=scram-sha-256", "--pwfile", str(password_file)]
    initdb += ["--no-locale", "--encoding=UTF8", "--no-sync"]
    run(initdb)
    hba = "".join(
        f"hostssl {database} {user} 127.0.0.0/8 scram-sha-256\n"
        for database, user in (("all", "all"), ("replication", REPLICATOR))
    )
    write_private(data / "pg_hba.conf", hba.encode())


def _settings(directory: Path, pair: KeyPair, port: int) -> dict[str, Any]:
    return {
        "port": port,
        "ssl": "on",
        "ssl_cert_file": write_private(directory / "postgres.crt", pair.certificate),
        "ssl_key_file": write_private(directory / "postgres.key", pair.key),
        "unix_socket_directories": "",
        "password_encryption": "scram-sha-256",
        "wal_level": "replica",
        "hot_standby": "on",
        # The run's data is thrown away with its folder.
        "fsync": "off",
        "jit": "off",
    }


def _run_postgres(
    stack: ExitStack,
    programs: Programs,
    data: Path,
    addresses: tuple[str, ...],
    settings: Mapping[str, Any],
) -> Process:
    facts = {**settings, "listen_addresses": ",".join(addresses)}
    options = [f"--{key.replace('_', '-')}={value}" for key, value in facts.items()]
    # SIGINT is PostgreSQL's fast shutdown: it lets no client hold it up.
    process = Process(
        [str(programs.postgres.path), "-D", str(data), *options],
        data.with_suffix(".log"),
        signal.SIGINT,
    )
    stack.callback(process.stop)
    return process


def _create_roles(primary: Postgres) -> None:
    create_user = sql.SQL("create role {} login password {}")
    create_database = sql.SQL("create database {} owner {}")
    application = sql.Identifier(APPLICATION_USER)
    with primary.connect(dbname="postgres") as superuser:
        for user in (REPLICATOR, APPLICATION_USER):
            password = sql.Literal(primary.passwords[user])
            superuser.execute(create_user.format(sql.Identifier(user), password))
        superuser.execute(sql.SQL("alter role {} replication").format(sql.Identifier(REPLICATOR)))
        superuser.execute(create_database.format(sql.Identifier(DATABASE), application))


def _back_up(programs: Programs, primary: Postgres, data: Path) -> None:
    """A copy that streams from the primary.

    Its recovery settings are written here: those of a newer pg_basebackup than the server have
    options that the server doesn't know.
    """
    source = primary.conninfo(REPLICATOR, dbname="replication")
    backup = [str(programs.pg_basebackup.path), "--pgdata", str(data), "--dbname", source]
    backup += ["--create-slot", f"--slot={REPLICA_SLOT}"]
    backup += ["--checkpoint=fast", "--wal-method=stream", "--no-sync"]
    run(backup)
    write_private(data / "standby.signal", b"")
    quoted = source.replace("\\", "\\\\").replace("'", "''")
    settings = f"primary_conninfo = '{quoted}'\nprimary_slot_name = '{REPLICA_SLOT}'\n"
    write_private(data / "postgresql.auto.conf", settings.encode())
