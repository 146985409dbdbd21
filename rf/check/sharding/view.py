"""What breaks Citus' rules in a schema, a row each with its remedy."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from rich.markup import escape
from rich.table import Table

from rf.check.sharding.schema import FindingLevel, SchemaFinding
from rf.shared.terminal import print_json, terminal

FORMAT = 1
"""Version of the JSON form; raised when a reader of the old form would misread the new one."""


def show(path: Path, findings: Sequence[SchemaFinding], *, as_json: bool) -> None:
    """Print the findings of a schema file, errors and advice."""
    errors = sum(finding.level is FindingLevel.ERROR for finding in findings)
    if as_json:
        document = {
            "format": FORMAT,
            "schema": str(path),
            "errors": errors,
            "findings": [finding.to_json() for finding in findings],
        }
        print_json(document, sort_keys=True, ensure_ascii=False)
        return
    console = terminal()
    if findings:
        table = Table(show_lines=True)
        for heading in ("line", "table", "rule", "what is wrong", "remedy"):
            table.add_column(heading, justify="right" if heading == "line" else "left")
        for finding in findings:
            style = "red" if finding.level is FindingLevel.ERROR else "yellow"
            table.add_row(
                "-" if finding.line is None else str(finding.line),
                escape(finding.table),
                f"[{style}]{finding.rule}[/]\n{finding.level.value}",
                escape(finding.problem),
                escape(finding.remedy),
            )
        console.print(table)
    console.print(escape(_summary(path, findings, errors)), highlight=False)


def _summary(path: Path, findings: Sequence[SchemaFinding], errors: int) -> str:
    advice = len(findings) - errors
    advice_count = f", {advice} of advice" if advice else ""
    if not errors:
        return f"{path}: breaks no rule of Citus{advice_count}"
    tables = len({finding.table for finding in findings if finding.level is FindingLevel.ERROR})
    return f"{path}: {errors} errors in {tables} tables{advice_count}"
