"""What a burst of 500 jobs costs at each size: CPU alone and KEDA, as multiples of a fixed maximum.

Run: `.venv/bin/python benchmarks/scaling.py`. Simulated time, so the figures are the same on every
machine; each size bears the plan's load of its users (50, 200 and 1000).
"""

from __future__ import annotations

import sys
from pathlib import Path

if __package__ in {None, ""}:
    # Started by its path, Python looks for modules beside this file only.
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from rf.shared.stacks import plan_of, settings_of
from rf.simulate.comparison import Comparison, SimulationQuestion, compare
from rf.simulate.view import duration, ratio
from scaleplan.load import load_at
from scaleplan.model import load_plan

BURST = 500
STACK = "prod"
SIZES = ("small", "medium", "large")


def main() -> None:
    """Print a block a size and a line a strategy."""
    for size in SIZES:
        settings = settings_of(STACK, size=size)
        load = load_at(settings.load, load_plan(), settings.size)
        assumed = load.assumptions
        question = SimulationQuestion(
            load=load,
            job_seconds=assumed.job_seconds,
            busy_percent=assumed.busy_percent,
            burst=BURST,
        )
        _print(compare(plan_of(STACK, size=size), question))


def _print(compared: Comparison) -> None:
    theory, fixed = compared.theory, compared.fixed
    print(
        f"{compared.size}: burst of {BURST} beside {theory.jobs_per_hour:g} jobs an hour of"
        f" {compared.question.job_seconds:g} s; break-even {compared.break_even_seconds:.0f} s"
    )
    for warning in compared.warnings:
        print(f"  note: {warning}")
    for strategy in compared.strategies:
        outcome = strategy.result
        print(
            f"  {strategy.title:<20}"
            f" drained in {duration(outcome.drain_seconds):>9}"
            f" {ratio(outcome.drain_seconds, fixed.drain_seconds):>8}"
            f"   p95 wait {duration(outcome.wait_p95):>9}"
            f" {ratio(outcome.wait_p95, fixed.wait_p95):>8}"
            f"   pod hours {outcome.pod_hours:6.1f}"
            f" {ratio(outcome.pod_hours, fixed.pod_hours):>8}"
        )


if __name__ == "__main__":
    main()
