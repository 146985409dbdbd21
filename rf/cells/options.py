"""`rf cells`: its options."""
# ruff: noqa: PLC0415 - each command loads what it needs: the SDKs take seconds, `--help` should not

from __future__ import annotations

import typer

from rf.shared.command_line import AsJson, reported


def cells(as_json: AsJson = False) -> None:
    """Show which stack serves which organizations; a gap or an overlap is a failure."""
    with reported():
        from rf.cells.map import cells_of, faults_of
        from rf.cells.view import show
        from rf.shared.stacks import all_settings

        stacks = all_settings()
        faults = faults_of(stacks)
        show(cells_of(stacks), faults, as_json=as_json)
    if faults:
        raise typer.Exit(1)
