"""The cheapest configuration that carries a load, and why the next cheaper one doesn't.

Searched from each size that the plan gives to so many users: what fails is mended by the cheapest
change, then every setting is lowered as far as all checks pass. What a size has against failure
(zones, standbys, copies, gateways, firewall) is the plan's and isn't traded for money.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from scaleplan.capacity.checks import CHECKS, CapacityReport, capacity_report
from scaleplan.capacity.evaluator import Evaluator
from scaleplan.capacity.fixes import Fix, climb
from scaleplan.capacity.leaves import Leaf, leaves, value_at, with_size
from scaleplan.capacity.result import CheckName, Loss
from scaleplan.catalog import load_catalog
from scaleplan.citus.sharding import ShardingSettings, ShardingStage
from scaleplan.load import Load, scaled
from scaleplan.settings import Settings
from scaleplan.sizes import Size

SEARCHED = frozenset(
    {
        "orchestrator.maxReplicas",
        "worker.maxReplicas",
        "collaboration.maxReplicas",
        "nodes.system.instanceClass",
        "nodes.system.minNodes",
        "nodes.system.maxNodes",
        "database.instanceClass",
        "database.allocatedStorageGib",
        "database.maxStorageGib",
        "database.readReplicas",
        "pgbouncer.replicas",
        "pgbouncer.maxClientConnections",
        "pgbouncer.defaultPoolSize",
        "citus.shardClusters",
        "citus.instanceClass",
        "citus.volumeGib",
        "cache.nodeClass",
        "cache.shards",
        "queue.nodeClass",
    }
)
"""Settings of how much, not of how safe."""

_ONLY_RAISED = frozenset(
    {
        "nodes.system.minNodes",
        "nodes.system.maxNodes",
        "database.readReplicas",
        "pgbouncer.replicas",
    }
)
"""Settings whose lower bound is what the plan has against failure."""

CENT = 0.01

GROWTH_STEP = 1.05
MOST_GROWTH = 1_000.0


@dataclass(frozen=True, kw_only=True)
class Base:
    """Where a search begins: a size of the plan, with Citus or without."""

    size: Size
    citus: bool

    def __str__(self) -> str:
        return f"{self.size} with Citus" if self.citus else str(self.size)


@dataclass(frozen=True, kw_only=True)
class Choice:
    """A configuration that passes, its cost, and what in it differs from the plan's size."""

    base: Base
    settings: Settings
    usd_per_month: float
    differences: tuple[Fix, ...]
    report: CapacityReport


@dataclass(frozen=True, kw_only=True)
class Attempt:
    """What a base came to: a choice, or the report at which no further change mended anything."""

    base: Base
    choice: Choice | None
    failing: CapacityReport | None


@dataclass(frozen=True, kw_only=True)
class Cheaper:
    """The next cheaper configuration, and the report of its failure."""

    fix: Fix
    usd_per_month: float
    report: CapacityReport


BASES = (
    Base(size=Size.SMALL, citus=False),
    Base(size=Size.MEDIUM, citus=False),
    Base(size=Size.LARGE, citus=False),
    Base(size=Size.LARGE, citus=True),
)


def attempts(stack: Settings, evaluator: Evaluator) -> tuple[Attempt, ...]:
    """Every base's best, for a stack's place and architecture."""
    return tuple(_attempt(stack, base, evaluator) for base in BASES)


def cheapest(tried: tuple[Attempt, ...]) -> Choice | None:
    """The cheapest of all bases; None where none carries the load."""
    choices = [attempt.choice for attempt in tried if attempt.choice is not None]
    return min(choices, key=lambda choice: choice.usd_per_month, default=None)


def next_cheaper(choice: Choice, evaluator: Evaluator) -> Cheaper | None:
    """Of all single changes that cost less, the one that costs most: and why it fails."""
    carrying = [
        (cost, _difference(choice.settings, settings, leaf, cost - choice.usd_per_month))
        for leaf in _searched()
        if leaf.key not in _ONLY_RAISED
        for cost, settings in _cheaper(choice.settings, leaf, choice.usd_per_month, evaluator)
    ]
    for cost, fix in sorted(carrying, key=lambda pair: -pair[0]):
        report = _first_failing(fix.settings, choice.base, evaluator)
        if report is not None:
            return Cheaper(fix=fix, usd_per_month=cost, report=report)
    return None


