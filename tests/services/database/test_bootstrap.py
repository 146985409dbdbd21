"""The bootstrap's SQL on a real PostgreSQL, run by a master user who is no superuser, as on RDS."""

import secrets
from collections.abc import Iterator

import psycopg
import pytest
from psycopg import errors

from rendering.database.roles import ROLES, WORKFLOW_DATABASES, WORKFLOW_ROLE, RoleKey
from rf.shared.servers.postgres import DatabaseServers
from rf.shared.servers.programs import Programs
from tests.services.database.bootstrapped import Bootstrapped, fresh_database

pytestmark = pytest.mark.services

APPLICATION = ROLES[RoleKey.APPLICATION].name
READ_ONLY = ROLES[RoleKey.READ_ONLY].name
MIGRATOR = ROLES[RoleKey.MIGRATOR].name


@pytest.fixture
def fresh(programs: Programs, databases: DatabaseServers) -> Iterator[Bootstrapped]:
    with fresh_database(programs, databases) as database:
        yield database


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


NUMBERED = """
CREATE TABLE {table} (id bigserial PRIMARY KEY, name text);
CREATE SEQUENCE {table}_charts;
"""


@pytest.mark.parametrize("made", ["before the roles", "by a migration"])
def test_sequences_number_the_applications_rows_and_nobody_elses(fresh: Bootstrapped, made: str):
    """A table whose rows can't be numbered takes none, whatever the rights on the table are."""
    if made == "before the roles":
        with fresh.connect(fresh.master) as master:
            master.execute(NUMBERED.format(table="patients"))
    assert fresh.run().returncode == 0
    if made == "by a migration":
        with fresh.connect(MIGRATOR) as migrator:
            migrator.execute(NUMBERED.format(table="patients"))
    numbers = ("patients_id_seq", "patients_charts")
    with fresh.connect(APPLICATION) as application:
        inserted = "INSERT INTO patients (name) VALUES ('a'), ('b') RETURNING id"
        assert application.execute(inserted).fetchall() == [(1,), (2,)]
        assert application.execute("SELECT nextval('patients_charts')").fetchone() == (1,)
        for sequence in numbers:
            application.execute(f"SELECT currval('{sequence}'), last_value FROM {sequence}")
            with pytest.raises(errors.InsufficientPrivilege):
                application.execute(f"SELECT setval('{sequence}', 1)")
    with fresh.connect(READ_ONLY) as reader:
        reader.execute("SET default_transaction_read_only = off")
        for sequence in numbers:
            reader.execute(f"SELECT last_value FROM {sequence}")
            with pytest.raises(errors.InsufficientPrivilege):
                reader.execute(f"SELECT nextval('{sequence}')")


def test_a_new_password_replaces_the_old_one(fresh: Bootstrapped):
    assert fresh.run().returncode == 0
    old = fresh.passwords[APPLICATION]
    fresh.passwords[APPLICATION] = secrets.token_hex(16)
    assert fresh.run().returncode == 0
    fresh.connect(APPLICATION).close()
    fresh.passwords[APPLICATION] = old
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        fresh.connect(APPLICATION)
