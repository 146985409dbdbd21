"""What a burst of 500 jobs costs, by what scales the workers, as multiples of a fixed maximum.

Run: `.venv/bin/python benchmarks/scaling.py`. Simulated time, so the figures are the same on every
machine; each size bears the plan's load of its users (50, 200 and 1000).

With `--real` the burst is played in real time, without that load, for prod: jobs of BullMQ, Bull
and RQ in a real Redis, KEDA and Kubernetes' controllers in their exported intervals, and a real
consumer for each worker that is ready. All strategies are played side by side, each on a queue of
its own. It takes most of an hour, needs what `make test-cluster` does, and then holds the
simulation against what it saw: exit code 1 where that is further off than it may be. docs/queues.md
has the figures.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

if __package__ in {None, ""}:
    # Started by its path, Python looks for modules beside this file only.
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.real_scaling.entries import (
    LITERAL,
    PROMPT_OVERRIDE,
    TITLES,
    durations,
    entries_of,
    scaling_of,
)
from benchmarks.real_scaling.figures import load, save, show
from benchmarks.real_scaling.play import play_bursts
from rf.shared.errors import InputError
from rf.shared.stacks import plan_of, settings_of
from rf.shared.termination import stopping_cleanly
from rf.simulate.comparison import Comparison, SimulationQuestion, Strategy, compare, fleet_of
from rf.simulate.run import simulate
from rf.simulate.view import duration, ratio
from scaleplan.assumptions import Assumptions
from scaleplan.load import load_at
from scaleplan.model import load_plan
from scaleplan.settings import Settings

BURST = 500
STACK = "prod"
SIZES = ("small", "medium", "large")

RUNS = 5
"""Of ours by each library."""

REAL_JOB_SECONDS = 8
"""A quarter of what the load assumes, so that a burst is gone within minutes. The intervals of what
scales are not scaled with it."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the figures; 0 done, 1 the simulation is off, 2 bad usage or something is missing."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--real", action="store_true", help="play it in real time")
    parser.add_argument("--runs", type=int, default=RUNS, help="of ours a library (%(default)s)")
    parser.add_argument(
        "--job-seconds", type=float, default=REAL_JOB_SECONDS, help="mean, played (%(default)s)"
    )
    parser.add_argument("--keep", type=Path, metavar="FILE", help="of what was played")
    parser.add_argument("--kept", type=Path, metavar="FILE", help="print this instead of playing")
    asked = parser.parse_args(arguments)
    if not (asked.real or asked.kept):
        for size in SIZES:
            _simulate(size)
        return 0
    try:
        return 0 if _play(asked) else 1
    except InputError as error:
        print(error, file=sys.stderr)
        return 2


def _play(asked: argparse.Namespace) -> bool:
    settings = settings_of(STACK)
    assumed = _assumptions(settings)
    if asked.kept:
        played = load(asked.kept)
    else:
        with stopping_cleanly():
            played = play_bursts(
                entries_of(STACK, settings, asked.runs),
                settings,
                durations(BURST, asked.job_seconds),
                busy_percent=assumed.busy_percent,
                pod_seconds=assumed.pod_seconds,
            )
    if asked.keep:
        save(played, asked.keep)
    return show(played, STACK, assumed)


def _assumptions(settings: Settings) -> Assumptions:
    return load_at(settings.load, load_plan(), settings.size).assumptions


def _simulate(size: str) -> None:
    """Print a block of a size with a line a strategy."""
    settings = settings_of(STACK, size=size)
    load = load_at(settings.load, load_plan(), settings.size)
    question = SimulationQuestion(
        load=load,
        job_seconds=load.assumptions.job_seconds,
        busy_percent=load.assumptions.busy_percent,
        burst=BURST,
    )
    plan = plan_of(STACK, size=size)
    compared = compare(plan, question)
    prompt = compare(plan_of(STACK, size=size, overrides=(PROMPT_OVERRIDE,)), question)
    literal = scaling_of(LITERAL, plan)
    assert literal is not None
    of_plan = simulate(
        compared.demand,
        fleet_of(compared.workers, question),
        scaling=literal,
        replicas=literal.least,
    )
    _print(
        compared,
        [
            Strategy(key=LITERAL, title=TITLES[LITERAL], result=of_plan),
            *compared.strategies[:-1],
            *(replace(s, title="KEDA, prompt") for s in prompt.strategies if s.key == "configured"),
            compared.strategies[-1],
        ],
    )


def _print(compared: Comparison, strategies: Sequence[Strategy]) -> None:
    theory, fixed = compared.theory, compared.fixed
    print(
        f"{compared.size}: burst of {BURST} beside {theory.jobs_per_hour:g} jobs an hour of"
        f" {compared.question.job_seconds:g} s; break-even {compared.break_even_seconds:.0f} s"
    )
    for warning in compared.warnings:
        print(f"  note: {warning}")
    for strategy in strategies:
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
    sys.exit(main())
