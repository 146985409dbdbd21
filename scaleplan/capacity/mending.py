"""What mends a report's faults for the least money, at the prices of the report's own load."""

from __future__ import annotations

from scaleplan.capacity.checks import CapacityReport
from scaleplan.capacity.evaluator import Evaluator
from scaleplan.capacity.fixes import Fix, repair, smallest_fix


def mending(report: CapacityReport) -> tuple[Fix, ...]:
    """The one change that mends the report's first fault; several in a row where none does alone.

    Empty where nothing fails, or nothing that was tried mends it.
    """
    evaluator = Evaluator(report.load)
    single = smallest_fix(report, evaluator)
    return (single,) if single is not None else repair(report, evaluator)
