"""The way from RDS to Citus and back, by the commands of docs/sharding.md, on two PostgreSQL 16.

Neither has Citus: distribution is played by functions that take its names.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from rendering.citus.distribution import distribution_sql
from rendering.database.roles import ROLES, RoleKey
from rf.shared.project import PROJECT_ROOT
from rf.shared.servers.certificates import LocalAuthority
from rf.shared.servers.processes import wait_until, write_private
from rf.shared.servers.programs import MissingServersError, Programs
from scaleplan.model import load_plan
from tests.played_page import played_blocks
from tests.services.citus.group import ADDRESS, Group, new_group, restoring_path
from tests.services.conftest import without
from tests.services.shared.starting import own_directory

pytestmark = pytest.mark.services

BLOCKS = played_blocks("sharding.md")
PLAN = load_plan().sharding
DATABASE = load_plan().pgbouncer.database_name
MIGRATOR = ROLES[RoleKey.MIGRATOR].name
STUB = (PROJECT_ROOT / "tests/services/database/citus_stub.sql").read_text(encoding="utf-8")
FILLING = "filling-password"

ON_RDS = """
CREATE EXTENSION pg_stat_statements;
CREATE ROLE rds_replication;
CREATE TABLE organizations (id uuid PRIMARY KEY);
CREATE TABLE feature_flags (name text PRIMARY KEY);
CREATE TABLE patients (
    organization_id uuid NOT NULL REFERENCES organizations, id uuid, name text,
    PRIMARY KEY (organization_id, id));
CREATE TABLE artifacts (id uuid PRIMARY KEY, patient_id uuid NOT NULL, path text);
CREATE TABLE audit_logs (
    organization_id uuid NOT NULL, id bigserial, at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (organization_id, id));
INSERT INTO organizations SELECT gen_random_uuid() FROM generate_series(1, 5);
INSERT INTO feature_flags VALUES ('beta');
INSERT INTO patients SELECT id, gen_random_uuid(), 'Ada'
FROM organizations, generate_series(1, 40);
INSERT INTO artifacts SELECT gen_random_uuid(), id, 'paper' FROM patients, generate_series(1, 60);
INSERT INTO audit_logs (organization_id) SELECT organization_id FROM patients;
"""
"""Half-way: `artifacts` names no tenant yet, and has more rows than one batch takes."""

LATER = """
INSERT INTO patients SELECT id, gen_random_uuid(), 'Eve' FROM organizations;
UPDATE patients SET name = 'Ida' WHERE id IN (SELECT id FROM patients LIMIT 7);
DELETE FROM artifacts WHERE id IN (SELECT id FROM artifacts LIMIT 11);
INSERT INTO audit_logs (organization_id) SELECT id FROM organizations;
"""
"""Written while Citus is being filled."""


@dataclass(frozen=True, kw_only=True)
class Sides:
    """Where the data is, and where it goes."""

    rds: Group
    citus: Group
    folder: Path

    def psql(self, side: Group, script: str) -> str:
        """What psql says to a script, up to its first error, which fails the test."""
        done = side.shell("psql -XAtq -v ON_ERROR_STOP=1", script)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout.strip()

    def shell(self, script: str) -> subprocess.CompletedProcess[str]:
        """A block of shell with both URLs, in a folder of ours."""
        urls = {"RDS_URL": _url(self.rds), "CITUS_URL": _url(self.citus)}
        path = os.pathsep.join([str(Path(sys.executable).parent), self.rds.environment["PATH"]])
        return subprocess.run(
            ["bash", "-euo", "pipefail", "-c", script],
            cwd=self.folder,
            env={**os.environ, **urls, "PATH": path, "PYTHONPATH": str(PROJECT_ROOT)},
            capture_output=True,
            text=True,
            check=False,
        )

    def differing(self) -> list[str]:
        """Tables whose tenants aren't the same on both sides, by the comparison of the page."""
        return [
            table
            for table in PLAN.distributed_tables
            if len({self.psql(side, _of(table)) for side in (self.rds, self.citus)}) > 1
        ]


def _of(table: str) -> str:
    return BLOCKS["compare"].replace("patients", table)


def _url(side: Group) -> str:
    told = side.environment
    login = f"{told['PGUSER']}:{told['PGPASSWORD']}"
    return f"postgresql://{login}@{ADDRESS}:{told['PGPORT']}/{told['PGDATABASE']}"


def _filled_in(block: str, **facts: str) -> str:
    """A block with what its reader puts for these words of it."""
    for word, fact in facts.items():
        assert block.count(word) == 1, word
        block = block.replace(word, fact)
    return block


@pytest.fixture
def sides(programs: Programs, run_directory: Path) -> Iterator[Sides]:
    directory = own_directory(run_directory, "way-")
    try:
        environment = {"PATH": restoring_path(programs)}
    except MissingServersError as error:
        without(error)
    pair = LocalAuthority(directory, "rds-ca").issue(ADDRESS)
    settings = {
        "wal_level": "logical",
        "shared_preload_libraries": "pg_stat_statements",
        "ssl": "on",
        "ssl_cert_file": str(write_private(directory / "rds.crt", pair.certificate)),
        "ssl_key_file": str(write_private(directory / "rds.key", pair.key)),
    }
    with ExitStack() as stack:
        both = [
            _started(stack, new_group(programs, directory / name, environment, settings))
            for name in ("rds", "citus")
        ]
        yield Sides(rds=both[0], citus=both[1], folder=directory)


