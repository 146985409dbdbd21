"""The SQL that makes the roles on Citus: rights as on RDS, passwords quoted and in no log.

What it does to a server is for the tests with servers.
"""

import re
from typing import Any

import pglast
import pytest
from psycopg.conninfo import conninfo_to_dict

from rendering.citus.roles import citus_roles_sql
from rendering.database.bootstrap_sql import bootstrap_sql
from rendering.database.role_timeouts import statement_timeouts
from rendering.database.roles import ROLES
from scaleplan.database.migrations import MigrationsSettings
from scaleplan.model import load_plan

PASSWORDS = {role.name: f"Password1Of{key}" for key, role in ROLES.items()}
TIMEOUTS = statement_timeouts(load_plan(), MigrationsSettings())
SQL = citus_roles_sql("ros", PASSWORDS, TIMEOUTS)


def statements(sql, kind) -> list[Any]:
    parsed = [raw.stmt for raw in pglast.parse_sql(sql)]
    return [statement for statement in parsed if type(statement).__name__ == kind]


@pytest.mark.parametrize("password", ["plain0", "it's", 'a "word"', "back\\slash'"])
def test_a_password_arrives_as_it_is_in_the_role_and_in_what_nodes_log_in_with(password):
    (name, *_) = PASSWORDS
    sql = citus_roles_sql("ros", PASSWORDS | {name: password}, TIMEOUTS)
    role = statements(sql, "AlterRoleStmt")[0]
    options = {option.defname: option.arg for option in role.options}
    assert (role.role.rolename, options["password"].sval) == (name, password)
    _, user, login = statements(sql, "InsertStmt")[0].selectStmt.valuesLists[0]
    assert user.val.sval == name
    assert conninfo_to_dict(login.val.sval) == {"password": password}


def test_each_role_may_log_in_and_nodes_find_the_password_of_each():
    made = [role.role.rolename for role in statements(SQL, "AlterRoleStmt")]
    entries = [entry.selectStmt.valuesLists[0] for entry in statements(SQL, "InsertStmt")]
    assert made == [user.val.sval for _, user, _ in entries] == list(PASSWORDS)


def test_no_role_is_a_superuser_and_no_password_is_logged_or_sent_to_other_nodes():
    attributes = "NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS"
    assert SQL.count(attributes) == len(ROLES)
    first = min(SQL.index(password) for password in PASSWORDS.values())
    assert SQL.index("SET log_statement = 'none'") < first
    assert SQL.index("enable_ddl_propagation = off") < SQL.index("CREATE ROLE")


def test_it_grants_what_the_bootstrap_grants_on_rds():
    def rights(sql):
        # But for what only a master user needs, who is no superuser, and for what it finds.
        lines = "\n".join(line for line in sql.splitlines() if "CURRENT_USER" not in line)
        return re.findall(r"^(?:GRANT|REVOKE|ALTER DEFAULT|ALTER ROLE \w+ SET)[^;]+;", lines, re.M)

    assert len(rights(SQL)) == 22
    assert rights(SQL) == rights(bootstrap_sql("ros", TIMEOUTS))


def test_it_needs_no_psql():
    assert "\\" not in SQL
    assert pglast.parse_sql(SQL)


def test_a_zero_byte_is_refused():
    (name, *_) = PASSWORDS
    with pytest.raises(ValueError, match="zero byte"):
        citus_roles_sql("ros", PASSWORDS | {name: "a\0b"}, TIMEOUTS)
