"""Standard output of every command: a console wide enough for a log, or one JSON document."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console


def terminal(columns: int = 160, console: Console | None = None) -> Console:
    """The given console, or standard output's; where that is no terminal, plain and `columns` wide,
    so that a log doesn't break every line."""
    from rich.console import Console  # noqa: PLC0415 - JSON needs none, nor has every machine it

    console = console or Console()
    if console.is_terminal:
        return console
    return Console(file=console.file, width=columns, color_system=None)


def print_json(
    document: object, *, indent: int = 1, sort_keys: bool = False, ensure_ascii: bool = True
) -> None:
    """Print the document, the machine form of a result, and nothing else."""
    text = json.dumps(document, indent=indent, sort_keys=sort_keys, ensure_ascii=ensure_ascii)
    sys.stdout.write(text + "\n")
