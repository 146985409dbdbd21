"""`rf doctor`: a table of what each use needs, and what to do about what is missing."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from typing import Annotated

import typer

from rf.doctor.probes import Machine
from rf.doctor.uses import PURPOSES, Symptom, Use, examined
from rf.shared.project import PROJECT_ROOT


def doctor(
    uses: Annotated[
        list[Use] | None,
        typer.Option("--for", help="A use to examine, may be repeated; all if left out."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON and nothing else.")] = False,
) -> None:
    """Tell what is missing on this machine for each use, with the fix.

    Exit code 1 where one of the uses named by --for, or without it the offline one, lacks anything.
    """
    machine = Machine(root=PROJECT_ROOT)
    found = [symptom for use in uses or list(Use) for symptom in examined(machine, use)]
    needed = uses or [Use.OFFLINE]
    report(found, as_json=as_json)
    raise typer.Exit(1 if any(not each.there and each.use in needed for each in found) else 0)


def report(found: Sequence[Symptom], *, as_json: bool) -> None:
    """Print what was found."""
    if as_json:
        document = {"format": 1, "symptoms": [each.to_json() for each in found]}
        sys.stdout.write(json.dumps(document, indent=1) + "\n")
        return
    from rich.console import Console  # noqa: PLC0415 - may be what is missing
    from rich.markup import escape  # noqa: PLC0415

    console = Console(highlight=False, soft_wrap=True)
    for use in dict.fromkeys(each.use for each in found):
        own = [each for each in found if each.use is use]
        missing = sum(not each.there for each in own)
        verdict = f"[red]{missing} missing[/]" if missing else "[green]ready[/]"
        console.print(f"[bold]{use}[/]: {PURPOSES[use]}: {verdict}")
        for each in own:
            mark = "[green]yes[/]" if each.there else "[red]no [/]"
            console.print(f"  {mark} {escape(each.what)}: {escape(each.found)}")
            if each.fix:
                console.print(f"      {escape(each.fix)}")
