"""What was judged of stack files and backend, a row each."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from rf.check.state.policy import StateFinding, StateStatus
from rf.shared.terminal import print_json

_STYLES = {
    StateStatus.FINE: "green",
    StateStatus.WARNING: "yellow",
    StateStatus.WRONG: "red",
    StateStatus.UNKNOWN: "yellow",
}


def show(findings: Sequence[StateFinding], *, as_json: bool) -> None:
    """Print the findings with what to do about each."""
    if as_json:
        print_json({"format": 1, "findings": [each.to_json() for each in findings]})
        return
    table = Table()
    for head in ("stack", "rule", "", "found", "what to do"):
        table.add_column(head)
    for each in findings:
        mark = f"[{_STYLES[each.state]}]{each.state}[/]"
        table.add_row(each.stack, each.rule, mark, escape(each.found), escape(each.fix))
    Console().print(table)
