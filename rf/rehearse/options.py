"""`rf rehearse`: its options."""
# ruff: noqa: PLC0415 - each command loads what it needs: the SDKs take seconds, `--help` should not

from __future__ import annotations

from typing import Annotated

import typer

from rf.shared.command_line import AsJson, Overrides, Size, Stack, progress, reported


def rehearse(
    stack: Stack,
    size: Size = None,
    overrides: Overrides = None,
    *,
    start: Annotated[
        str | None, typer.Option("--from", metavar="SIZE", help="Deploy this size first.")
    ] = None,
    end: Annotated[
        str | None, typer.Option("--to", metavar="SIZE", help="Then this one over it.")
    ] = None,
    fails: Annotated[
        str,
        typer.Option(
            "--fail",
            metavar="URN-PATTERN",
            help="Let the creation or change of what matches fail once, then go on.",
        ),
    ] = "",
    refresh: Annotated[
        bool, typer.Option("--refresh", help="Refresh at the end; nothing may differ.")
    ] = False,
    destroy: Annotated[
        bool, typer.Option("--destroy", help="Destroy the stack at the end.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Let Pulumi's own engine deploy the stack, with no account, and preview it again.

    The engine's preview, its update and a second preview that must be empty, on the embedded AWS
    and a Kubernetes API server of this machine. It needs what .ci/engine/build and
    .ci/apiserver/build make. Exit code 1 where a run did not do as it had to.
    """
    with reported():
        if (start is None) != (end is None):
            raise typer.BadParameter("name both, or --size", param_hint="--from, --to")
        if start is not None and size is not None:
            raise typer.BadParameter(
                "name --from and --to, or --size, not both", param_hint="--size"
            )
        from rf.rehearse.rehearse import Wanted, rehearse
        from rf.rehearse.view import show

        wanted = Wanted(
            stack=stack,
            sizes=tuple(filter(None, (start, end) if start else (size,))),
            overrides=tuple(overrides or ()),
            fails=fails,
            refresh=refresh,
            destroy=destroy,
        )
        with progress(f"Rehearsing {stack}") as tell:
            result = rehearse(wanted, tell)
        show(result, as_json=as_json)
    raise typer.Exit(0 if result.fine else 1)
