"""What mends a report's faults for the least money, at the prices of the report's own load."""

from __future__ import annotations

from scaleplan.capacity.checks import CapacityReport
from scaleplan.capacity.fixes import Fix, Price, repair, smallest_fix
from scaleplan.cost import estimate
from scaleplan.load import Load


def price_under(load: Load) -> Price:
    """What a configuration costs in a month under that load, USD."""
    return lambda settings: float(estimate(settings, load).total.at_load)


def mending(report: CapacityReport) -> tuple[Fix, ...]:
    """The one change that mends the report's first fault; several in a row where none does alone.

    Empty where nothing fails, or nothing that was tried mends it.
    """
    price = price_under(report.load)
    single = smallest_fix(report, price)
    return (single,) if single is not None else repair(report, price)
