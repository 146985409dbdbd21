"""How a type of resource stands to money, and how much of what is paid a resource is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal

from rf.shared.cards.without import Without
from rf.shared.plan import RecordedPlan, RecordedResource


@dataclass(frozen=True)
class Quantity:
    """At the least and at the most, as an autoscaler's bounds have it."""

    low: Decimal = Decimal(0)
    high: Decimal = Decimal(0)

    def __add__(self, other: Quantity) -> Quantity:
        return Quantity(self.low + other.low, self.high + other.high)


Counted = Iterator[tuple[str, Quantity]]
"""Quantities by the key of their price in `scaleplan/cost/prices.yaml`."""

Count = Callable[[RecordedResource, RecordedPlan], Counted]
"""What a resource of a plan is paid for."""


@dataclass(frozen=True, kw_only=True)
class Priced:
    """Paid. `keys` are how the prices that pay for it begin, `count` how much of them it is.

    `count` is absent where only usage pays, of which no plan tells.
    """

    keys: tuple[str, ...]
    count: Count | Without


@dataclass(frozen=True, kw_only=True)
class Free:
    """Costs nothing, and why. `count` is for what pays apart from the type itself: the volumes that
    a chart claims."""

    reason: str
    count: Count | None = None
    unless: Callable[[RecordedResource], str] = lambda _resource: ""
    """Why one resource of the type costs something after all; empty for most."""


@dataclass(frozen=True)
class Unpriced:
    """Paid, by a price that the product does not have, and why."""

    reason: str


def fixed(value: int | str | Decimal) -> Quantity:
    """As much at the least as at the most."""
    return Quantity(Decimal(value), Decimal(value))


def each(key: str) -> Count:
    """One of it a resource."""

    def count(_resource: RecordedResource, _plan: RecordedPlan) -> Counted:
        yield key, fixed(1)

    return count
