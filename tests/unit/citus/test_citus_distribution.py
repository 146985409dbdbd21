"""The SQL that distributes tables: order, rules and repetition as far as text shows them.

What it does to a server is for the tests with servers.
"""

import pglast
import pytest

from rendering.citus.distribution import distribution_sql
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
