"""A rehearsal for people: the verdict of each run, what it changed, and what stays unproven."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.console import Console
from rich.text import Text

from rf.rehearse.beside import ChangeBeside
from rf.rehearse.result import RehearsalResult, RehearsedRun
from rf.shared.cluster.snapshot import Snapshot
from rf.shared.engine.runs import EngineViolation
from rf.shared.offline.monitor import name_of, type_of
from rf.shared.terminal import print_json, terminal

MOST_CHANGES = 40
"""Changes of one run that are listed; `--json` has all of them."""


def show(result: RehearsalResult, *, as_json: bool) -> None:
    """Print each run with its verdict; of one that went wrong all that the engine said."""
    if as_json:
        print_json(dict(result.to_json()), ensure_ascii=False)
        return
    out = terminal()
    verdict = "went as it must" if result.fine else "did not go as it must"
    style = "green" if result.fine else "red"
    out.print(
        Text(f"{result.stack}: the rehearsal {verdict} (engine {result.engine})", style=style)
    )
    for each in result.runs:
        _show_run(each, out)
    if result.proven:
        out.print("Proven beyond that:")
    for line in result.proven:
        out.print(Text(f"  {line}"))
    out.print("Not proven by this:")
    for line in result.not_proven:
        out.print(Text(f"  {line}"))


def show_ways(commands: Sequence[str]) -> None:
    """Say that it stands, and how to look at it: beside the result, which may be read by others."""
    out = Console(stderr=True)
    out.print(Text("It stands until Ctrl-C. In another shell:"))
    for command in commands:
        out.print(Text(f"  {command}"), soft_wrap=True)


def _show_run(rehearsed: RehearsedRun, out: Console) -> None:
    run = rehearsed.run
    counts = ", ".join(f"{count} {word}" for word, count in sorted(run.counts.items()))
    mark = "ok" if rehearsed.fine else "WRONG"
    out.print(Text(f"{mark:6}{rehearsed.title}: {run.kind}: {counts or 'nothing'}"))
    listed = list(_lines_of(rehearsed))
    for line in listed[:MOST_CHANGES]:
        out.print(Text(f"        {line}"), soft_wrap=True)
    if len(listed) > MOST_CHANGES:
        out.print(Text(f"        and {len(listed) - MOST_CHANGES} more (--json)"))
    for each in rehearsed.disagreements:
        out.print(Text(f"        {_disagreement(each)}", style="red"), soft_wrap=True)
    _show_violations(run.violations, out)
    if rehearsed.pods is not None:
        _show_pods(rehearsed, rehearsed.pods, out)
    if run.failure and not rehearsed.must_fail:
        out.print(Text(run.failure, style="red"))


def _lines_of(rehearsed: RehearsedRun) -> Iterator[str]:
    """What a run must not have changed; or what a growth step does to what was there before, a
    resource a line, what goes first. The update that follows does the same."""
    if rehearsed.must_be_empty:
        for step in rehearsed.run.changes:
            yield _line(step.operation, step.urn, step.changed)
    paths: dict[str, set[str]] = {}
    for step in rehearsed.run.changes:
        paths.setdefault(step.urn, set()).update(step.changed)
    for each in sorted(rehearsed.beside, key=lambda change: (change.engine, change.urn)):
        if each.engine not in ("", "create"):
            line = _line(each.engine, each.urn, sorted(paths.get(each.urn, ())))
            yield f"{line} (rf grow: {each.grow or 'same'})"


def _line(operation: str, urn: str, paths: Sequence[str]) -> str:
    changed = f": {', '.join(paths)}" if paths else ""
    return f"{operation} {type_of(urn)} {name_of(urn)}{changed}"


def _show_pods(rehearsed: RehearsedRun, pods: Snapshot, out: Console) -> None:
    counts = f"{pods.ready} of {len(pods.pods)} pods ready"
    nodes = f"on {pods.nodes_used} of {len(pods.nodes)} nodes"
    out.print(Text(f"        {counts}, {nodes}"))
    for name, why in pods.unready.items():
        out.print(Text(f"        not ready: {name}: {why}", style="yellow"))
    if not rehearsed.settled:
        out.print(Text("        a controller still wants other pods than there are", style="red"))


def _disagreement(change: ChangeBeside) -> str:
    said = f"the engine: {change.engine or 'same'}, rf grow: {change.grow or 'same'}"
    alone = [
        f"{who} alone: {', '.join(paths)}"
        for who, paths in (("the engine", change.by_engine), ("rf grow", change.by_grow))
        if paths
    ]
    return "; ".join([f"disagree on {change.urn}: {said}", *alone])


def _show_violations(violations: Sequence[EngineViolation], out: Console) -> None:
    for each in violations:
        style = "red" if each.level == "mandatory" else "yellow"
        out.print(Text(f"        {each.label}", style=style))
        for line in each.message.splitlines():
            out.print(Text(f"          {line}"))
