"""`rf jobs`: its options."""
# ruff: noqa: PLC0415 - each command loads what it needs: the SDKs take seconds, `--help` should not

from __future__ import annotations

import typer

from rf.shared.command_line import AsJson, Overrides, Stack, reported


def jobs(stack: Stack, overrides: Overrides = None, *, as_json: AsJson = False) -> None:
    """Ask the queue at $QUEUE_URL: waiting, running, failed and stalled jobs, and the oldest."""
    with reported():
        from rf.shared.stacks import settings_of

        settings = settings_of(stack, overrides=overrides or ())
        from rf.jobs import command

        looks = command.look_at(settings)
        code = command.report(looks, as_json=as_json)
    raise typer.Exit(code)
