"""What all commands share: common options, exit codes, and where messages go.

Exit codes: 0 fine, 1 the program can't be planned or a check failed, 2 bad input or usage.
"""
# ruff: noqa: PLC0415 - each command loads what it needs: the SDKs take seconds, `--help` should not

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Annotated

import typer

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
        code = _exit_code(error)
        if code is None:
            raise
        typer.echo(str(error), err=True)
        raise typer.Exit(code) from None


def _exit_code(error: Exception) -> int | None:
    from pulumi import RunError

    from policy.rules.exceptions import ExceptionInputError
    from rf.advise.errors import MetricsError
    from rf.cost.refresh import PriceError
    from rf.drill.progress import NoProgressError
    from rf.export import ExportError
    from rf.growth.command import UnplannableError
    from rf.jobs.errors import JobsInputError, QueueUnreachableError
    from rf.offline.violations import OfflineError
    from rf.preflight.errors import PreflightInputError
    from rf.publishing.errors import PublishError, SiteError
    from rf.revisions import RevisionError
    from rf.sandbox.emulator import EmulatorError
    from rf.sandbox.registry import CreationError
    from rf.servers.programs import MissingServersError
    from rf.simulation.errors import PlotError, SimulationError
    from scaleplan.capacity.summary import CapacityRisk
    from scaleplan.mistakes import InvalidSettings

    failed = (
        OfflineError
        | CreationError
        | EmulatorError
        | PublishError
        | SimulationError
        | QueueUnreachableError
    )
    if isinstance(error, failed):
        return 1
    if isinstance(error.__cause__, CapacityRisk):
        return 1
    inputs = PlotError | JobsInputError | PreflightInputError | SiteError
    inputs |= MetricsError | PriceError | RevisionError | UnplannableError | ExceptionInputError
    inputs |= NoProgressError | MissingServersError
    refused = InvalidSettings | RunError | ExportError | inputs
    return 2 if isinstance(error, refused) else None


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
