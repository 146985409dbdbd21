"""`rf rehearse`: its options."""
# ruff: noqa: PLC0415 - each command loads what it needs: the SDKs take seconds, `--help` should not

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING, Annotated

import typer

from rf.shared.command_line import AsJson, Overrides, Size, Stack, progress, reported

if TYPE_CHECKING:
    from rf.rehearse.result import RehearsalResult
    from rf.shared.engine.rehearsal import Rehearsal


Start = Annotated[
    str | None,
    typer.Option("--from", metavar="SIZE|REV", help="Deploy this size or revision first."),
]
End = Annotated[
    str | None,
    typer.Option(
        "--to",
        metavar="SIZE|REV",
        help="Then this one over it; without it, over a revision, what is here (worktree).",
    ),
]
Fails = Annotated[
    str,
    typer.Option(
        "--fail",
        metavar="URN-PATTERN",
        help="Let the creation or change of what matches fail once, then go on.",
    ),
]
Refreshes = Annotated[
    bool, typer.Option("--refresh", help="Refresh at the end; nothing may differ.")
]
Destroys = Annotated[bool, typer.Option("--destroy", help="Destroy the stack at the end.")]
OnCluster = Annotated[
    bool,
    typer.Option(
        "--cluster",
        help="On Kubernetes' own scheduler and controllers, waiting until pods are ready.",
    ),
]
Keeps = Annotated[
    bool, typer.Option("--keep", help="Let it stand until Ctrl-C, and say how to look at it.")
]


def rehearse(
    stack: Stack,
    size: Size = None,
    overrides: Overrides = None,
    *,
    start: Start = None,
    end: End = None,
    fails: Fails = "",
    refresh: Refreshes = False,
    destroy: Destroys = False,
    on_cluster: OnCluster = False,
    keep: Keeps = False,
    as_json: AsJson = False,
) -> None:
    """Let Pulumi's own engine deploy the stack, with no account, and preview it again.

    The engine's preview, its update and a second preview that must be empty, on the embedded AWS
    and a Kubernetes API server of this machine. With --from and --to the second is deployed over
    the first, and its preview is held beside `rf grow`. It needs what .ci/engine/build and
    .ci/apiserver/build make, and for --cluster what .ci/cluster/build makes. Exit code 1 where a
    run did not do as it had to.
    """
    with reported():
        targets = _targets(start, end, size)
        from rf.rehearse.keeping import wait_for_the_signal, ways_to_look
        from rf.rehearse.rehearse import Wanted, rehearse
        from rf.rehearse.view import show, show_ways

        wanted = Wanted(
            stack=stack,
            targets=targets,
            size=size,
            overrides=tuple(overrides or ()),
            fails=fails,
            refresh=refresh,
            destroy=destroy,
            on_cluster=on_cluster,
        )
        with ExitStack() as watched:
            tell = watched.enter_context(progress(f"Rehearsing {stack}"))

            def look(result: RehearsalResult, rehearsal: Rehearsal) -> None:
                watched.close()
                show(result, as_json=as_json)
                if keep:
                    show_ways(ways_to_look(rehearsal, stack))
                    wait_for_the_signal()

            result = rehearse(wanted, tell, look)
    raise typer.Exit(0 if result.fine else 1)


def _targets(start: str | None, end: str | None, size: str | None) -> tuple[str, ...]:
    """What is deployed one over the other; nothing where neither --from nor --to is given."""
    from rf.shared.revisions import WORKTREE
    from scaleplan.sizes import Size

    sizes = {start, end} & {*Size}
    if (start is None and end is not None) or (end is None and sizes):
        raise typer.BadParameter("name both, or --size", param_hint="--from, --to")
    if size is not None and sizes:
        raise typer.BadParameter("name --from and --to, or --size, not both", param_hint="--size")
    return (start, end or WORKTREE) if start is not None else ()
