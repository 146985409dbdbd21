"""`rf advise`: its options."""
# ruff: noqa: PLC0415 - each command loads what it needs: the SDKs take seconds, `--help` should not

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from rf.shared.command_line import AsJson, LoadOption, Overrides, Size, Stack, progress, reported


def advise(
    stack: Stack,
    size: Size = None,
    overrides: Overrides = None,
    *,
    prometheus: Annotated[
        str | None,
        typer.Option(metavar="URL", help="Ask this Prometheus, as http://localhost:9090."),
    ] = None,
    metrics: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Or read a file: what /federate gives, or OpenMetrics."),
    ] = None,
    at: Annotated[
        str | None,
        typer.Option(
            metavar="TIME",
            help="The moment to judge, ISO 8601, UTC unless it says; else now, or the file's last.",
        ),
    ] = None,
    load: LoadOption = None,
    show_all: Annotated[
        bool, typer.Option("--all", help="Show the rows that are fine too; JSON always has them.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Say which scaling action of the plan a running stack's metrics call for, and what it costs.

    Exit code 1 where an action is due, 0 where none is; rows without a metric are not known, which
    is neither.
    """
    with reported():
        if (prometheus is None) == (metrics is None):
            raise typer.BadParameter("give one of --prometheus and --metrics", param_hint="source")
        moment = None if at is None else _seconds(at)
        from rf.advise.advice import advised
        from rf.advise.view import show

        with progress(f"Asking about {stack}"):
            advice = advised(
                stack,
                size=size,
                overrides=overrides or (),
                load=load,
                prometheus=prometheus,
                metrics=metrics,
                at=moment,
            )
        show(advice, show_all=show_all, as_json=as_json)
    raise typer.Exit(advice.exit_code)


def _seconds(text: str) -> float:
    """Seconds since 1970. Raises typer.BadParameter for what is no moment."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(
            f"{text}: allowed is ISO 8601, as 2026-03-01T09:30", param_hint="--at"
        ) from None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
