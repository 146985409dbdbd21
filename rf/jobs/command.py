"""What `rf jobs` prints, and how it judges the depth of the queues."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table

from rendering.queue.keys import JobState
from rf.jobs.errors import JobsInputError
from rf.jobs.look import QueueLook, look
from rf.simulate.view import duration
from scaleplan.model import load_plan
from scaleplan.settings import Settings
from scaleplan.sizes import QueueEngine

URL_VARIABLE = "QUEUE_URL"
"""Where the address and login stand, as in the applications; an argument would be in `ps`."""


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """The plan's "Queue depth": jobs over all queues that are due, against its two thresholds.

    `waiting` are those that a worker would take, `paused` those that none takes.
    """

    waiting: int
    paused: int
    level: str
    action: str


def look_at(settings: Settings) -> list[QueueLook]:
    """Every queue of the plan. Raises JobsInputError or QueueUnreachableError."""
    if settings.queue.engine is not QueueEngine.REDIS:
        raise JobsInputError(
            f"queue.engine is {settings.queue.engine}: the jobs are not in Redis; ask the broker's"
            " own console"
        )
    url = os.environ.get(URL_VARIABLE, "")
    if not url.startswith(("rediss://", "redis://", "unix://")):
        raise JobsInputError(
            f"{URL_VARIABLE} must hold the queue's address with a login, rediss://user:password@"
            "host:6379, as in the Secret orchestrator-credentials"
        )
    return look(url, load_plan().queue.names, settings.queue)


def judge(looks: Sequence[QueueLook]) -> Verdict:
    """Fine below the warning, then `warning`, then `critical`."""
    depth = load_plan().thresholds.queue_depth
    waiting, paused = (
        sum(each.jobs.get(state, 0) for each in looks)
        for state in (JobState.WAITING, JobState.PAUSED)
    )
    level = "fine"
    if waiting + paused >= depth.warning:
        level = "critical" if waiting + paused >= depth.critical else "warning"
    # More workers are no help to jobs that none takes.
    action = depth.action if waiting >= depth.warning else "resume the queues that are paused"
    return Verdict(
        waiting=waiting, paused=paused, level=level, action="" if level == "fine" else action
    )


def report(looks: Sequence[QueueLook], *, as_json: bool) -> int:
    """Print the looks; 1 where the plan's critical depth is reached, else 0."""
    verdict = judge(looks)
    if as_json:
        _print_json(looks, verdict)
    else:
        _print_table(looks, verdict)
    return 1 if verdict.level == "critical" else 0


def _print_json(looks: Sequence[QueueLook], verdict: Verdict) -> None:
    rows = [
        {
            "library": str(each.client),
            "queue": each.queue,
            "jobs": {str(state): count for state, count in each.jobs.items()},
            "oldestWaitingSeconds": each.oldest_waiting_seconds,
        }
        for each in looks
    ]
    document = {
        "format": 1,
        "waiting": verdict.waiting,
        "paused": verdict.paused,
        "verdict": verdict.level,
        "queues": rows,
    }
    sys.stdout.write(json.dumps(document, indent=1) + "\n")


def _print_table(looks: Sequence[QueueLook], verdict: Verdict) -> None:
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
    action = f", the plan's {verdict.level} depth: {verdict.action}" if verdict.action else ""
    paused = f", {verdict.paused} stand in paused queues" if verdict.paused else ""
    console.print(f"{verdict.waiting} jobs wait{paused}{action}", highlight=False)
