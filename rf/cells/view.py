"""The map of cells as a table, and what is wrong with it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

from rich.console import Console
from rich.table import Table

from rf.cells.map import Cell
from rf.shared.terminal import print_json


def show(cells: Sequence[Cell], faults: Sequence[str], *, as_json: bool) -> None:
    """Print the cells and their faults."""
    if as_json:
        print_json({"cells": [asdict(cell) for cell in cells], "faults": faults})
        return
    console = Console()
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
