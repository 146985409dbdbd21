"""What played bursts came to, beside what `rf simulate` makes of the same jobs."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean

from benchmarks.real_scaling.entries import (
    FIXED,
    PROMPT,
    PROMPT_OVERRIDE,
    TITLES,
    scaling_of,
)
from benchmarks.real_scaling.play import PlayedBursts
from benchmarks.real_scaling.record import LaneRecord
from rf.shared.stacks import plan_of
from rf.simulate.configured import configured_workers
from rf.simulate.result import SimulationResult, percentile
from rf.simulate.run import Fleet, simulate
from rf.simulate.workers import PodTimes
from rf.simulate.workload import ObservedBurst
from scaleplan.assumptions import Assumptions

HOURS = 8
"""Pod hours are of so long a time, as `rf simulate`'s: the burst, and nothing after it."""

SEEDS = range(1, 16)
"""Of the simulation: each has the autoscaler look at another moment of its interval."""

AGREEMENT = 0.15
"""By so much of what was played the simulation may be off."""

HEADER = (
    "| strategy | library | runs | wait p50, s | p95 | p99 | drained in, s | most pods"
    " | pod hours in 8 h | simulated p95 | drained in | most pods | late p95, ms"
    " | pause p95, ms |\n"
    "|---|---|---|---|---|---|---|---|---|---|---|---|---|---|"
)


@dataclass(frozen=True, kw_only=True)
class Expected:
    """The simulation's means over all moments at which an autoscaler may look."""

    p95: float
    drain: float
    peak: float

    @classmethod
    def of(cls, results: Sequence[SimulationResult]) -> Expected:
        """Raises TypeError where a burst did not drain."""
        drains = [each.drain_seconds for each in results]
        return cls(
            p95=fmean(each.wait_p95 for each in results),
            drain=fmean(each for each in drains if each is not None),
            peak=fmean(max(s.replicas for s in each.samples) for each in results),
        )

    def off(self, run: LaneRecord) -> float:
        """The largest share by which it is off one run's p95, time to drain and most pods."""
        pairs = ((self.p95, run.wait(95)), (self.drain, run.drain_seconds), (self.peak, run.peak))
        return max(abs(simulated / real - 1) for simulated, real in pairs)


def expected(stack: str, run: LaneRecord, assumed: Assumptions) -> Expected:
    """What the simulation makes of the jobs as they were, where machines are there already."""
    overrides = [f"queue.clients=[{run.client}]"]
    if run.strategy == PROMPT:
        overrides.append(PROMPT_OVERRIDE)
    plan = plan_of(stack, overrides=overrides)
    workers = configured_workers(plan)
    times = PodTimes(start_seconds=assumed.pod_seconds, grace_seconds=workers.grace_seconds)
    fleet = Fleet(
        slots=workers.slots,
        times=times,
        node_seconds=0,
        pool=None,
        busy_percent=assumed.busy_percent,
    )
    scaling = scaling_of(run.strategy, plan)
    results: list[SimulationResult] = []
    for seed in SEEDS:
        burst = ObservedBurst(
            service_seconds=run.service_seconds,
            queue=workers.queues[0],
            hours=HOURS,
            seed=seed,
        )
        results.append(simulate(burst, fleet, scaling=scaling, replicas=run.least))
    return Expected.of(results)


def show(played: PlayedBursts, stack: str, assumed: Assumptions) -> bool:
    """Print all of it. False where the simulation is further off than it may be."""
    print(HEADER)
    worst = 0.0
    for group in _groups(played.lanes):
        each = [expected(stack, run, assumed) for run in group]
        worst = max([worst, *(one.off(run) for one, run in zip(each, group, strict=True))])
        print(_row(group, each))
    print(f"\nThe simulation is off by {worst:.1%} at most, of {AGREEMENT:.0%} that it may.")
    _print_aim(played.lanes)
    for run in played.lanes:
        changes = ", ".join(f"{replicas} at {at:.0f} s" for at, replicas in run.changes)
        print(f"{TITLES[run.strategy]}, {run.client}: {changes}")
    loads = sorted(played.loads)
    print(
        f"load averages of a minute: {loads[0]:.1f} to {loads[-1]:.1f}, median"
        f" {percentile(loads, 50):.1f}"
    )
    return worst <= AGREEMENT


def _groups(lanes: Sequence[LaneRecord]) -> list[list[LaneRecord]]:
    found: dict[tuple[str, str], list[LaneRecord]] = {}
    for run in lanes:
        found.setdefault((run.strategy, run.client), []).append(run)
    return list(found.values())


def _row(group: Sequence[LaneRecord], simulated: Sequence[Expected]) -> str:
    cells = [
        TITLES[group[0].strategy],
        group[0].client,
        str(len(group)),
        *(_spread([run.wait(percent) for run in group]) for percent in (50, 95, 99)),
        _spread([run.drain_seconds for run in group]),
        _spread([run.peak for run in group]),
        _spread([run.pod_hours(HOURS) for run in group], 1),
        _spread([each.p95 for each in simulated]),
        _spread([each.drain for each in simulated]),
        _spread([each.peak for each in simulated]),
        _spread([percentile(run.late, 95) * 1000 for run in group]),
        _spread([percentile(run.pauses, 95) * 1000 for run in group]),
    ]
    return f"| {' | '.join(cells)} |"


def _spread(values: Sequence[float], digits: int = 0) -> str:
    """The mean, and the least and most where they differ."""
    least, mean, most = (f"{each:.{digits}f}" for each in (min(values), fmean(values), max(values)))
    return mean if least == most else f"{mean} ({least}–{most})"


def _print_aim(lanes: Sequence[LaneRecord]) -> None:
    (fixed,) = [run for run in lanes if run.strategy == FIXED]
    for strategy, title in TITLES.items():
        runs = [run for run in lanes if run.strategy == strategy]
        if strategy == FIXED or not runs:
            continue
        wait = fmean(run.wait(95) for run in runs) / fixed.wait(95)
        hours = fmean(run.pod_hours(HOURS) for run in runs) / fixed.pod_hours(HOURS)
        print(f"{title}: p95 wait {wait:.2f} x, pod hours {hours:.2f} x those of {TITLES[FIXED]}")


def save(played: PlayedBursts, path: Path) -> None:
    """Keep it."""
    lanes = [run.to_json() for run in played.lanes]
    path.write_text(json.dumps({"loads": played.loads, "lanes": lanes}), encoding="utf-8")


def load(path: Path) -> PlayedBursts:
    """What was kept."""
    found = json.loads(path.read_text(encoding="utf-8"))
    lanes = tuple(LaneRecord.of_json(each) for each in found["lanes"])
    return PlayedBursts(lanes=lanes, loads=tuple(found["loads"]))