def _started(stack: ExitStack, server: Group) -> Group:
    server.start(stack).wait_ready(server.serves)
    with server.connect() as superuser:
        superuser.execute(f"CREATE DATABASE {DATABASE}".encode())
    return replace(server, environment={**server.environment, "PGDATABASE": DATABASE})


def test_tenants_move_from_rds_to_the_coordinator_while_they_are_written_to_and_can_come_back(
    sides: Sides,
):
    rds, citus = sides.rds, sides.citus
    sides.psql(rds, ON_RDS)
    _name_the_tenant(sides)
    _take_the_schema_over(sides)
    _fill(sides)
    _let_go(sides)

    # Distribution, and the rest of the way, need Citus; this much of the job is PostgreSQL's own.
    sides.psql(citus, STUB)
    distribute = distribution_sql(
        distributed_tables=PLAN.distributed_tables,
        reference_tables=PLAN.reference_tables,
        column=PLAN.distribution_column,
    )
    sides.psql(citus, distribute)
    calls = sides.psql(citus, "SELECT call FROM calls WHERE call LIKE 'distributed %'").split("\n")
    assert {call.removeprefix("distributed ") for call in calls} == set(PLAN.distributed_tables)

    sides.psql(citus, "DELETE FROM patients WHERE name = 'Ida'")
    assert sides.differing() == ["patients"]
    back = sides.shell(BLOCKS["back"])
    assert back.returncode == 0, back.stderr
    returned = sides.psql(rds, _of("patients_back"))
    assert returned == sides.psql(citus, BLOCKS["compare"])


def _name_the_tenant(sides: Sides) -> None:
    """Steps 1 and 2."""
    rds = sides.rds
    unnamed = "SELECT count(*) FROM artifacts WHERE path = 'paper'"
    named_once = (
        "SELECT count(*) FROM patients AS p JOIN artifacts AS a ON a.patient_id = p.id"
        " WHERE p.organization_id = gen_random_uuid()"
    )
    named = "SELECT count(*) FROM patients WHERE organization_id = gen_random_uuid()"
    for query in (unnamed, named_once, named):
        sides.psql(rds, query)
    found = sides.psql(rds, BLOCKS["audit"]).replace("$1", "'paper'")
    assert [query in found for query in (unnamed, named_once, named)] == [True, True, False]

    sides.psql(rds, BLOCKS["tenant-column"])
    batches = 0
    while sides.psql(rds, "\\set QUIET off\n" + BLOCKS["tenant-batch"]) != "UPDATE 0":
        batches += 1
    assert batches > 1
    sides.psql(rds, BLOCKS["tenant-key"])


def _take_the_schema_over(sides: Sides) -> None:
    """Step 4, its first half: the very file that was judged is loaded."""
    taken = sides.shell(BLOCKS["schema"])
    assert taken.returncode == 0, taken.stdout + taken.stderr
    sides.psql(sides.citus, f"CREATE ROLE {MIGRATOR}; GRANT CREATE ON SCHEMA public TO {MIGRATOR}")
    sides.psql(sides.citus, f"SET ROLE {MIGRATOR};\n{(sides.folder / 'schema.sql').read_text()}")


def _fill(sides: Sides) -> None:
    """Step 4, its second half."""
    rds, citus = sides.rds, sides.citus
    sides.psql(rds, _filled_in(BLOCKS["publish"], **{"…": FILLING}))
    # On RDS the role that is granted here lets replicate; PostgreSQL has an attribute for it.
    sides.psql(rds, "ALTER ROLE filling REPLICATION")
    facts = {
        "<primary address> port=5432": f"{ADDRESS} port={rds.environment['PGPORT']}",
        "…": FILLING,
    }
    subscribe, _, progress = _filled_in(BLOCKS["subscribe"], **facts).partition("\n\n")
    sides.psql(citus, subscribe)
    sides.psql(rds, LATER)
    wait_until(
        lambda: {line[-1] for line in sides.psql(citus, progress).split("\n")} == {"r"},
        "every table follows",
    )
    assert sides.psql(rds, BLOCKS["held-back"]).startswith("from_rds|t|")


def _let_go(sides: Sides) -> None:
    """Step 6, 1 to 4."""
    rds, citus = sides.rds, sides.citus
    noted = sides.psql(rds, "SELECT pg_current_wal_lsn()")
    nothing_left = _filled_in(BLOCKS["nothing-left"], **{"<noted>": noted})
    wait_until(lambda: sides.psql(rds, nothing_left) == "t", "nothing is left")
    assert sides.differing() == []
    # Replication carries no sequence: without the block's second line, ids would come again.
    ids = "SELECT last_value, (SELECT max(id) FROM audit_logs) FROM audit_logs_id_seq"
    next_id, last_id = sides.psql(citus, ids).split("|")
    assert next_id == "1" != last_id
    sides.psql(citus, BLOCKS["let-go"])
    assert sides.psql(citus, ids) == f"{last_id}|{last_id}"
    assert sides.psql(rds, "SELECT count(*) FROM pg_replication_slots") == "0"
    owner = "SELECT DISTINCT tableowner FROM pg_tables WHERE schemaname = 'public'"
    assert sides.psql(citus, owner) == MIGRATOR
