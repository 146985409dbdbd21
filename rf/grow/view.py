"""A step for people: what happens to how many, what speaks against it, and in which order to go."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from rf.grow.chart_raises import ChartRaise
from rf.grow.classify import NOT_COMPARED, GrowthFinding, GrowthStep, Kind, ResourceChange
from rf.grow.documents import FORMAT, step_document
from rf.grow.runbook import Runbook
from rf.grow.steps import Steps
from rf.shared.terminal import print_json, terminal

LONGEST_VALUE = 48
"""Characters of a value in a table; `--json` has all of them."""


def show(stack: str, steps: Steps, *, as_json: bool) -> None:
    """Print each step: totals, findings, every change, and its runbook where it may be done."""
    if as_json:
        documents = [step_document(step, runbook) for step, runbook in steps]
        print_json({"format": FORMAT, "stack": stack, "steps": documents}, ensure_ascii=False)
        return
    out = terminal()
    for step, runbook in steps:
        _show_step(step, runbook, out)


def _show_step(step: GrowthStep, runbook: Runbook | None, out: Console) -> None:
    out.print(Text(f"\n{step.before} -> {step.after}", style="bold"))
    counts = [f"{step.count(kind)} {kind}" for kind in Kind if step.count(kind)]
    out.print(", ".join(counts) if counts else "no change")
    if not step.secrets_compared:
        out.print(f"secrets: {NOT_COMPARED}")
    if step.changes:
        out.print(_changes(step.changes))
    _show_charts(step.charts, out)
    if step.findings:
        out.print(_findings(step.findings))
        _show_ways(step.findings, out)
    if runbook is not None and step.changes:
        _show_runbook(runbook, out)


def _show_charts(raises: Sequence[ChartRaise], out: Console) -> None:
    """What is known of each chart in another version, what is not, and who can tell."""
    for each in raises:
        out.print(Text(f"Chart {each}", style="bold"))
        told = [("CRD ", each.definitions), ("values ", each.values), ("ahead: ", each.ahead)]
        for heading, lines in (*told, ("not known here: ", each.unknown)):
            for line in lines:
                out.print(Text(f"  {heading}{line}"))
        if each.compare:
            out.print("  with the charts' registries in reach:")
        for command in each.compare:
            out.print(Text(f"    {command}", style="cyan"), soft_wrap=True)


def _changes(changes: Sequence[ResourceChange]) -> Table:
    table = Table(title="Changes (! holds what can be lost)", title_justify="left")
    for heading in ("layer", "resource", "what happens", "properties", "interruption"):
        table.add_column(heading, overflow="fold")
    for change in sorted(changes, key=lambda each: (each.layer, each.name)):
        table.add_row(
            change.layer,
            Text(f"{'! ' if change.stateful else ''}{change.name}"),
            change.kind,
            Text("\n".join(_properties(change))),
            _when(change),
        )
    return table


def _properties(change: ResourceChange) -> list[str]:
    lines = [
        f"{each.change.path}: {short(each.change.old)} -> {short(each.change.new)}"
        + (f" (follows {each.change.follows})" if each.change.follows else "")
        for each in change.properties
    ]
    return [*lines, *(f"first: {command}" for command in change.actions)]


def _when(change: ResourceChange) -> str:
    if not change.outage:
        return ""
    return f"{change.outage} (window {change.window} UTC)" if change.window else change.outage


def short(value: Any, longest: int = LONGEST_VALUE) -> str:
    """A value in a line, cut where it is long."""
    text = value if isinstance(value, str) else str(value)
    text = " ".join(text.split())
    return text if len(text) <= longest else f"{text[: longest - 3]}..."


def _findings(findings: Sequence[GrowthFinding]) -> Table:
    table = Table(title="Must not happen", title_justify="left", style="red")
    for heading in ("resource", "what would happen", "instead"):
        table.add_column(heading, overflow="fold")
    for finding in findings:
        table.add_row(escape(finding.resource), escape(finding.what), escape(finding.remedy))
    return table


def _show_ways(findings: Sequence[GrowthFinding], out: Console) -> None:
    """The steps that lead to a value which no single update can set."""
    for finding in findings:
        if finding.way:
            out.print(Text(f"The way, {finding.resource}: {finding.what}", style="bold"))
            for number, line in enumerate(finding.way, start=1):
                out.print(Text(f"  {number}. {line}"), soft_wrap=True)


def _show_runbook(runbook: Runbook, out: Console) -> None:
    out.print(Text("Runbook", style="bold"))
    out.print("Before:")
    for line in runbook.before:
        out.print(Text(f"  - {line}"))
    for number, step in enumerate(runbook.steps, start=1):
        out.print(Text(f"{number}. {step.title}", style="bold"))
        for command in step.commands:
            out.print(Text(f"     {command}", style="cyan"), soft_wrap=True)
        for window in step.windows:
            out.print(Text(f"   interrupts: {window}", style="yellow"))
        for check in step.verify:
            out.print(Text(f"   then: {check}"))
    if runbook.irreversible:
        out.print("No way back:")
        for line in runbook.irreversible:
            out.print(Text(f"  - {line}"))
