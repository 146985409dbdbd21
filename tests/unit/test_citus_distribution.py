"""The SQL for Citus: order, rules and repetition as far as text shows them, and secrets quoted.

What it does on a server was tried on PostgreSQL 16 with Citus' catalogue and functions replaced.
"""

from typing import Any

import pglast
import pytest
from psycopg.conninfo import conninfo_to_dict

from rendering.citus_distribution import distribution_sql
from rendering.citus_role import application_role_sql
from scaleplan.model import load_plan

PLAN = load_plan().sharding
SQL = distribution_sql(
    distributed_tables=PLAN.distributed_tables,
    reference_tables=PLAN.reference_tables,
    column=PLAN.distribution_column,
)


def statements(sql):
    """PostgreSQL's own parse of what psql would send."""
    lines = [line for line in sql.splitlines() if not line.startswith("\\set")]
    text = "\n".join(";" if line == "\\gexec" else line for line in lines)
    return [type(raw.stmt).__name__ for raw in pglast.parse_sql(text)]


def test_it_is_sql_that_postgres_accepts():
    assert statements(SQL).count("DoStmt") == 2


def test_nothing_is_ever_taken_away():
    kinds = set(statements(SQL))
    assert kinds <= {
        "VariableSetStmt",
        "DoStmt",
        "CreateStmt",
        "InsertStmt",
        "ViewStmt",
        "SelectStmt",
    }
    lowered = SQL.lower()
    forbidden = ("drop ", "truncate", "delete ", "undistribute", "alter ", "cascade", "update ")
    assert not [word for word in forbidden if word in lowered]


def test_the_first_mistake_ends_it_and_checks_come_before_changes():
    assert SQL.startswith("\\set ON_ERROR_STOP on\n")
    check, change = SQL.index("nothing was distributed"), SQL.index("create_reference_table")
    assert check < change < SQL.index("create_distributed_table")


@pytest.mark.parametrize(
    ("table", "kind"),
    [(name, "distributed") for name in PLAN.distributed_tables]
    + [(name, "reference") for name in PLAN.reference_tables],
)
def test_the_plans_tables_are_wanted(table, kind):
    assert f"('{table}', '{kind}')" in SQL


def test_a_table_that_a_subscription_fills_is_refused():
    assert "pg_subscription_rel" in SQL


def test_a_table_in_use_is_not_waited_for():
    assert "SET lock_timeout = '30s';" in SQL


def test_names_are_quoted():
    sql = distribution_sql(
        distributed_tables=["it's"], reference_tables=[], column="ten'ant", schema='a"b'
    )
    assert "('it''s', 'distributed')" in sql
    assert "'ten''ant'" in sql
    assert 'SET search_path = "a""b";' in sql
    assert "DoStmt" in statements(sql)


def test_a_table_is_of_one_kind():
    with pytest.raises(ValueError, match="named twice"):
        distribution_sql(distributed_tables=["a"], reference_tables=["a"], column="c")


@pytest.mark.parametrize("password", ["plain0", "it's", 'a "word"', "back\\slash'"])
def test_a_password_arrives_as_it_is_in_the_role_and_in_what_nodes_log_in_with(password):
    sql = application_role_sql("ros", password, "ros")
    parsed: dict[str, Any] = {type(raw.stmt).__name__: raw.stmt for raw in pglast.parse_sql(sql)}
    options = {option.defname: option.arg for option in parsed["AlterRoleStmt"].options}
    assert options["password"].sval == password
    login = parsed["InsertStmt"].selectStmt.valuesLists[0][2].val.sval
    assert conninfo_to_dict(login) == {"password": password}


def test_the_applications_role_is_no_superuser_and_its_password_is_not_logged():
    sql = application_role_sql("ros", "secret0", "ros")
    assert "NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS" in sql
    assert sql.index("SET log_statement = 'none'") < sql.index("secret0")
    assert sql.index("enable_ddl_propagation = off") < sql.index("CREATE ROLE")


def test_a_zero_byte_is_refused():
    with pytest.raises(ValueError, match="zero byte"):
        application_role_sql("ros", "a\0b", "ros")
