"""A report in a few lines: what decides, what fails, and what would mend it."""

from __future__ import annotations

from collections.abc import Sequence

from scaleplan.capacity.checks import CapacityReport
from scaleplan.capacity.fixes import Fix
from scaleplan.capacity.result import CapacityTerm, CheckResult, number
from scaleplan.load import Load


class CapacityRisk(Exception):  # noqa: N818 - says what it is, as callers read it
    """Names the checks that a stack fails and nobody has accepted."""


def load_line(load: Load) -> str:
    """The load in one line."""
    return (
        f"{load.name}: {number(load.concurrent_users)} users,"
        f" {number(load.requests_per_second)} requests/s,"
        f" {number(load.data_volume_gb)} GB (to grow to {number(load.final_data_volume_gb)}),"
        f" {number(load.worker_jobs_per_hour)} jobs/h"
    )


def summary(report: CapacityReport) -> list[str]:
    """One line a check, with the term that has least to spare."""
    stack, size = report.settings.stack, report.settings.size
    lost = f", lost: {report.loss}" if report.loss else ""
    lines = [f"capacity of {stack} ({size}) for {load_line(report.load)}{lost}"]
    for result in report.results:
        term = result.fault or result.tightest
        if term is None:
            continue
        lines.append(f"  {result.name}: {'passes' if result.passes else 'FAILS'}, {said(term)}")
    return lines


def said(term: CapacityTerm) -> str:
    """A term with a limit in words: how much of what, and how much is left or missing."""
    value, limit = number(term.value), number(term.limit or 0)
    used = f"{term.name} {value} of {limit} {term.unit}".rstrip()
    if not term.passes:
        return f"{used}, {excess(term)} too much"
    return f"{used}, {term.headroom:.0%} to spare" if term.limit else used


def excess(term: CapacityTerm) -> str:
    """By how much a term exceeds its limit, with the unit."""
    over = -(term.margin or 0.0)
    return f"{number(over)} {term.unit}".rstrip()


def fault_line(result: CheckResult, term: CapacityTerm) -> str:
    """The first term at fault: its working, its limit, by how much."""
    return (
        f"{result.name} fails: {term.name} = {term.working} = {number(term.value)} {term.unit},"
        f" {excess(term)} more than {number(term.limit or 0)} ({term.limit_working})"
    )


def fix_line(steps: Sequence[Fix]) -> str:
    """What mends it, tried and run again; or that no change of a few settings does."""
    if not steps:
        return "no change of a few settings mends this; it needs another design or another load"
    cost = sum(step.extra_cost for step in steps)
    price = f"{number(abs(cost))} USD a month {'more' if cost >= 0 else 'less'}"
    said_steps = "; then ".join(str(step) for step in steps)
    return f"smallest change that mends it, tried: {said_steps} ({price})"
