"""`rf check`: whether a stack carries a load, and what would mend it where it doesn't."""

from __future__ import annotations

from collections.abc import Sequence

from rich.markup import escape

from rf.check.view import show, terminal_console, write_json
from rf.shared.stacks import serving_overrides, settings_of
from scaleplan.capacity.check_names import Loss
from scaleplan.capacity.checks import CapacityReport, capacity_report
from scaleplan.capacity.fixes import passing_size
from scaleplan.capacity.mending import mending
from scaleplan.capacity.summary import summary
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


def publish(report: CapacityReport, *, as_json: bool) -> int:
    """Print the report with what mends its first fault; the exit code: 1 where a check fails."""
    steps = mending(report)
    larger = None if report.passes else passing_size(report)
    if as_json:
        write_json(report, steps, larger)
    else:
        show(report, steps, larger)
    return 0 if report.passes else 1


def show_summary(stack: str, *, size: str | None, overrides: Sequence[str]) -> None:
    """Print what `pulumi preview` prints of a stack's capacity: a line a check."""
    report = report_of(stack, size=size, overrides=overrides, load=None, lose=None)
    terminal_console().print(escape("\n".join(summary(report))), highlight=False, soft_wrap=True)
