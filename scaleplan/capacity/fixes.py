"""The smallest change of one setting that makes a failing check pass, found by trying.

Every leaf of the size's sections is tried in both directions: numbers step by step, classes through
the catalogue, switches over. A change counts only if, run again, the check passes and no check that
passed before fails.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from scaleplan.capacity.checks import CapacityReport, capacity_report
from scaleplan.capacity.evaluator import Evaluator
from scaleplan.capacity.leaves import Leaf, leaves, value_at, with_size
from scaleplan.capacity.result import CheckName
from scaleplan.catalog import load_catalog
from scaleplan.settings import Settings
from scaleplan.sizes import Size

MOST_CHANGES = 24
"""Changes in a row that are tried: more would be another design."""


@dataclass(frozen=True, kw_only=True)
class Fix:
    """One setting's new value, what it costs more a month, and how far it is from the old one."""

    key: str
    old: Any
    new: Any
    extra_cost: float
    distance: float
    settings: Settings

    def __str__(self) -> str:
        return f"{self.key}: {_shown(self.new)} (now {_shown(self.old)})"


def mending(report: CapacityReport) -> tuple[Fix, ...]:
    """The one change that mends the report's first fault; several in a row where none does alone.

    Empty where nothing fails, or nothing that was tried mends it.
    """
    evaluator = Evaluator(report.load)
    single = smallest_fix(report, evaluator)
    return (single,) if single is not None else repair(report, evaluator)


def smallest_fix(
    report: CapacityReport, evaluator: Evaluator, among: Sequence[Leaf] | None = None
) -> Fix | None:
    """The cheapest change, then the shortest, that mends the first failing check.

    None if no single change does. Unless told `among` which settings to look, another size counts
    as a change too. The result has been run again: its `settings` give a report without that fault.
    """
    fault = report.fault
    if fault is None:
        return None
    name = fault[0].name
    tried = _candidates(report, name, evaluator, leaves() if among is None else among)
    fixes = [fix for fix in tried if _mends(report, evaluator, fix.settings, name)]
    if among is None:
        fixes += _larger_sizes(report, evaluator, evaluator.price(report.settings))
    return min(fixes, key=_smallest_first, default=None)


def repair(
    report: CapacityReport, evaluator: Evaluator, among: Sequence[Leaf] | None = None
) -> tuple[Fix, ...]:
    """Changes, one after the other, until every check passes; empty where a few don't suffice."""
    steps, reached = climb(report, evaluator, among)
    return steps if reached.passes else ()


def climb(
    report: CapacityReport, evaluator: Evaluator, among: Sequence[Leaf] | None = None
) -> tuple[tuple[Fix, ...], CapacityReport]:
    """Mend one check after the other; the changes, and the report where that came to its end.

    A change may break another check, which the next one then mends. It ends where all checks pass,
    where nothing mends the first that fails, or where the changes go round in a circle.
    """
    steps: list[Fix] = []
    tried = [report.settings]
    while not report.passes and len(steps) < MOST_CHANGES:
        fix = smallest_fix(report, evaluator, among) or _mending_alone(report, evaluator, among)
        if fix is None or fix.settings in tried:
            break
        tried.append(fix.settings)
        steps.append(fix)
        report = evaluator.report(fix.settings, report.loss)
    return tuple(steps), report


def passing_size(report: CapacityReport) -> Size | None:
    """The first larger size that, as the plan has it, passes every check."""
    for size in _sizes_above(report.settings.size):
        settings = with_size(report.settings, size)
        if capacity_report(settings, report.load, report.loss).passes:
            return size
    return None


def _values(
    report: CapacityReport, evaluator: Evaluator, leaf: Leaf, name: CheckName
) -> Iterator[Any]:
    """Values worth trying: each class of the kind, the other switch, the nearest number that does.

    A number goes ever farther until the check passes, then back to the nearest that does.
    """
    present = value_at(report.settings, leaf)
    if isinstance(present, bool):
        yield not present
    elif isinstance(present, int):
        for direction in (1, -1):
            nearest = _nearest_number(report, evaluator, leaf, name, direction=direction)
            if nearest is not None:
                yield nearest
    else:
        catalog = load_catalog()
        entry = catalog.instance_class(present)
        for other in catalog.class_names(entry.kind, entry.architecture):
            if other != present:
                yield other


