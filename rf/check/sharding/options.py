"""`rf check sharding`: what keeps a schema from being distributed by Citus."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from rf.check.sharding.finding import Finding, Level

FORMAT = 1
"""Version of the JSON form; raised when a reader of the old form would misread the new one."""

_WIDTH_OF_FILES = 160
"""Columns when the output is no terminal, so that a log doesn't break every line."""


def sharding(
    schema: Annotated[
        Path,
        typer.Option(metavar="FILE.sql", help="SQL that creates the schema, or pg_dump's output."),
    ],
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON and nothing else.")] = False,
) -> None:
    """List every table of a PostgreSQL schema that breaks Citus' rules, with line and remedy.

    Which tables are distributed, by which column, and which are reference tables is the scale
    plan's decision. Exit codes: 0 nothing breaks a rule (advice may be given), 1 a rule is broken,
    2 the file can't be read or is no SQL.
    """
    try:
        findings = check_file(schema)
    except OSError as error:
        _fail(f"{schema}: {error.strerror or error}")
    except ValueError as error:
        line = getattr(error, "line", None)
        _fail(f"{schema}:{line}: {error}" if line else f"{schema}: {error}")
    errors = sum(finding.level is Level.ERROR for finding in findings)
    if as_json:
        sys.stdout.write(_as_json(schema, findings, errors))
    else:
        _show(schema, findings, errors)
    raise typer.Exit(1 if errors else 0)


def check_file(path: Path) -> tuple[Finding, ...]:
    """Findings of a schema file under the scale plan's layout.

    Raises OSError when it can't be read, UnicodeDecodeError when it is no UTF-8, and
    SchemaSyntaxError when PostgreSQL's parser refuses it.
    """
    from rf.check.sharding.check import check_schema  # noqa: PLC0415 - the parser takes long to load
    from rf.check.sharding.layout import Layout  # noqa: PLC0415
    from rf.check.sharding.reader import read_schema  # noqa: PLC0415
    from scaleplan.model import load_plan  # noqa: PLC0415

    schema = read_schema(path.read_text(encoding="utf-8-sig"))
    return check_schema(schema, Layout.from_plan(load_plan().sharding))


def _fail(message: str) -> NoReturn:
    typer.echo(message, err=True)
    raise typer.Exit(2)


def _as_json(path: Path, findings: Sequence[Finding], errors: int) -> str:
    document = {
        "format": FORMAT,
        "schema": str(path),
        "errors": errors,
        "findings": [finding.to_json() for finding in findings],
    }
    return json.dumps(document, sort_keys=True, indent=1, ensure_ascii=False) + "\n"


def _show(path: Path, findings: Sequence[Finding], errors: int) -> None:
    from rich.console import Console  # noqa: PLC0415
    from rich.markup import escape  # noqa: PLC0415
    from rich.table import Table  # noqa: PLC0415

    console = Console()
    if not console.is_terminal:
        console = Console(width=_WIDTH_OF_FILES, color_system=None)
    if findings:
        table = Table(show_lines=True)
        for heading in ("line", "table", "rule", "what is wrong", "remedy"):
            table.add_column(heading, justify="right" if heading == "line" else "left")
        for finding in findings:
            style = "red" if finding.level is Level.ERROR else "yellow"
            table.add_row(
                "-" if finding.line is None else str(finding.line),
                escape(finding.table),
                f"[{style}]{finding.rule}[/]\n{finding.level.value}",
                escape(finding.problem),
                escape(finding.remedy),
            )
        console.print(table)
    console.print(escape(_summary(path, findings, errors)), highlight=False)


def _summary(path: Path, findings: Sequence[Finding], errors: int) -> str:
    advice = len(findings) - errors
    told = f", {advice} of advice" if advice else ""
    if not errors:
        return f"{path}: breaks no rule of Citus{told}"
    tables = len({finding.table for finding in findings if finding.level is Level.ERROR})
    return f"{path}: {errors} errors in {tables} tables{told}"
