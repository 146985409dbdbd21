"""The bootstrap script: what it grants, that it can run again, and that it holds no secret.

What it does to a real server is for the tests with servers.
"""

import re

from rendering.database.bootstrap_sql import bootstrap_sql, content_hash
from rendering.database.role_timeouts import statement_timeouts
from rendering.database.roles import ROLES, RoleKey
from scaleplan.database.migrations import MigrationsSettings
from scaleplan.model import load_plan

TIMEOUTS = statement_timeouts(load_plan(), MigrationsSettings())
SCRIPT = bootstrap_sql("ros", TIMEOUTS)
STATEMENTS = re.sub(r"^--.*\n", "", SCRIPT, flags=re.MULTILINE)
APPLICATION, READ_ONLY, MIGRATOR = (
    ROLES[key].name for key in (RoleKey.APPLICATION, RoleKey.READ_ONLY, RoleKey.MIGRATOR)
)


def rights_of(role):
    """What each GRANT of the script gives the role: (rights, object)."""
    grants = re.findall(r"GRANT ([A-Z, ]+) ON (.+?) TO ([\w, ]+)", STATEMENTS)
    return {(rights, what) for rights, what, to in grants if role in re.split(r", ", to)}


def test_both_extensions_are_made_before_what_needs_them():
    for extension in ("pg_stat_statements", "pgaudit"):
        assert f"CREATE EXTENSION IF NOT EXISTS {extension};" in SCRIPT


def test_every_creation_looks_first_whether_it_is_there_so_that_it_can_run_again():
    for statement in re.split(r";\n|\\gexec\n", STATEMENTS):
        if re.search(r"\bCREATE (ROLE|EXTENSION|SCHEMA|TABLE)\b", statement):
            assert "NOT EXISTS" in statement, statement


def test_nothing_is_dropped_or_emptied():
    assert not re.search(r"\b(DROP|TRUNCATE|DELETE FROM|REASSIGN)\b", STATEMENTS)


def test_no_verifier_is_in_the_text_and_each_comes_quoted_from_the_environment():
    assert "SCRAM-SHA-256" not in SCRIPT
    assert "PASSWORD '" not in SCRIPT
    for role in ROLES.values():
        name = role.variable.lower()
        assert f"\\getenv {name} {role.variable}\n" in SCRIPT
        assert f"PASSWORD %L', :'{name}') \\gexec" in SCRIPT


def test_an_error_does_not_show_the_statement_and_stops_the_script():
    head = SCRIPT.split("CREATE EXTENSION")[0]
    assert "\\set ON_ERROR_STOP on" in head
    assert "\\set VERBOSITY terse" in head


def test_the_application_changes_rows_and_nothing_else():
    rights = {right for rights, _ in rights_of(APPLICATION) for right in rights.split(", ")}
    changes = {"DELETE", "INSERT", "UPDATE"}
    assert rights == changes | {"CONNECT", "SELECT", "TEMPORARY", "USAGE"}


def test_the_read_only_role_reads():
    rights = {right for rights, _ in rights_of(READ_ONLY) for right in rights.split(", ")}
    assert rights == {"CONNECT", "SELECT", "USAGE"}
    assert f"ALTER ROLE {READ_ONLY} SET default_transaction_read_only = on;" in SCRIPT


def test_only_the_migrator_creates():
    creating = {
        name
        for name in (APPLICATION, READ_ONLY, MIGRATOR)
        for rights, _ in rights_of(name)
        if "CREATE" in rights
    }
    assert creating == {MIGRATOR}
    assert "REVOKE ALL ON DATABASE ros FROM PUBLIC;" in SCRIPT
    assert "REVOKE ALL ON SCHEMA public FROM PUBLIC;" in SCRIPT


def test_no_role_gets_a_superusers_powers_or_the_masters():
    assert not re.search(r"(?<!NO)(SUPERUSER|CREATEROLE|CREATEDB|BYPASSRLS)", STATEMENTS)
    assert not re.search(r"GRANT (rds_superuser|ros)\b", STATEMENTS)


def test_another_text_has_another_hash():
    assert content_hash(SCRIPT) != content_hash(bootstrap_sql("other", TIMEOUTS))
    assert content_hash(SCRIPT) == content_hash(SCRIPT)
