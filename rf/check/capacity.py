"""The capacity report of a stack: whether it carries a load."""

from __future__ import annotations

from collections.abc import Sequence

from rf.shared.stacks import serving_overrides, settings_of
from scaleplan.capacity.checks import CapacityReport, capacity_report
from scaleplan.capacity.result import Loss
from scaleplan.load import load_named
from scaleplan.model import load_plan


def report_of(
    stack: str,
    *,
    size: str | None,
    overrides: Sequence[str],
    load: str | None,
    lose: Loss | None,
) -> CapacityReport:
    """The report of a stack; of a recovery site that waits, as of one that took over.

    Raises InvalidSettings for wrong settings or a wrong load.
    """
    serving = serving_overrides(stack, size=size, overrides=overrides)
    settings = settings_of(stack, size=size, overrides=serving)
    chosen = load_named(load, settings.load, load_plan(), settings.size)
    return capacity_report(settings, chosen, lose)
