"""What to simulate, and what is assumed of a job where nobody says better."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

JOB_SECONDS = 30.0
"""Mean job duration unless asked otherwise. The plan gives none; ours lies a little below what the
largest size can serve of the plan's twelve-month load (20 workers, 2000 jobs an hour: 36 s)."""

BUSY_PERCENT = 50.0
"""CPU of a running job in percent of the pod's request: half the time at work, half waiting for
database, storage or a model's answer. Our assumption."""


class Load(StrEnum):
    """Columns of the plan's "Load Projections"; `2x` is twice its last."""

    CURRENT = "current"
    SIX_MONTHS = "6-months"
    TWELVE_MONTHS = "12-months"
    DOUBLE = "2x"


@dataclass(frozen=True, kw_only=True)
class Question:
    """What to simulate: jobs of `job_seconds` on average, `burst` more at once, `hours` long.

    `busy_percent` is the CPU of a running job in percent of its pod's request.
    """

    load: Load = Load.CURRENT
    job_seconds: float = JOB_SECONDS
    burst: int = 0
    seed: int = 1
    hours: float = 8
    busy_percent: float = BUSY_PERCENT
