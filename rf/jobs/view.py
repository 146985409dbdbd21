"""The job queues as a table, and the plan's judgement of their depth."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table

from rendering.queue.keys import JobState
from rf.jobs.queues import QueueDepth, QueueLook
from rf.shared.terminal import print_json
from rf.simulate.view import duration


def show(looks: Sequence[QueueLook], depth: QueueDepth, *, as_json: bool) -> None:
    """Print each queue, and the depth of all by the plan's thresholds."""
    if as_json:
        print_json(_document(looks, depth))
    else:
        _show(looks, depth)


def _document(looks: Sequence[QueueLook], depth: QueueDepth) -> dict[str, object]:
    rows = [
        {
            "library": str(each.client),
            "queue": each.queue,
            "jobs": {str(state): count for state, count in each.jobs.items()},
            "oldestWaitingSeconds": each.oldest_waiting_seconds,
        }
        for each in looks
    ]
    return {
        "format": 1,
        "waiting": depth.waiting,
        "paused": depth.paused,
        "verdict": depth.level,
        "queues": rows,
    }


def _show(looks: Sequence[QueueLook], depth: QueueDepth) -> None:
    table = Table()
    for head in ("queue", "library"):
        table.add_column(head)
    for head in (*JobState, "oldest waiting"):
        table.add_column(str(head), justify="right")
    for each in looks:
        # Of a state without a key the library says nothing: RQ finds stalled jobs when it cleans.
        counts = (str(each.jobs.get(state, "-")) for state in JobState)
        table.add_row(each.queue, str(each.client), *counts, duration(each.oldest_waiting_seconds))
    console = Console()
    console.print(table)
    action = f", the plan's {depth.level} depth: {depth.action}" if depth.action else ""
    paused = f", {depth.paused} stand in paused queues" if depth.paused else ""
    console.print(f"{depth.waiting} jobs wait{paused}{action}", highlight=False)
