"""A database that the bootstrap's SQL was run in, by a master user who is no superuser."""

from __future__ import annotations

import os
import secrets
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo

from rendering.database.bootstrap_sql import bootstrap_sql
from rendering.database.role_timeouts import statement_timeouts
from rendering.database.roles import AUDIT_ROLE, WORKFLOW_DATABASES, RoleKey, roles_of
from rendering.database.scram import scram_verifier
from rf.shared.servers.postgres import DatabaseServers, Postgres
from rf.shared.servers.programs import Programs
from scaleplan.database.migrations import MigrationsSettings
from scaleplan.model import load_plan


class Bootstrapped:
    """A database of the master's own, and psql to run the script in it as the Job does."""

    def __init__(self, server: Postgres, psql: Path, database: str, master: str) -> None:
        self.server, self.psql, self.database = server, psql, database
        self.master, self.master_password = master, secrets.token_hex(16)
        roles = roles_of(workflows=True).values()
        self.passwords = {role.name: secrets.token_hex(16) for role in roles}

    def run(
        self, *, workflows: bool = False, timeouts: Mapping[RoleKey, int] | None = None
    ) -> subprocess.CompletedProcess[str]:
        """`timeouts` are the plan's unless given."""
        seconds = timeouts or statement_timeouts(load_plan(), MigrationsSettings())
        verifiers = {
            role.variable: scram_verifier(self.passwords[role.name], secrets.token_bytes(16))
            for role in roles_of(workflows=workflows).values()
        }
        return subprocess.run(
            [self.psql, "--no-psqlrc", "--quiet", "--dbname", self._conninfo(self.master)],
            # PostgreSQL 16 here comes without pgaudit; the extensions are RDS' own.
            input=bootstrap_sql(self.database, seconds, extensions=(), workflows=workflows),
            env=os.environ | verifiers,
            capture_output=True,
            text=True,
            check=False,
        )

    def connect(self, user: str, database: str | None = None) -> psycopg.Connection:
        return psycopg.connect(self._conninfo(user, database), autocommit=True)

    def _conninfo(self, user: str, database: str | None = None) -> str:
        password = self.passwords.get(user, self.master_password)
        superuser = self.server.conninfo(dbname=database or self.database)
        return make_conninfo(superuser, user=user, password=password)


@contextmanager
def fresh_database(programs: Programs, databases: DatabaseServers) -> Iterator[Bootstrapped]:
    """A database that the script was not run in yet; nothing of it is left after."""
    name = f"bootstrap_{uuid4().hex[:8]}"
    database = Bootstrapped(
        databases.primary, programs.pgbench.path.with_name("psql"), name, f"{name}_master"
    )
    owner, place = sql.Identifier(database.master), sql.Identifier(name)
    with databases.primary.connect() as superuser:
        superuser.execute(
            sql.SQL("CREATE ROLE {} LOGIN CREATEROLE CREATEDB PASSWORD {}").format(
                owner, sql.Literal(database.master_password)
            )
        )
        # RDS lets its master hand this one on (rds_superuser has it with the admin option).
        superuser.execute(sql.SQL("GRANT pg_monitor TO {} WITH ADMIN OPTION").format(owner))
        superuser.execute(sql.SQL("CREATE DATABASE {} OWNER {}").format(place, owner))
        try:
            yield database
        finally:
            for each in (place, *map(sql.Identifier, WORKFLOW_DATABASES)):
                superuser.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(each))
            for role in (*(role.name for role in roles_of(workflows=True).values()), AUDIT_ROLE):
                superuser.execute(sql.SQL("DROP ROLE IF EXISTS {}").format(sql.Identifier(role)))
            superuser.execute(sql.SQL("DROP ROLE {}").format(owner))
