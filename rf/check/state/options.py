"""`rf check state`: every stack file, and where the state would go."""

from __future__ import annotations

import json
import sys
from typing import Annotated

import typer

from rf.check.state.policy import Finding, State
from rf.shared.project import PROJECT_ROOT

_STYLES = {State.FINE: "green", State.WRONG: "red", State.UNKNOWN: "yellow"}


def state(
    stack: Annotated[
        str | None,
        typer.Option(help="One stack; all stack files if left out.", metavar="STACK"),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON and nothing else.")] = False,
) -> None:
    """Judge secrets provider, backend and stack files: nobody's secret in plain text.

    Exit code 1 where something is wrong; what can't be told from here is shown and isn't a failure
    of the files, but `rf preflight` asks the account about it too.
    """
    from rf.check.state.files import findings  # noqa: PLC0415
    from rf.shared.stacks import project_name  # noqa: PLC0415 - loads what it needs
    from scaleplan.config.stack_file import stack_names  # noqa: PLC0415

    names = stack_names(PROJECT_ROOT)
    if stack is not None and stack not in names:
        typer.echo(f"stack = {stack}: allowed is {', '.join(names)}", err=True)
        raise typer.Exit(2)
    found = list(findings(PROJECT_ROOT, [stack] if stack else names, project_name()))
    if as_json:
        document = {"format": 1, "findings": [each.to_json() for each in found]}
        sys.stdout.write(json.dumps(document, indent=1) + "\n")
    else:
        _show(found)
    raise typer.Exit(1 if any(each.state is State.WRONG for each in found) else 0)


def _show(found: list[Finding]) -> None:
    from rich.console import Console  # noqa: PLC0415
    from rich.markup import escape  # noqa: PLC0415
    from rich.table import Table  # noqa: PLC0415

    table = Table()
    for head in ("stack", "rule", "", "found", "what to do"):
        table.add_column(head)
    for each in found:
        mark = f"[{_STYLES[each.state]}]{each.state}[/]"
        table.add_row(each.stack, each.rule, mark, escape(each.found), escape(each.fix))
    Console().print(table)
