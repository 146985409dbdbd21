"""The cheapest configuration for 10 to 100,000 users, each doing what the plan's users do."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from scaleplan.capacity.evaluator import Evaluator
from scaleplan.capacity.sizing import attempts, bottleneck, cheapest
from scaleplan.load import load_of_users
from scaleplan.model import Plan, load_plan
from scaleplan.settings import Settings

USERS = (10, 20, 50, 99, 100, 200, 350, 500, 750, 1000, 1500, 2000, 3000, 5000, 7500)
BEYOND = (10_000, 15_000, 20_000, 50_000, 100_000)
"""Points of the sweep: close where sizes change, wide where one stack has come to its end."""


@dataclass(frozen=True, kw_only=True)
class Point:
    """What so many users come to; without a base and a cost where no configuration carries them.

    `bottleneck` is the check that gives out first as the load grows, or that can't be mended.
    """

    users: int
    base: str | None
    usd_per_month: float | None
    bottleneck: str | None


@dataclass(frozen=True, kw_only=True)
class PlanThreshold:
    """A number of users at which the plan says to do something."""

    users: int
    said: str


def sweep(settings: Settings, progress: Callable[[str], None]) -> tuple[Point, ...]:
    """One point a number of users. Beyond the first that nothing carries, only larger bases could,
    and there are none: so the same bottleneck is reported for them after one more try."""
    points: list[Point] = []
    for users in (*USERS, *BEYOND):
        progress(f"{users:,} users")
        points.append(_point(settings, users))
    return tuple(points)


def thresholds(plan: Plan) -> tuple[PlanThreshold, ...]:
    """All numbers of users in the plan, with its words, in order."""
    sizes = [
        PlanThreshold(users=estimate.users.min_users, said=f"size {size}")
        for size, estimate in plan.estimates.items()
    ]
    vertical = [
        PlanThreshold(users=step.from_concurrent_users, said=step.instance_class)
        for step in plan.vertical_path.steps
    ]
    horizontal = [
        PlanThreshold(
            users=step.from_concurrent_users,
            said=f"{step.orchestrators} orchestrators, {step.workers} workers",
        )
        for step in plan.horizontal_path.steps
    ]
    path = plan.horizontal_path
    single = [
        PlanThreshold(users=path.afterwards_from_concurrent_users, said="decomposition"),
        PlanThreshold(users=plan.replication.from_concurrent_users, said="read replicas"),
        PlanThreshold(users=plan.sharding.from_users, said="sharding"),
    ]
    found = [*sizes, *vertical, *horizontal, *single]
    return tuple(sorted((each for each in found if each.users), key=lambda each: each.users))


def _point(settings: Settings, users: int) -> Point:
    load = load_of_users(load_plan(), users, settings.load.assumptions)
    found = attempts(settings, Evaluator(load))
    choice = cheapest(found)
    if choice is None:
        failing = found[-1].failing
        fault = None if failing is None else failing.fault
        stuck = None if fault is None else str(fault[0].name)
        return Point(users=users, base=None, usd_per_month=None, bottleneck=stuck)
    first = bottleneck(choice.settings, load)
    return Point(
        users=users,
        base=str(choice.base),
        usd_per_month=choice.usd_per_month,
        bottleneck=None if first is None else str(first),
    )
