"""What each use needs of this machine, and what to do about what is missing."""

from __future__ import annotations

from collections.abc import Sequence

from rf.doctor.uses import PURPOSES, Symptom
from rf.shared.terminal import print_json


def show(symptoms: Sequence[Symptom], *, as_json: bool) -> None:
    """Print the symptoms, use by use."""
    if as_json:
        print_json({"format": 1, "symptoms": [each.to_json() for each in symptoms]})
        return
    from rich.console import Console  # noqa: PLC0415 - may be what is missing
    from rich.markup import escape  # noqa: PLC0415

    console = Console(highlight=False, soft_wrap=True)
    for use in dict.fromkeys(each.use for each in symptoms):
        own = [each for each in symptoms if each.use is use]
        missing = sum(not each.there for each in own)
        verdict = f"[red]{missing} missing[/]" if missing else "[green]ready[/]"
        console.print(f"[bold]{use}[/]: {PURPOSES[use]}: {verdict}")
        for each in own:
            mark = "[green]yes[/]" if each.there else "[red]no [/]"
            console.print(f"  {mark} {escape(each.what)}: {escape(each.found)}")
            if each.fix:
                console.print(f"      {escape(each.fix)}")
