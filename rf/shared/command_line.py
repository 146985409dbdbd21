"""What all commands share: common options, exit codes, and where messages go.

Exit codes: 0 fine, 1 the program can't be planned or a check failed, 2 bad input or usage.
"""
# ruff: noqa: PLC0415 - each command loads what it needs: the SDKs take seconds, `--help` should not

from __future__ import annotations

import errno
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
        typer.echo(_sentence(error), err=True)
        raise typer.Exit(code) from None


FAILED = frozenset(
    {
        "rf.size.errors.SweepError",
        "rf.jobs.errors.QueueUnreachableError",
        "rf.shared.offline.violations.OfflineError",
        "rf.publish_web.errors.PublishError",
        "rf.shared.sandbox.emulator.EmulatorError",
        "rf.shared.sandbox.registry.CreationError",
        "rf.simulate.errors.SimulationError",
    }
)
"""Errors with exit code 1, by name: to load their modules takes longer than most commands."""

FAILED_BECAUSE = frozenset({"scaleplan.capacity.summary.CapacityRisk"})
"""Causes of an error that make its exit code 1."""

REFUSED = frozenset(
    {
        "policy.rules.shared.exceptions.ExceptionInputError",
        "pulumi.errors.RunError",
        "rf.advise.errors.MetricsError",
        "rf.cost.refresh.PriceError",
        "rf.drill.progress.NoProgressError",
        "rf.export.writer.ExportError",
        "rf.grow.command.UnplannableError",
        "rf.jobs.errors.JobsInputError",
        "rf.preflight.errors.PreflightInputError",
        "rf.publish_web.errors.SiteError",
        "rf.shared.revisions.RevisionError",
        "rf.shared.servers.programs.MissingServersError",
        "rf.simulate.errors.PlotError",
        "scaleplan.config.mistakes.InvalidSettings",
    }
)
"""Errors with exit code 2."""


def _is_full(error: BaseException) -> bool:
    return isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT)


def _sentence(error: Exception) -> str:
    if isinstance(error, OSError) and _is_full(error):
        where = f"{error.filename}: " if error.filename else ""
        return f"{where}{error.strerror}; what was begun was taken back"
    return str(error)


def _exit_code(error: Exception) -> int | None:
    names = _names(error)
    if names & FAILED or _names(error.__cause__) & FAILED_BECAUSE or _is_full(error):
        return 1
    return 2 if names & REFUSED else None


def _names(error: BaseException | None) -> set[str]:
    """The classes of an error, as `module.Class`."""
    return {f"{each.__module__}.{each.__qualname__}" for each in type(error).__mro__}


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
