"""A group of Citus as far as PostgreSQL alone is one: a server that archives its log."""

from __future__ import annotations

import os
import secrets
import signal
import subprocess
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import psycopg

from rf.shared.servers.processes import (
    Process,
    free_port,
    give_away,
    run,
    unprivileged,
    write_private,
)
from rf.shared.servers.programs import MissingServersError, Programs, services_folder

ADDRESS = "127.0.0.1"
SUPERUSER, DATABASE = "postgres", "postgres"
RESTORING = ("aws", "jq", "lz4", "psql")
"""What the runbook's commands call, beside PostgreSQL's own programs and the system's."""


def restoring_path(programs: Programs) -> str:
    """A PATH with the very PostgreSQL, then the clients. Raises MissingServersError."""
    # Where nobody can enter the folder, all of it was copied.
    copied = programs.pgbench.path.parent
    clients = copied if (copied / "aws").exists() else services_folder() / "bin"
    missing = [name for name in RESTORING if not (clients / name).exists()]
    if missing:
        raise MissingServersError(f"no {', '.join(missing)} in {clients}: run .ci/services")
    return os.pathsep.join([str(programs.postgres.path.parent), str(clients), os.environ["PATH"]])


@dataclass(frozen=True, kw_only=True)
class Group:
    """Where a server's data is, and what its clients and its archiver are told by environment."""

    data: Path
    environment: Mapping[str, str]
    log: Path = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "log", self.data.with_suffix(".log"))

    def connect(self) -> psycopg.Connection:
        """As superuser; each statement commits."""
        return psycopg.connect(
            host=ADDRESS,
            port=self.environment["PGPORT"],
            user=SUPERUSER,
            password=self.environment["PGPASSWORD"],
            dbname=self.environment["PGDATABASE"],
            autocommit=True,
        )

    def serves(self) -> bool:
        """Whether it takes writes: it runs, and replays no log."""
        try:
            with self.connect() as superuser:
                row = superuser.execute("select pg_is_in_recovery()").fetchone()
        except psycopg.OperationalError:
            return False
        return row == (False,)

    def start(self, stack: ExitStack, command: str = 'postgres -D "$PGDATA"') -> Process:
        """The server, not waited for; leaving `stack` stops it."""
        # SIGINT is PostgreSQL's fast shutdown.
        process = Process(
            ["bash", "-c", f"exec {command}"],
            self.log,
            signal.SIGINT,
            environment=self.environment,
        )
        stack.callback(process.stop)
        return process

    def shell(self, script: str, given: str = "") -> subprocess.CompletedProcess[str]:
        """What the script says and ends with, run as the page says: it stops at what fails.
        `given` is its input."""
        facts = [f"{key}={value}" for key, value in self.environment.items()]
        return subprocess.run(
            unprivileged(["env", *facts, "bash", "-euo", "pipefail", "-c", script]),
            cwd="/",
            input=given,
            capture_output=True,
            text=True,
            check=False,
        )


def new_group(
    programs: Programs, data: Path, environment: Mapping[str, str], settings: Mapping[str, str]
) -> Group:
    """An empty one, which doesn't run yet. What it is told stands in its own folder, as Patroni
    has it, so that a copy starts as it did."""
    password = secrets.token_hex(16)
    data.mkdir(mode=0o700)
    give_away(data)
    file = write_private(data.with_suffix(".password"), password.encode())
    initdb = [str(programs.initdb), "--pgdata", str(data), "--username", SUPERUSER]
    initdb += ["--auth=scram-sha-256", "--pwfile", str(file), "--data-checksums"]
    run([*initdb, "--no-locale", "--encoding=UTF8", "--no-sync"])
    write_private(
        data / "pg_hba.conf",
        b"host all all 127.0.0.1/32 scram-sha-256\nhost replication all 127.0.0.1/32 scram-sha-256",
    )
    port = free_port(ADDRESS)
    facts = {
        "listen_addresses": ADDRESS,
        "port": str(port),
        "unix_socket_directories": "",
        "fsync": "off",
        **settings,
    }
    lines = [f"{key} = {_quoted(value)}\n" for key, value in facts.items()]
    write_private(data / "postgresql.conf", "".join(lines).encode())
    clients = {
        "PGDATA": str(data),
        "PGHOST": ADDRESS,
        "PGPORT": str(port),
        "PGUSER": SUPERUSER,
        "PGPASSWORD": password,
        "PGDATABASE": DATABASE,
    }
    return Group(data=data, environment={**environment, **clients})


def _quoted(value: str) -> str:
    return "'" + value.replace("\\", "\\\\").replace("'", "''") + "'"
