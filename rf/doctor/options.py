"""`rf doctor`: its options."""

from __future__ import annotations

from typing import Annotated

import typer

from rf.doctor.probes import Machine
from rf.doctor.uses import Use, examined
from rf.doctor.view import show
from rf.shared.command_line import AsJson
from rf.shared.project import PROJECT_ROOT


def doctor(
    uses: Annotated[
        list[Use] | None,
        typer.Option("--for", help="A use to examine, may be repeated; all if left out."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Tell what is missing on this machine for each use, with the fix.

    Exit code 1 where one of the uses named by --for, or without it the offline one, lacks anything.
    """
    machine = Machine(root=PROJECT_ROOT)
    symptoms = [symptom for use in uses or list(Use) for symptom in examined(machine, use)]
    needed = uses or [Use.OFFLINE]
    show(symptoms, as_json=as_json)
    raise typer.Exit(1 if any(not each.there and each.use in needed for each in symptoms) else 0)
