"""What would take European data out of the European Union, and what stands elsewhere by design."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

from rich.console import Console

from rf.check.residency.leaks import Leak, exceptions
from rf.shared.terminal import print_json


def show(stack: str, leaks: Sequence[Leak], *, european: bool, as_json: bool) -> None:
    """Print the leaks of a stack's plan; of one without European organizations that it has none."""
    elsewhere = exceptions()
    if as_json:
        document = {
            "european": european,
            "leaks": [asdict(leak) for leak in leaks],
            "elsewhere": elsewhere,
        }
        print_json(document)
        return
    console = Console()
    if not european:
        console.print(f"{stack} holds no European organizations: nothing to keep in.")
        return
    for leak in leaks:
        console.print(
            f"[red]{leak.urn}[/] {leak.path}: {leak.found}", soft_wrap=True, highlight=False
        )
    if not leaks:
        console.print(f"{stack}: no data leaves the European Union. What stands elsewhere:")
        for kind, reason in elsewhere.items():
            console.print(f"  {kind}: {reason}", soft_wrap=True, highlight=False)
