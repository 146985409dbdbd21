"""The SQL for Citus on a real PostgreSQL, with Citus' catalogue and functions replaced."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import LiteralString
from uuid import uuid4

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from rendering.citus.distribution import distribution_sql
from rendering.citus.roles import citus_roles_sql
from rendering.database.role_timeouts import statement_timeouts
from rendering.database.roles import ROLES, RoleKey
from rf.shared.project import PROJECT_ROOT
from rf.shared.servers.postgres import DatabaseServers
from rf.shared.servers.programs import Programs
from scaleplan.database.migrations import MigrationsSettings
from scaleplan.model import load_plan

pytestmark = pytest.mark.services

TIMEOUTS = statement_timeouts(load_plan(), MigrationsSettings())
PLAN = load_plan().sharding
DISTRIBUTE = distribution_sql(
    distributed_tables=PLAN.distributed_tables,
    reference_tables=PLAN.reference_tables,
    column=PLAN.distribution_column,
)
STUB = (PROJECT_ROOT / "tests/services/database/citus_stub.sql").read_text(encoding="utf-8")

TABLES = """
CREATE TABLE organizations (id uuid PRIMARY KEY);
CREATE TABLE feature_flags (name text PRIMARY KEY, organization uuid REFERENCES organizations);
CREATE TABLE patients (
    organization_id uuid NOT NULL REFERENCES organizations, id uuid,
    PRIMARY KEY (organization_id, id));
CREATE TABLE artifacts (
    organization_id uuid NOT NULL REFERENCES organizations, id uuid, patient uuid,
    PRIMARY KEY (organization_id, id),
    FOREIGN KEY (organization_id, patient) REFERENCES patients);
"""


@dataclass(frozen=True)
class Database:
    """A new database on the primary, and psql to run scripts in it as the job does."""

    conninfo: str
    psql: Path

    def run(self, script: str) -> subprocess.CompletedProcess[str]:
        command = [self.psql, "--no-psqlrc", "--quiet", "--dbname", self.conninfo]
        return subprocess.run(command, input=script, capture_output=True, text=True, check=False)

    def rows(self, query: LiteralString) -> list[tuple]:
        with psycopg.connect(self.conninfo, autocommit=True) as connection:
            return connection.execute(query).fetchall()

    def calls(self) -> list[str]:
        return [call for (call,) in self.rows("SELECT call FROM calls ORDER BY number")]


@pytest.fixture
def database(databases: DatabaseServers, programs: Programs) -> Iterator[Database]:
    name = f"citus_{uuid4().hex}"
    with databases.primary.connect() as superuser:
        superuser.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        made = Database(
            databases.primary.conninfo(dbname=name), programs.pgbench.path.with_name("psql")
        )
        assert made.run(STUB).returncode == 0
        yield made
        superuser.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def test_what_points_elsewhere_is_distributed_after_it_and_a_second_run_does_nothing(
    database: Database,
):
    database.run(TABLES)
    first = database.run(DISTRIBUTE)
    assert first.returncode == 0, first.stderr
    assert "audit_logs is absent: skipped" in first.stdout
    expected = [
        "reference feature_flags",
        "reference organizations",
        "distributed patients",
        "distributed artifacts",
    ]
    assert database.calls() == expected
    assert database.run(DISTRIBUTE).returncode == 0
    assert database.calls() == expected


def test_a_table_that_comes_later_is_distributed_then(database: Database):
    database.run(TABLES)
    database.run(DISTRIBUTE)
    database.run("CREATE TABLE audit_logs (organization_id uuid NOT NULL, at timestamptz)")
    assert database.run(DISTRIBUTE).returncode == 0
    assert database.calls()[-1] == "distributed audit_logs"


def test_before_the_first_migration_nothing_happens(database: Database):
    assert database.run(DISTRIBUTE).returncode == 0
    assert database.calls() == []


@pytest.mark.parametrize(
    ("schema", "mistake"),
    [
        ("CREATE TABLE audit_logs (id int)", "audit_logs has no column organization_id"),
        (
            "CREATE TABLE audit_logs (organization_id uuid)",
            "audit_logs.organization_id may be null",
        ),
        (
            "CREATE TABLE audit_logs (organization_id uuid NOT NULL, id int UNIQUE)",
            "audit_logs: audit_logs_id_key must contain organization_id",
        ),
        (
            "CREATE TABLE audit_logs (organization_id text NOT NULL)",
            "the tables have organization_id of different types",
        ),
        (
            "CREATE TABLE sites (id int PRIMARY KEY); CREATE TABLE audit_logs"
            " (organization_id uuid NOT NULL, site int REFERENCES sites)",
            "points to sites, which is neither distributed nor a reference table",
        ),
        (
            "ALTER TABLE organizations ADD owner uuid, ADD FOREIGN KEY (id, owner)"
            " REFERENCES patients (organization_id, id)",
            "a reference table may not point (organizations_id_owner_fkey) to the distributed"
            " table patients",
        ),
        (
            "INSERT INTO pg_dist_partition VALUES ('patients', 'id', 's')",
            "patients is distributed by id, not as wanted",
        ),
        (
            "CREATE SUBSCRIPTION filling_SUFFIX CONNECTION 'host=nowhere' PUBLICATION p"
            " WITH (connect = false); SET allow_system_table_mods = on;"
            " INSERT INTO pg_subscription_rel SELECT oid, 'patients'::regclass, 'i', NULL"
            " FROM pg_subscription WHERE subname = 'filling_suffix'",
            "patients is being filled by subscription filling_suffix",
        ),
    ],
)
def test_a_broken_rule_is_named_and_nothing_is_distributed(
    database: Database, schema: str, mistake: str
):
    database.run(TABLES)
    made = database.run(schema)
    assert "ERROR" not in made.stderr, made.stderr
    run = database.run(DISTRIBUTE)
    assert run.returncode != 0
    assert mistake in run.stderr
    assert database.calls() == []
    if "SUBSCRIPTION" in schema:
        database.run(
            "ALTER SUBSCRIPTION filling_suffix SET (slot_name = NONE);"
            " DROP SUBSCRIPTION filling_suffix"
        )


@dataclass(frozen=True)
class Node:
    """A database with the roles in it, each with its password."""

    database: Database
    passwords: dict[str, str]

    def connect(self, key: RoleKey) -> psycopg.Connection:
        user = ROLES[key].name
        conninfo = make_conninfo(self.database.conninfo, user=user, password=self.passwords[user])
        return psycopg.connect(conninfo, autocommit=True)


@pytest.fixture
def node(database: Database) -> Iterator[Node]:
    """The script has run twice, in one go each time, as the operator sends it."""
    # As a generated password may, one holds characters that SQL and connection strings escape.
    passwords = {role.name: f"""it's "{key}" \\ """ for key, role in ROLES.items()}
    name = str(conninfo_to_dict(database.conninfo)["dbname"])
    script = citus_roles_sql(name, passwords, TIMEOUTS)
    names = [sql.Identifier(role) for role in passwords]
    with psycopg.connect(database.conninfo, autocommit=True) as superuser:
        there = superuser.execute("SELECT rolname FROM pg_roles").fetchall()
        assert not set(passwords) & {role for (role,) in there}, "another test needs them"
        for _ in range(2):
            superuser.execute(script.encode())
        superuser.execute("RESET ALL")
        yield Node(database, passwords)
        for statement in (sql.SQL("DROP OWNED BY {} CASCADE"), sql.SQL("DROP ROLE {}")):
            for role in names:
                superuser.execute(statement.format(role))


