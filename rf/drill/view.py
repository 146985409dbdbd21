"""A drill for people: the timeline, what was measured here, what is lost, and the verdict."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import Console
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from rf.drill.control_planes import control_planes
from rf.drill.result import DrillResult, DrillRow
from rf.drill.steps import Lost
from rf.shared.cards.control_plane import HOME, SOURCE
from rf.shared.terminal import print_json, terminal

NEVER_SHOWN = (
    "no server of the sandbox runs: what is promoted, restored or scaled there is its description",
    "no takeover by itself takes place: what makes it possible is read back, and its time is the "
    "vendor's",
    "no health check probes and no name is resolved: records and checks are read as they stand",
)
"""What no emulator of the API can show, said with every drill."""


def show(result: DrillResult, *, as_json: bool) -> None:
    """Print the drill, the verdict last."""
    if as_json:
        print_json(result.to_json(), ensure_ascii=False)
        return
    out = terminal()
    out.print(_timeline(result))
    for line in _totals(result):
        out.print(Text(line))
    if result.measured:
        out.print(_measured(result))
    if result.losses:
        out.print(_losses(result))
    if result.progress.lost == Lost.REGION:
        _show_lost_region(result, out)
    for line in (*result.notes, *NEVER_SHOWN):
        out.print(Text(f"not shown: {line}", style="dim"))
    for line in verdict(result):
        out.print(Text(line, style="green" if result.passes else "red"))


def clock(seconds: float) -> str:
    """Seconds as h:mm:ss."""
    whole = round(seconds)
    return f"{whole // 3600}:{whole // 60 % 60:02}:{whole % 60:02}"


def _timeline(result: DrillResult) -> Table:
    title = f"Loss of the {result.progress.lost} of {result.progress.stack}: timeline, estimated"
    table = Table(title=title, title_justify="left")
    for heading in ("starts", "takes", "step", "who", "basis and source", "here", "seen"):
        justify = "right" if heading in {"starts", "takes", "here"} else "left"
        table.add_column(heading, overflow="fold", justify=justify)
    for row in result.rows:
        step = row.step
        table.add_row(
            f"+{clock(row.starts)}",
            clock(step.duration.seconds),
            Text(f"{step.name}: {step.title}"),
            step.who,
            Text(f"{step.duration.basis}: {step.duration.source}"),
            f"{row.done.seconds:.1f} s" if row.done else "",
            Text(_state(result, row)),
            style=None if row.done else "red",
        )
    return table


def _state(result: DrillResult, row: DrillRow) -> str:
    if row.done:
        return "\n".join(row.done.seen)
    return f"FAILED: {result.progress.reason}" if _failed(result, row) else "not reached"


def _failed(result: DrillResult, row: DrillRow) -> bool:
    return row.step.name == result.progress.failed


def _totals(result: DrillResult) -> Iterator[str]:
    target = result.settings.disaster_recovery.rto_minutes * 60
    yield (
        f"RTO, an estimate: {clock(result.rto_seconds)} of {clock(target)}"
        " (disasterRecovery.rtoMinutes); column `here` is the sandbox's own time and counts nowhere"
    )
    people, steps = result.by_people, len(result.runbook)
    yield f"{people} of {steps} steps need a person"


def _measured(result: DrillResult) -> Table:
    title = f"Measured locally, with {result.measured_with}; counts in no total"
    table = Table(title=title, title_justify="left")
    for heading in ("step", "took", "seen"):
        table.add_column(heading, overflow="fold", justify="right" if heading == "took" else "left")
    for step, done in result.measured:
        table.add_row(Text(step.title), f"{done.seconds:.2f} s", Text("\n".join(done.seen)))
    return table


def _losses(result: DrillResult) -> Table:
    target = result.settings.disaster_recovery.rpo_minutes * 60
    table = Table(title="RPO: the most work that is lost, an estimate", title_justify="left")
    for heading in ("data", "lost", "target", "what that is", "source"):
        table.add_column(heading, overflow="fold")
    for loss in result.losses:
        over = loss.counts and loss.rpo_seconds is not None and loss.rpo_seconds > target
        table.add_row(
            loss.key,
            "all" if loss.rpo_seconds is None else clock(loss.rpo_seconds),
            clock(target) if loss.counts else "",
            Text(loss.lost),
            Text(loss.source),
            style="red" if over else None,
        )
    return table


def _show_lost_region(result: DrillResult, out: Console) -> None:
    if result.settings.region == HOME:
        table = Table(title=f"Lost with {HOME} for every region", title_justify="left")
        for heading in ("control plane", "what goes on"):
            table.add_column(heading, overflow="fold")
        for plane in control_planes():
            table.add_row(plane.name, plane.goes_on)
        out.print(table)
        out.print(Text(f"source: {SOURCE}", style="dim"))
    needs = [need for need in result.needs if not need.allowed]
    allowed = len(result.needs) - len(needs)
    out.print(
        escape(
            f"{len(needs)} needs of the failover point at {result.settings.region}, "
            f"{allowed} more do and are not needed (--json lists them)"
        )
    )
    if needs:
        table = Table(title="Needed, and lost", title_justify="left", style="red")
        for heading in ("resource", "what", "why"):
            table.add_column(heading, overflow="fold")
        for need in needs:
            table.add_row(Text(need.resource), Text(need.what), Text(need.why))
        out.print(table)


def verdict(result: DrillResult) -> list[str]:
    """What it came to, in a few lines."""
    lines: list[str] = []
    progress = result.progress
    if progress.failed:
        lines.append(f"stopped at {progress.failed}: {progress.reason}")
        lines.append(
            f"to go on: rf drill --stack {progress.stack} --lose {progress.lost} --resume"
            + "".join(f" {option}" for option in progress.chosen)
        )
    if result.kept:
        lines.append(
            f"the sandbox still runs at {result.kept['endpoint']} (kill {result.kept['pid']})"
        )
    lines += [
        f"{miss.what} is {clock(miss.seconds)}, over the target of {clock(miss.target)}"
        for miss in result.misses
    ]
    if result.failed_measurement:
        lines.append(f"the real servers stopped at {result.failed_measurement}")
    needs = sum(not need.allowed for need in result.needs)
    if needs:
        lines.append(f"{needs} needs of the failover point at the lost region")
    return lines or ["the drill went through, within its targets"]
