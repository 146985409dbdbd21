"""Writes `docs/windows.md`: every window and schedule, and what must not meet.

`python -m tools.reference.windows` prints it; a test compares it with the committed file.
"""

from __future__ import annotations

import sys

from scaleplan.windows import EXCLUSIONS, Activity, Window, timetable
from tools.reference.markdown import table

_OPENING = """\
# Windows and schedules

What AWS, the cluster and this repository's jobs do by themselves, and when. Generated from
`scaleplan/windows.py` (`python -m tools.reference.windows > docs/windows.md`), which the program
takes every time of day from. All times are UTC, in every region, in summer and winter.

"""

_BETWEEN = """
## What must not meet

Tests walk through the week minute by minute, for every pair of each row, with up to 15 replicas.

"""

_WITHOUT = """
## What has no time of its own

"""

_NO_TIME = (
    (
        "Karpenter",
        "any time: its budget of one machine at once has no schedule; machines drift when"
        " `pulumi up` changes what is declared of them, and none goes by age"
        " ([the cluster](cluster.md#how-machines-go))",
    ),
    (
        "EKS",
        "its control plane and node groups are raised by `pulumi up` alone, or by hand for a newer"
        " image ([NodeOld](runbooks/node-old.md)), until AWS ends a"
        " version's support and raises it itself (`rf check versions` says when)",
    ),
    (
        "minor versions of RDS, Redis and RabbitMQ, and changes of them that wait"
        " (`applyImmediately` is off)",
        "in the maintenance windows above",
    ),
    ("keys", "KMS rotates them once a year from the day when they were made"),
    ("lifecycle rules of S3 and ECR", "within a day, when AWS chooses"),
    ("schedules of workflows", "whoever makes one in Temporal chooses; this program makes none"),
    (
        "a distribution of a filled table",
        "up to six hours from its start, so the one at the cut-over may still hold up a backup:"
        " start it after 04:00",
    ),
)


def render() -> str:
    """The whole page."""
    windows = timetable(replicas=2)
    times = table(("what", "of", "when", "long"), [_row(window) for window in windows])
    rules = [
        (
            _names(exclusion.first),
            _names(exclusion.second),
            f"{exclusion.apart} min" if exclusion.apart else "no overlap",
            "of one store" if exclusion.one_store else "of any",
            exclusion.source,
        )
        for exclusion in EXCLUSIONS
    ]
    excluded = table(("this", "and this", "between them", "which", "why"), rules)
    without = table(("what", "when"), _NO_TIME)
    return f"{_OPENING}{times}{_BETWEEN}{excluded}{_WITHOUT}{without}"


def _row(window: Window) -> tuple[str, str, str, str]:
    day = (window.day or "daily").capitalize()
    return window.activity, window.store, f"{day} {window.times()}", f"{window.minutes} min"


def _names(activities: frozenset[Activity]) -> str:
    return ", ".join(sorted(activities))


if __name__ == "__main__":
    sys.stdout.write(render())
