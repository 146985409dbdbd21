"""`rf check state`: every stack file, and where the state would go."""
# ruff: noqa: PLC0415 - each command loads what it needs: the SDKs take seconds, `--help` should not

from __future__ import annotations

from typing import Annotated

import typer

from rf.shared.command_line import AsJson, reported
from rf.shared.errors import InputError
from rf.shared.project import PROJECT_ROOT


def state(
    stack: Annotated[
        str | None,
        typer.Option(help="One stack; all stack files if left out.", metavar="STACK"),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Judge secrets provider, backend and stack files: no plain secret, no shared addresses.

    Exit code 1 where something is wrong; what can't be told from here is shown and isn't a failure
    of the files, but `rf preflight` asks the account about it too.
    """
    with reported():
        from rf.check.state.files import findings
        from rf.check.state.policy import StateStatus
        from rf.check.state.view import show
        from rf.shared.stacks import project_name
        from scaleplan.config.stack_file import stack_names

        names = stack_names(PROJECT_ROOT)
        if stack is not None and stack not in names:
            raise InputError(f"stack = {stack}: allowed is {', '.join(names)}")
        judged = list(findings(PROJECT_ROOT, [stack] if stack else names, project_name()))
    show(judged, as_json=as_json)
    raise typer.Exit(1 if any(each.state is StateStatus.WRONG for each in judged) else 0)
