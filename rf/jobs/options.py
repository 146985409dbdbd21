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
        from rf.jobs.queues import depth_of, look_at
        from rf.jobs.view import show

        looks = look_at(settings)
    depth = depth_of(looks)
    show(looks, depth, as_json=as_json)
    raise typer.Exit(1 if depth.level == "critical" else 0)
