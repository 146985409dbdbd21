"""A capacity report as tables: every term with its working, and the assumptions that decided."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rich.markup import escape
from rich.table import Table

from rf.shared.terminal import print_json, terminal
from scaleplan.capacity.checks import CapacityReport
from scaleplan.capacity.fixes import Fix, mending, passing_size
from scaleplan.capacity.result import number
from scaleplan.capacity.summary import fault_line, fix_line, load_line, summary
from scaleplan.load import Load, stated
from scaleplan.sizes import Size

FORMAT = 1
"""Version of the JSON form; raised when a reader of the old form would misread the new one."""

_WIDTH_OF_FILES = 190
"""Columns where the output is no terminal."""


def show(report: CapacityReport, *, as_json: bool) -> None:
    """Print the table, the assumptions and the verdict, with what mends the first fault."""
    steps = mending(report)
    size = None if report.passes else passing_size(report)
    if as_json:
        print_json(_document(report, steps, size), sort_keys=True, ensure_ascii=False)
        return
    console = terminal(_WIDTH_OF_FILES)
    console.print(_terms(report))
    console.print(assumptions_table(report.load, _assumed(report)))
    for line in verdict(report, steps, size):
        console.print(escape(line), highlight=False, soft_wrap=True)


def show_summary(report: CapacityReport) -> None:
    """Print what `pulumi preview` prints of a stack's capacity: a line a check."""
    console = terminal(_WIDTH_OF_FILES)
    console.print(escape("\n".join(summary(report))), highlight=False, soft_wrap=True)


def verdict(report: CapacityReport, steps: Sequence[Fix], size: Size | None) -> list[str]:
    """What it all comes to: the bottleneck, or the first fault with what mends it."""
    fault = report.fault
    if fault is None:
        tightest = report.tightest
        if tightest is None:
            return ["every check passes"]
        result, term = tightest
        spare = f", {term.headroom:.0%} to spare" if term.headroom is not None else ""
        return [f"every check passes; the tightest is {result.name}: {term.name}{spare}"]
    lines = [fault_line(*fault), fix_line(steps)]
    others = [str(result.name) for result in report.failures[1:]]
    if others:
        lines.append(f"also failing: {', '.join(others)}")
    if size is not None:
        lines.append(f"every check passes with --size {size}, as the plan has it")
    return lines


def _document(report: CapacityReport, steps: Sequence[Fix], size: Size | None) -> dict[str, Any]:
    document = {"format": FORMAT, **report.to_json(), **_fault_json(report, steps, size)}
    document["assumptions"] = [
        {"name": name, "value": value, "unit": unit, "source": source}
        for name, value, unit, source in assumption_rows(report.load, _assumed(report))
    ]
    return document


def _fault_json(report: CapacityReport, steps: Sequence[Fix], size: Size | None) -> dict[str, Any]:
    fault = report.fault
    if fault is None:
        return {"fault": None}
    result, term = fault
    term_document = term.to_json()
    return {
        "fault": {
            "check": str(result.name),
            "term": term.name,
            "excess": None if term_document["margin"] is None else -term_document["margin"],
            "unit": term.unit,
            "changes": [
                {
                    "key": step.key,
                    "from": step.old,
                    "to": step.new,
                    "extraUsdPerMonth": round(step.extra_cost, 2),
                }
                for step in steps
            ],
            "passingSize": None if size is None else str(size),
        }
    }


def _terms(report: CapacityReport) -> Table:
    settings = report.settings
    lost = f"; lost: {report.loss}" if report.loss else ""
    title = f"{settings.stack} ({settings.size}), {load_line(report.load)}{lost}"
    table = Table(title=escape(title), title_justify="left")
    for heading in ("check", "term", "working", "value", "limit", "margin", ""):
        right = heading in {"value", "limit", "margin"}
        table.add_column(heading, justify="right" if right else "left", overflow="fold")
    for result in report.results:
        for position, term in enumerate(result.terms):
            limited = term.limit is not None
            limit = f"{number(term.limit or 0)} [dim]{escape(term.limit_working)}[/]"
            spare = "" if term.headroom is None or not term.limit else f" ({term.headroom:.0%})"
            verdict_text = ("[green]ok[/]" if term.passes else "[red]FAILS[/]") if limited else ""
            table.add_row(
                str(result.name) if not position else "",
                escape(term.name),
                escape(term.working),
                f"{number(term.value)} {escape(term.unit)}",
                limit if limited else "",
                f"{number(term.margin or 0)}{spare}" if limited else "",
                verdict_text,
                end_section=position == len(result.terms) - 1,
            )
    return table


def _assumed(report: CapacityReport) -> list[str]:
    """Names of the assumptions, those of failing checks first, each once."""
    ordered = [*report.failures, *report.results]
    return list(dict.fromkeys(name for result in ordered for name in result.assumptions))


def assumption_rows(load: Load, names: Sequence[str]) -> list[tuple[str, float, str, str]]:
    """Name, value, unit and source of each; the stack's own value says what the plan has."""
    each = {name: stated(load.assumptions, name) for name in names}
    return [(name, entry.value, entry.unit, entry.source) for name, entry in each.items()]


def assumptions_table(load: Load, names: Sequence[str]) -> Table:
    """What was taken for granted, with its ground."""
    table = Table(title="Assumptions that decided this", title_justify="left")
    for heading in ("load.assumptions", "value", "unit", "source"):
        table.add_column(heading, justify="right" if heading == "value" else "left")
    for name, value, unit, source in assumption_rows(load, names):
        table.add_row(name, number(value), unit, escape(source))
    return table
