"""The bootstrap's SQL on a real PostgreSQL, run by a master user who is no superuser, as on RDS."""

import os
import secrets
import subprocess
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from psycopg import errors, sql
from psycopg.conninfo import make_conninfo

from rendering.bootstrap_sql import bootstrap_sql
from rendering.database_roles import (
    AUDIT_ROLE,
    ROLES,
    WORKFLOW_DATABASES,
    WORKFLOW_ROLE,
    RoleKey,
    roles_of,
)
from rendering.scram import scram_verifier
from rf.servers.postgres import DatabaseServers, Postgres
from rf.servers.programs import Programs

pytestmark = [pytest.mark.services, pytest.mark.xdist_group("services")]

APPLICATION = ROLES[RoleKey.APPLICATION].name
READ_ONLY = ROLES[RoleKey.READ_ONLY].name
MIGRATOR = ROLES[RoleKey.MIGRATOR].name


class Bootstrapped:
    """A database of the master's own, and psql to run the script in it as the Job does."""

    def __init__(self, server: Postgres, psql: Path, database: str, master: str) -> None:
        self.server, self.psql, self.database = server, psql, database
        self.master, self.master_password = master, secrets.token_hex(16)
        roles = roles_of(workflows=True).values()
        self.passwords = {role.name: secrets.token_hex(16) for role in roles}

    def run(self, *, workflows: bool = False) -> subprocess.CompletedProcess[str]:
        verifiers = {
            role.variable: scram_verifier(self.passwords[role.name], secrets.token_bytes(16))
            for role in roles_of(workflows=workflows).values()
        }
        return subprocess.run(
            [self.psql, "--no-psqlrc", "--quiet", "--dbname", self._conninfo(self.master)],
            # PostgreSQL 16 here comes without pgaudit; the extensions are RDS' own.
            input=bootstrap_sql(self.database, extensions=(), workflows=workflows),
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


@pytest.fixture
def fresh(programs: Programs, databases: DatabaseServers) -> Iterator[Bootstrapped]:
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


def test_it_runs_twice_without_error(fresh: Bootstrapped):
    for _ in range(2):
        result = fresh.run()
        assert result.returncode == 0, result.stderr
        assert "ERROR" not in result.stderr


@pytest.mark.parametrize("database", WORKFLOW_DATABASES)
def test_temporal_owns_its_two_databases_and_enters_no_other(fresh: Bootstrapped, database: str):
    for _ in range(2):
        result = fresh.run(workflows=True)
        assert result.returncode == 0, result.stderr
    with fresh.connect(WORKFLOW_ROLE.name, database) as temporal:
        temporal.execute("CREATE TABLE executions (shard_id integer)")
    with pytest.raises(psycopg.OperationalError, match="permission denied for database"):
        fresh.connect(WORKFLOW_ROLE.name)
    for other in (APPLICATION, READ_ONLY, MIGRATOR):
        with pytest.raises(psycopg.OperationalError, match="permission denied for database"):
            fresh.connect(other, database)


def test_each_role_does_its_work_and_no_more(fresh: Bootstrapped):
    assert fresh.run().returncode == 0
    with fresh.connect(MIGRATOR) as migrator:
        migrator.execute("CREATE TABLE patients (id int PRIMARY KEY)")
    with fresh.connect(APPLICATION) as application:
        application.execute("INSERT INTO patients VALUES (1)")
        for refused in (
            "DROP TABLE patients",
            "TRUNCATE patients",
            "DROP SCHEMA public CASCADE",
            "CREATE TABLE mine (id int)",
            "ALTER TABLE patients ADD COLUMN secret text",
        ):
            with pytest.raises(errors.InsufficientPrivilege):
                application.execute(refused)
    with fresh.connect(READ_ONLY) as reader:
        assert reader.execute("SELECT count(*) FROM patients").fetchone() == (1,)
        reader.execute("SET default_transaction_read_only = off")
        with pytest.raises(errors.InsufficientPrivilege):
            reader.execute("DELETE FROM patients")


def test_a_new_password_replaces_the_old_one(fresh: Bootstrapped):
    assert fresh.run().returncode == 0
    old = fresh.passwords[APPLICATION]
    fresh.passwords[APPLICATION] = secrets.token_hex(16)
    assert fresh.run().returncode == 0
    fresh.connect(APPLICATION).close()
    fresh.passwords[APPLICATION] = old
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        fresh.connect(APPLICATION)
