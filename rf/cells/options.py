"""`rf cells`: its options."""
# ruff: noqa: PLC0415 - each command loads what it needs: the SDKs take seconds, `--help` should not

from __future__ import annotations

import typer

from rf.shared.command_line import AsJson, reported


def cells(as_json: AsJson = False) -> None:
    """Show which stack serves which organizations; a gap or an overlap is a failure."""
    with reported():
        from rf.cells.command import report_cells
        from rf.shared.stacks import all_settings

        right = report_cells(all_settings(), as_json=as_json)
    if not right:
        raise typer.Exit(1)
