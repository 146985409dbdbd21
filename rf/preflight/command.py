"""What `rf preflight` prints and how it ends: 0 only where every row passes."""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Sequence

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from rf.preflight.account import open_account
from rf.preflight.run import preflight, whose
from rf.preflight.verdict import Row, Verdict
from rf.shared.stacks import plan_of, settings_of

FORMAT = 1

_STYLES = {Verdict.PASS: "green", Verdict.FAIL: "red", Verdict.UNKNOWN: "yellow"}
_WIDTH_OF_FILES = 160


def run(
    stack: str, *, size: str | None, overrides: Sequence[str], profile: str | None
) -> list[Row]:
    """All rows. Raises PreflightInputError, and what making the plan raises."""
    settings = settings_of(stack, size=size, overrides=overrides)
    account = open_account(profile, settings.region)
    whose(account)  # before the plan, which takes seconds and is of no use without credentials
    return list(preflight(account, plan_of(stack, size=size, overrides=overrides), settings))


def report(stack: str, rows: Sequence[Row], *, show_all: bool, as_json: bool) -> int:
    """Print the rows; 1 unless all of them pass: what could not be read is no pass."""
    counts = Counter(row.verdict for row in rows)
    if as_json:
        document = {
            "format": FORMAT,
            "stack": stack,
            "counts": {str(verdict): counts[verdict] for verdict in Verdict},
            "rows": [row.to_json() for row in rows],
        }
        sys.stdout.write(json.dumps(document, indent=1, ensure_ascii=False) + "\n")
    else:
        _show(stack, rows, counts, show_all=show_all)
    return 0 if counts[Verdict.PASS] == len(rows) else 1


def _show(stack: str, rows: Sequence[Row], counts: Counter[Verdict], *, show_all: bool) -> None:
    console = Console()
    if not console.is_terminal:
        console = Console(width=_WIDTH_OF_FILES, color_system=None)
    shown = [row for row in rows if show_all or row.verdict is not Verdict.PASS]
    if shown:
        table = Table()
        for head in ("check", "what", "verdict", "needed", "found"):
            table.add_column(head)
        for row in shown:
            mark = f"[{_STYLES[row.verdict]}]{row.verdict}[/]"
            texts = (escape(row.needed), escape(row.found))
            table.add_row(row.check, escape(row.subject), mark, *texts)
        console.print(table)
    fixes = [row for row in shown if row.fix]
    if fixes:
        console.print("[bold]What to do[/]")
    for row in fixes:
        # On a line of its own, so that a command can be copied whole.
        console.print(f"  {escape(row.subject)}:", highlight=False)
        console.print(f"    {escape(row.fix)}", highlight=False, soft_wrap=True)
    told = ", ".join(f"{counts[verdict]} {verdict}" for verdict in Verdict)
    hidden = "" if show_all or not counts[Verdict.PASS] else " (--all shows what passed)"
    console.print(f"{stack}: {told}{hidden}", highlight=False)
