"""`python -m rf cells` and `python -m rf check residency`."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict

from rich.console import Console
from rich.table import Table

from rf.cells.map import Cell, cells_of, faults_of
from rf.check.residency import EXCEPTIONS, NAMED_EXCEPTIONS, Leak, leaks_of
from rf.shared.plan import RecordedPlan
from scaleplan.settings import Settings


def report_cells(stacks: Mapping[str, Settings], *, as_json: bool) -> bool:
    """Print the map; whether it is right."""
    cells, faults = cells_of(stacks), faults_of(stacks)
    if as_json:
        document = {"cells": [asdict(cell) for cell in cells], "faults": faults}
        sys.stdout.write(json.dumps(document, indent=1) + "\n")
    else:
        _show(Console(), cells, faults)
    return not faults


def _show(console: Console, cells: Sequence[Cell], faults: Sequence[str]) -> None:
    if not cells:
        console.print("No stack is a cell: each serves all of its organizations.")
        return
    table = Table(box=None, header_style="bold")
    for column in ("cell", "stack", "region", "organizations", "address", ""):
        table.add_column(column)
    for cell in cells:
        mark = "home" if cell.home else ""
        table.add_row(cell.name, cell.stack, cell.region, cell.organizations, cell.address, mark)
    console.print(table)
    for fault in faults:
        console.print(f"[red]{fault}[/]", soft_wrap=True, highlight=False)


def report_residency(plan: RecordedPlan, settings: Settings, *, as_json: bool) -> bool:
    """Print what would take European data out of the EU; whether there is nothing."""
    leaks = leaks_of(plan) if settings.cell.european else []
    if as_json:
        document = {
            "european": settings.cell.european,
            "leaks": [asdict(leak) for leak in leaks],
            "elsewhere": {**EXCEPTIONS, **NAMED_EXCEPTIONS},
        }
        sys.stdout.write(json.dumps(document, indent=1) + "\n")
        return not leaks
    console = Console()
    if not settings.cell.european:
        console.print(f"{plan.stack} holds no European organizations: nothing to keep in.")
        return True
    _show_leaks(console, leaks)
    if not leaks:
        console.print(f"{plan.stack}: no data leaves the European Union. What stands elsewhere:")
        for kind, reason in {**EXCEPTIONS, **NAMED_EXCEPTIONS}.items():
            console.print(f"  {kind}: {reason}", soft_wrap=True, highlight=False)
    return not leaks


def _show_leaks(console: Console, leaks: Sequence[Leak]) -> None:
    for leak in leaks:
        console.print(
            f"[red]{leak.urn}[/] {leak.path}: {leak.found}", soft_wrap=True, highlight=False
        )
