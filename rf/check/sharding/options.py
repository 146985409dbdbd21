"""`rf check sharding`: what keeps a schema from being distributed by Citus."""
# ruff: noqa: PLC0415 - the parser of SQL takes long to load

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from rf.shared.command_line import AsJson, reported


def sharding(
    schema: Annotated[
        Path,
        typer.Option(metavar="FILE.sql", help="SQL that creates the schema, or pg_dump's output."),
    ],
    as_json: AsJson = False,
) -> None:
    """List every table of a PostgreSQL schema that breaks Citus' rules, with line and remedy.

    Which tables are distributed, by which column, and which are reference tables is the scale
    plan's decision. Exit codes: 0 nothing breaks a rule (advice may be given), 1 a rule is broken,
    2 the file can't be read or is no SQL.
    """
    with reported():
        from rf.check.sharding.check import check_file
        from rf.check.sharding.schema import FindingLevel
        from rf.check.sharding.view import show

        findings = check_file(schema)
    show(schema, findings, as_json=as_json)
    raise typer.Exit(1 if any(each.level is FindingLevel.ERROR for each in findings) else 0)
