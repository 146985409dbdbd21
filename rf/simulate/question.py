"""What to simulate."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # the command line asks for the constant below before it needs a load
    from scaleplan.load import Load

BUSY_PERCENT = 50.0
"""CPU of a running job in percent of the pod's request: half the time at work, half waiting for
database, storage or a model's answer. Our assumption."""


@dataclass(frozen=True, kw_only=True)
class Question:
    """What to simulate: jobs of `job_seconds` on average, `burst` more at once, `hours` long.

    `busy_percent` is the CPU of a running job in percent of its pod's request.
    """

    load: Load
    job_seconds: float
    burst: int = 0
    seed: int = 1
    hours: float = 8
    busy_percent: float = BUSY_PERCENT