def test_nodes_find_the_password_of_each_role(node: Node):
    entries = dict(node.database.rows("SELECT rolename, authinfo FROM pg_dist_authinfo"))
    logins = {user: conninfo_to_dict(login) for user, login in entries.items()}
    assert logins == {user: {"password": text} for user, text in node.passwords.items()}


def test_tables_of_migrations_are_the_applications_and_the_readers_to_use(node: Node):
    with node.connect(RoleKey.MIGRATOR) as migrator:
        migrator.execute("CREATE TABLE patients (id serial PRIMARY KEY, name text)")
    with node.connect(RoleKey.APPLICATION) as application:
        application.execute("INSERT INTO patients (name) VALUES ('Ada')")
        application.execute("UPDATE patients SET name = 'Ida'")
        for forbidden in (
            "DROP TABLE patients",
            "ALTER TABLE patients ADD more int",
            "TRUNCATE patients",
            "CREATE TABLE mine (id int)",
            "DROP SCHEMA public CASCADE",
            "SELECT authinfo FROM pg_dist_authinfo",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                application.execute(forbidden)
    with node.connect(RoleKey.READ_ONLY) as reader:
        assert reader.execute("SELECT name FROM patients").fetchall() == [("Ida",)]
        with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
            reader.execute("DELETE FROM patients")
        reader.execute("SET default_transaction_read_only = off")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            reader.execute("DELETE FROM patients")


@pytest.mark.parametrize("key", ROLES)
def test_a_statement_of_each_role_ends_on_citus_when_it_does_on_rds(node: Node, key: RoleKey):
    with node.connect(key) as connection:
        row = connection.execute(
            "SELECT setting::int / 1000 FROM pg_settings WHERE name = 'statement_timeout'"
        ).fetchone()
        checks = connection.execute("SHOW client_connection_check_interval").fetchone()
    assert row == (TIMEOUTS[key],)
    assert checks == ("1s",)


def test_the_job_distributes_tables_that_the_migrator_owns(node: Node):
    with node.connect(RoleKey.MIGRATOR) as migrator:
        migrator.execute(TABLES)
    run = node.database.run(DISTRIBUTE)
    assert run.returncode == 0, run.stderr
    assert "distributed patients" in node.database.calls()