def _nearest_number(
    report: CapacityReport,
    evaluator: Evaluator,
    leaf: Leaf,
    name: CheckName,
    *,
    direction: int,
) -> int | None:
    present = int(value_at(report.settings, leaf))
    bound = leaf.highest if direction > 0 else leaf.lowest
    most = abs(int(bound if bound is not None else present) - present)
    if not most or not _matters(report, evaluator, leaf, name, present + direction * most):
        return None

    def passes(step: int) -> bool:
        settings = evaluator.changed(report.settings, leaf, present + direction * step)
        if settings is None:
            return False
        return evaluator.result(name, settings, report.loss).passes

    failing, step = 0, 1
    while step < most and not passes(step):
        failing, step = step, step + max(1, step // 4)
    step = min(step, most)
    if step < 1 or not passes(step):
        return None
    while step - failing > 1:
        middle = (step + failing) // 2
        step, failing = (middle, failing) if passes(middle) else (step, middle)
    return present + direction * step


def _matters(
    report: CapacityReport, evaluator: Evaluator, leaf: Leaf, name: CheckName, value: Any
) -> bool:
    """Whether the check says anything else with that value: most settings are none of its business.

    True too where the value alone breaks a rule, and nearer ones may not.
    """
    settings = evaluator.changed(report.settings, leaf, value)
    if settings is None:
        return True
    return evaluator.result(name, settings, report.loss) != report.result(name)


def _mends(
    report: CapacityReport, evaluator: Evaluator, settings: Settings, name: CheckName
) -> bool:
    """Whether the check passes now, and every other that passed still does."""
    failed = {result.name for result in report.failures}
    after = evaluator.report(settings, report.loss)
    return {result.name for result in after.failures} <= failed - {name}


def _mending_alone(
    report: CapacityReport, evaluator: Evaluator, among: Sequence[Leaf] | None
) -> Fix | None:
    """The change that mends the first failing check and breaks fewest others."""
    fault = report.fault
    if fault is None:
        return None

    def broken(fix: Fix) -> int:
        return len(evaluator.report(fix.settings, report.loss).failures)

    fixes = _candidates(report, fault[0].name, evaluator, leaves() if among is None else among)
    return min(fixes, key=lambda fix: (broken(fix), *_smallest_first(fix)), default=None)


def _candidates(
    report: CapacityReport, name: CheckName, evaluator: Evaluator, among: Sequence[Leaf]
) -> list[Fix]:
    """Every change of one setting with which that check passes."""
    before = evaluator.price(report.settings)
    fixes: list[Fix] = []
    for leaf in among:
        for value in _values(report, evaluator, leaf, name):
            settings = evaluator.changed(report.settings, leaf, value)
            if settings is not None and evaluator.result(name, settings, report.loss).passes:
                extra = evaluator.price(settings) - before
                fixes.append(_fix(report, leaf, value, settings, extra))
    return fixes


def _smallest_first(fix: Fix) -> tuple[bool, float, float, str]:
    """The cheapest, then the shortest; last what mends by taking capacity from somebody else."""
    extra = round(fix.extra_cost, 2)
    return extra < 0, extra, fix.distance, fix.key


def _larger_sizes(report: CapacityReport, evaluator: Evaluator, before: float) -> Iterator[Fix]:
    fault = report.fault
    for size in _sizes_above(report.settings.size):
        settings = with_size(report.settings, size)
        if fault is not None and _mends(report, evaluator, settings, fault[0].name):
            yield Fix(
                key="size",
                old=report.settings.size,
                new=size,
                extra_cost=evaluator.price(settings) - before,
                distance=1.0,
                settings=settings,
            )


def _sizes_above(size: Size) -> list[Size]:
    order = list(Size)
    return order[order.index(size) + 1 :]


def _fix(
    report: CapacityReport, leaf: Leaf, value: Any, settings: Settings, extra_cost: float
) -> Fix:
    old = value_at(report.settings, leaf)
    numeric = isinstance(value, int) and isinstance(old, int) and not isinstance(old, bool)
    distance = abs(value - old) / max(1, abs(old)) if numeric else 1.0
    return Fix(
        key=leaf.key,
        old=old,
        new=value,
        extra_cost=extra_cost,
        distance=distance,
        settings=settings,
    )


def _shown(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
