"""Each rule finds what Citus refuses, at its line, and lets pass what Citus allows."""

from __future__ import annotations

from pathlib import Path

import pytest

from rf.check.sharding.check import RULES, check_schema
from rf.check.sharding.layout import Layout
from rf.check.sharding.reader import read_schema
from rf.check.sharding.schema import FindingLevel
from scaleplan.model import load_plan
from tests.commands.check.sharding_cases import CASES, REST

SCHEMAS = Path(__file__).with_name("schemas")
LAYOUT = Layout.from_plan(load_plan().sharding)


def found(sql: str, rule: str) -> list[tuple[str, int | None]]:
    """Table and line of each finding of one rule."""
    findings = check_schema(read_schema(sql), LAYOUT)
    return [(finding.table, finding.line) for finding in findings if finding.rule == rule]


@pytest.mark.parametrize(("rule", "broken", "table", "right"), CASES)
def test_a_rule_finds_what_breaks_it_and_nothing_else(
    rule: str, broken: str, table: str, right: str
) -> None:
    marked = 1 + broken[: broken.index("-- <<")].count("\n")
    assert found(broken + REST, rule) == [(table, marked)]
    assert found(right + REST, rule) == []


def test_a_table_that_no_statement_creates_has_no_line() -> None:
    assert found("SELECT 1;", "table-missing") == [
        (name, None)
        for name in ("artifacts", "audit_logs", "feature_flags", "organizations", "patients")
    ]


def test_a_reference_table_may_not_be_partitioned() -> None:
    sql = "CREATE TABLE organizations (id uuid) PARTITION BY HASH (id);"
    assert found(sql, "partitioning") == [("organizations", 1)]
    assert found("CREATE TABLE organizations (id uuid);", "partitioning") == []


def test_a_reference_table_may_have_any_key() -> None:
    rules = {f.rule for f in check_schema(read_schema(REST), LAYOUT) if f.table == "organizations"}
    assert rules == set()


def test_dropping_a_key_with_cascade_drops_the_foreign_keys_to_it() -> None:
    sql = (
        "CREATE TABLE patients (organization_id uuid, id uuid PRIMARY KEY);"
        "CREATE TABLE artifacts (organization_id uuid, p uuid REFERENCES patients (id));"
    )
    rule = "foreign-key-without-distribution-column"
    assert found(sql, rule) == [("artifacts", 1)]
    assert found(sql + "ALTER TABLE patients DROP CONSTRAINT patients_pkey CASCADE;", rule) == []


def test_foreign_keys_follow_a_renamed_table_and_column() -> None:
    sql = (
        "CREATE TABLE people (org uuid, id uuid, PRIMARY KEY (org, id));"
        "CREATE TABLE artifacts (organization_id uuid, p uuid,"
        " FOREIGN KEY (organization_id, p) REFERENCES people (org, id));"
        "ALTER TABLE people RENAME COLUMN org TO organization_id;"
    )
    assert found(sql, "foreign-key-to-local-table") == [("artifacts", 1)]
    renamed = sql + "ALTER TABLE people RENAME TO patients;"
    assert found(renamed, "foreign-key-to-local-table") == []
    assert found(renamed, "foreign-key-without-distribution-column") == []


def test_only_what_citus_allows_is_advice() -> None:
    findings = check_schema(read_schema((SCHEMAS / "broken.sql").read_text()), LAYOUT)
    assert {finding.rule for finding in findings if finding.level is FindingLevel.ADVICE} == {
        "sequence-too-small",
        "tenant-table-local",
        "tenant-identifier-missing",
    }


def test_every_rule_finds_something_in_the_broken_schema_and_nothing_in_the_correct_one() -> None:
    broken = read_schema((SCHEMAS / "broken.sql").read_text())
    correct = read_schema((SCHEMAS / "correct.sql").read_text())
    silent = [rule.__name__ for rule in RULES if not list(rule(broken, LAYOUT))]
    assert silent == []
    assert check_schema(correct, LAYOUT) == ()


def test_every_rule_has_an_id_of_its_own_a_source_and_a_case_here() -> None:
    broken = read_schema((SCHEMAS / "broken.sql").read_text())
    ids = [{finding.rule for finding in rule(broken, LAYOUT)} for rule in RULES]
    assert all(len(each) == 1 for each in ids)
    assert {each for some in ids for each in some} == {str(case.values[0]) for case in CASES}
    assert len({each for some in ids for each in some}) == len(RULES)
    assert [rule.__name__ for rule in RULES if "Source:" not in (rule.__doc__ or "")] == []


def test_every_finding_says_what_to_do() -> None:
    for finding in check_schema(read_schema((SCHEMAS / "broken.sql").read_text()), LAYOUT):
        assert finding.remedy, finding
        assert finding.problem, finding
