"""What all commands share: common options, exit codes, and where messages go.

Exit codes: 0 fine, 1 the program can't be planned or a check failed, 2 bad input or usage.
"""
# ruff: noqa: PLC0415 - each command loads what it needs: the SDKs take seconds, `--help` should not

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Annotated

import typer

from rf.shared.errors import exit_code_of, is_disk_full

Stack = Annotated[str, typer.Option(help="The stack, as in Pulumi.STACK.yaml.", metavar="STACK")]
Size = Annotated[
    str | None, typer.Option(help="Another size than the stack's: small, medium or large.")
]
Overrides = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="KEY=VALUE", help="A config value, as worker.maxReplicas=8."),
]
LoadOption = Annotated[
    str | None,
    typer.Option(
        "--load",
        metavar="LOAD",
        help="Load to carry: current, 6-months, 12-months, 2x, or a YAML file with its numbers.",
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON and nothing else.")]


@contextmanager
def reported() -> Iterator[None]:
    """Turn expected errors into a message on stderr and an exit code, without a traceback."""
    try:
        yield
    except (typer.Exit, typer.BadParameter):
        raise
    except Exception as error:
        code = exit_code_of(error)
        if code is None:
            raise
        typer.echo(_sentence(error), err=True)
        raise typer.Exit(code) from None


def _sentence(error: Exception) -> str:
    if isinstance(error, OSError) and is_disk_full(error):
        where = f"{error.filename}: " if error.filename else ""
        return f"{where}{error.strerror}; what was begun was taken back"
    return str(error)


@contextmanager
def progress(label: str) -> Iterator[Callable[[str], None]]:
    """A line on stderr while work goes on; nothing when nobody is watching.

    What is yielded adds to the line.
    """
    from rich.console import Console

    console = Console(stderr=True)
    if not console.is_terminal:
        yield lambda _: None
        return
    with console.status(label) as status:
        yield lambda text: status.update(f"{label}: {text}")
