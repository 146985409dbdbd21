"""`rf check sharding`: exit codes, both outputs, and files as pg_dump and psql write them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from rf.cli import app

SCHEMAS = Path(__file__).with_name("schemas")

PLANNED = """
CREATE TABLE public.organizations (id uuid PRIMARY KEY);
CREATE TABLE public.feature_flags (name text PRIMARY KEY);
CREATE TABLE public.artifacts (organization_id uuid NOT NULL);
CREATE TABLE public.audit_logs (organization_id uuid NOT NULL);
"""
"""All that the plan names but `patients`: six lines."""


def check(path: Path, *options: str) -> Result:
    return CliRunner().invoke(app, ["check", "sharding", "--schema", str(path), *options])


def findings(directory: Path, sql: str) -> list[tuple[int, str, str]]:
    """Line, table and rule of what is found in the SQL."""
    path = directory / "schema.sql"
    path.write_text(sql, encoding="utf-8")
    result = check(path, "--json")
    assert result.exit_code in (0, 1), result.stderr
    listed = json.loads(result.stdout)["findings"]
    return [(finding["line"], finding["table"], finding["rule"]) for finding in listed]


def test_a_correct_schema_is_clean() -> None:
    result = check(SCHEMAS / "correct.sql")
    assert result.exit_code == 0
    assert "breaks no rule" in result.stdout


def test_a_broken_schema_lists_table_line_rule_and_remedy() -> None:
    result = check(SCHEMAS / "broken.sql")
    assert result.exit_code == 1
    (row,) = [line for line in result.stdout.splitlines() if "primary-key" in line]
    assert [cell.strip() for cell in row.split("│")[1:4]] == ["18", "patients", "primary-key"]
    assert "make it PRIMARY KEY (organization_id, id)" in row
    assert "25 errors in 7 tables, 6 of advice" in result.stdout


def test_json_is_complete_and_the_same_on_every_run() -> None:
    first, second = check(SCHEMAS / "broken.sql", "--json"), check(SCHEMAS / "broken.sql", "--json")
    assert first.exit_code == 1
    assert first.stdout == second.stdout
    document = json.loads(first.stdout)
    assert document["format"] == 1
    assert document["errors"] == 25
    assert len(document["findings"]) == 31
    assert {tuple(sorted(finding)) for finding in document["findings"]} == {
        ("level", "line", "problem", "remedy", "rule", "table")
    }
    lines = [finding["line"] or 0 for finding in document["findings"]]
    assert lines == sorted(lines)


def test_advice_alone_is_no_failure(tmp_path: Path) -> None:
    path = tmp_path / "schema.sql"
    table = "CREATE TABLE patients (organization_id uuid NOT NULL, n serial);"
    path.write_text(PLANNED + table, encoding="utf-8")
    result = check(path)
    assert result.exit_code == 0
    assert "sequence-too-small" in result.stdout
    assert "breaks no rule of Citus, 1 of advice" in result.stdout


@pytest.mark.parametrize(
    ("content", "said"),
    [
        pytest.param(
            "CREATE TABLE é (a int);\n\nCREATE TABLE b (\n  c int,,\n);", ":4: syntax", id="comma"
        ),
        pytest.param(
            "SELECT 1;\nCREATE TABLE a (b text DEFAULT 'x", ":2: unterminated", id="quote"
        ),
        pytest.param("SELECT 1;\nCREATE TABLE a (", ":2: syntax error at end", id="cut off"),
    ],
)
def test_sql_that_does_not_parse_names_file_and_line(
    tmp_path: Path, content: str, said: str
) -> None:
    path = tmp_path / "schema.sql"
    path.write_text(content, encoding="utf-8")
    result = check(path)
    assert result.exit_code == 2
    assert result.stderr.startswith(f"{path}{said}")
    assert result.stdout == ""


def test_a_file_that_cannot_be_read_is_bad_input(tmp_path: Path) -> None:
    missing = check(tmp_path / "none.sql")
    assert (missing.exit_code, missing.stdout) == (2, "")
    assert "No such file" in missing.stderr
    binary = tmp_path / "dump.bin"
    binary.write_bytes(b"PGDMP\xff\xfe\x00")
    assert check(binary).exit_code == 2


def test_psql_commands_and_rows_of_a_dump_are_skipped_and_lines_stay_right(tmp_path: Path) -> None:
    sql = (
        "\\restrict abc'def\n"
        "SELECT pg_catalog.set_config('search_path', '', false);\n"
        "  \\connect other\n"
        "COPY public.notes (a, b) FROM stdin;\n"
        "It's; CREATE TABLE x (\t$$ -- /* \\N\n"
        "\\\\.\t\\.\n"
        "\\.\n"
        "\\copy notes from STDIN\n"
        "row's 1\n"
        "\\.\n"
        "CREATE TABLE public.patients (organization_id uuid NOT NULL,\n"
        " id uuid);\n"
        "ALTER TABLE ONLY public.patients\n"
        "    ADD CONSTRAINT patients_pkey PRIMARY KEY (id);\n"
    )
    assert findings(tmp_path, sql + PLANNED) == [(14, "patients", "primary-key")]


def test_what_looks_like_a_command_inside_text_stays_text(tmp_path: Path) -> None:
    sql = (
        "CREATE FUNCTION f() RETURNS text LANGUAGE plpgsql AS $body$\n"
        "\\connect nowhere; COPY t FROM stdin;\n"
        "$body$;\n"
        "/* /* nested */ COPY t FROM stdin; '\n"
        "*/\n"
        "COMMENT ON FUNCTION f() IS 'COPY t FROM stdin;\n"
        "\\restrict; it''s';\n"
        'SELECT E\'\\\'; COPY t FROM stdin;\', "a;""b" FROM f; -- COPY t FROM stdin;\n'
        "CREATE TABLE patients (organization_id uuid NOT NULL, id uuid PRIMARY KEY);\n"
    )
    assert findings(tmp_path, sql + PLANNED) == [(9, "patients", "primary-key")]


def test_lines_count_characters_of_any_width_and_windows_line_ends(tmp_path: Path) -> None:
    sql = (
        "-- Ünïcödé 漢字 🙂\r\n"
        "CREATE TABLE patients ( -- ñ\r\n"
        "  organization_id uuid NOT NULL,\r\n"
        '  "größe" text,\r\n'
        "  id uuid PRIMARY KEY\r\n"
        ");\r\n"
    )
    path = tmp_path / "schema.sql"
    path.write_bytes(b"\xef\xbb\xbf" + (sql + PLANNED).encode())
    listed = json.loads(check(path, "--json").stdout)["findings"]
    assert [(finding["line"], finding["rule"]) for finding in listed] == [(5, "primary-key")]
