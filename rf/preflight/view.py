"""The preflight's rows as a table, then each fix on a line of its own."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from rich.markup import escape
from rich.table import Table

from rf.preflight.row import PreflightRow, RowStatus
from rf.shared.terminal import print_json, terminal

FORMAT = 1

_STYLES = {RowStatus.PASS: "green", RowStatus.FAIL: "red", RowStatus.UNKNOWN: "yellow"}


def show(stack: str, rows: Sequence[PreflightRow], *, show_all: bool, as_json: bool) -> None:
    """Print the rows, and what to do about those that don't pass."""
    counts = Counter(row.status for row in rows)
    if as_json:
        document = {
            "format": FORMAT,
            "stack": stack,
            "counts": {str(status): counts[status] for status in RowStatus},
            "rows": [row.to_json() for row in rows],
        }
        print_json(document, ensure_ascii=False)
    else:
        _show(stack, rows, counts, show_all=show_all)


def _show(
    stack: str, rows: Sequence[PreflightRow], counts: Counter[RowStatus], *, show_all: bool
) -> None:
    console = terminal()
    visible = [row for row in rows if show_all or row.status is not RowStatus.PASS]
    if visible:
        table = Table()
        for head in ("check", "what", "verdict", "needed", "found"):
            table.add_column(head)
        for row in visible:
            mark = f"[{_STYLES[row.status]}]{row.status}[/]"
            texts = (escape(row.needed), escape(row.found))
            table.add_row(row.check, escape(row.subject), mark, *texts)
        console.print(table)
    fixes = [row for row in visible if row.fix]
    if fixes:
        console.print("[bold]What to do[/]")
    for row in fixes:
        # On a line of its own, so that a command can be copied whole.
        console.print(f"  {escape(row.subject)}:", highlight=False)
        console.print(f"    {escape(row.fix)}", highlight=False, soft_wrap=True)
    totals = ", ".join(f"{counts[status]} {status}" for status in RowStatus)
    hidden = "" if show_all or not counts[RowStatus.PASS] else " (--all shows what passed)"
    console.print(f"{stack}: {totals}{hidden}", highlight=False)