def bottleneck(settings: Settings, load: Load) -> CheckName | None:
    """The check that fails first as the load grows evenly; None if none does within reason."""
    low = high = 1.0
    while high < MOST_GROWTH and _carries(settings, scaled(load, high)):
        low, high = high, high * 2
    if high >= MOST_GROWTH:
        return None
    while high / low > GROWTH_STEP:
        middle = (low * high) ** 0.5
        low, high = (middle, high) if _carries(settings, scaled(load, middle)) else (low, middle)
    failing = capacity_report(settings, scaled(load, high)).failures
    return next((each.name for each in failing if each.name is not CheckName.USERS), None)


def _carries(settings: Settings, load: Load) -> bool:
    """Whether all checks pass but that of the plan's range of users, which is no bottleneck."""
    return all(
        check(settings, load, None).passes
        for name, check in CHECKS.items()
        if name not in (CheckName.USERS, CheckName.NODES, CheckName.ADDRESSES)
    )


def _attempt(stack: Settings, base: Base, evaluator: Evaluator) -> Attempt:
    start = _settings_of(stack, base)
    report = _first_failing(start, base, evaluator)
    settings, tried = start, [start]
    while report is not None:
        _, reached = climb(report, evaluator, _searched())
        if not reached.passes or reached.settings in tried:
            return Attempt(base=base, choice=None, failing=report if reached.passes else reached)
        settings = reached.settings
        tried.append(settings)
        report = _first_failing(settings, base, evaluator)
    settings = _lowered(settings, base, evaluator)
    cost = evaluator.price(settings)
    differences = tuple(
        _difference(start, settings, leaf, 0.0)
        for leaf in _searched()
        if value_at(start, leaf) != value_at(settings, leaf)
    )
    choice = Choice(
        base=base,
        settings=settings,
        usd_per_month=cost,
        differences=differences,
        report=evaluator.report(settings),
    )
    return Attempt(base=base, choice=choice, failing=None)


def _settings_of(stack: Settings, base: Base) -> Settings:
    stage = ShardingStage.SERVING if base.citus else ShardingStage.OFF
    sharding = ShardingSettings(fresh_install=base.citus, stage=stage)
    return with_size(stack, base.size).model_copy(update={"sharding": sharding})


def _searched() -> tuple[Leaf, ...]:
    return tuple(leaf for leaf in leaves() if leaf.key in SEARCHED)


def _survives(base: Base) -> tuple[Loss, ...]:
    """Losses that the plan's own size bears; small has one zone's database and no copies."""
    return (Loss.POOLER,) if base.size is Size.SMALL else tuple(Loss)


def _first_failing(settings: Settings, base: Base, evaluator: Evaluator) -> CapacityReport | None:
    for loss in (None, *_survives(base)):
        if not evaluator.carries(settings, loss):
            return evaluator.report(settings, loss)
    return None


def _lowered(settings: Settings, base: Base, evaluator: Evaluator) -> Settings:
    """Lower each setting as far as all checks pass, and go on until no setting can be lowered."""
    cost = evaluator.price(settings)
    lowered = True
    while lowered:
        lowered = False
        for leaf in _searched():
            if leaf.key in _ONLY_RAISED:
                continue
            for there, candidate in _cheaper(settings, leaf, cost, evaluator):
                if _first_failing(candidate, base, evaluator) is None:
                    cost, settings, lowered = there, candidate, True
                    break
    return settings


def _cheaper(
    settings: Settings, leaf: Leaf, cost: float, evaluator: Evaluator
) -> list[tuple[float, Settings]]:
    """The settings with that leaf lowered that cost less, cheapest first, each with its cost."""
    priced: list[tuple[float, Settings]] = []
    for value in _lower_values(settings, leaf):
        candidate = evaluator.changed(settings, leaf, value)
        if candidate is not None and (there := evaluator.price(candidate)) < cost - CENT / 2:
            priced.append((there, candidate))
    return sorted(priced, key=lambda each: each[0])


def _lower_values(settings: Settings, leaf: Leaf) -> Iterator[object]:
    """Values that may cost less: fewer by one and by halves; every other class of the kind."""
    present = value_at(settings, leaf)
    if isinstance(present, int):
        lowest = int(leaf.lowest or 0)
        tried = {present - 1, *(present * part // 8 for part in range(2, 8)), lowest}
        yield from sorted(value for value in tried if lowest <= value < present)
        return
    catalog = load_catalog()
    entry = catalog.instance_class(present)
    yield from (
        name for name in catalog.class_names(entry.kind, entry.architecture) if name != present
    )


def _difference(before: Settings, after: Settings, leaf: Leaf, cost: float) -> Fix:
    return Fix(
        key=leaf.key,
        old=value_at(before, leaf),
        new=value_at(after, leaf),
        extra_cost=cost,
        distance=1.0,
        settings=after,
    )
