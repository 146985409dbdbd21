"""A month's bill: items with quantities, lines with prices, their sums and differences.

Each quantity has three values: with every autoscaler at its minimum, at what the load needs, and
with every autoscaler at its maximum. Usage (requests, traffic) is the load's in all three.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from scaleplan.cost.prices import CommitmentOffer, Price, PriceBook
from scaleplan.cost.usage import UsageTerm


@dataclass(frozen=True, kw_only=True)
class Bounds:
    """A quantity or an amount of USD: autoscalers at minimum, at the load, at maximum."""

    low: Decimal
    at_load: Decimal
    high: Decimal

    @classmethod
    def of(cls, value: Decimal | int) -> Bounds:
        """The same in all three cases."""
        exact = Decimal(value)
        return cls(low=exact, at_load=exact, high=exact)

    @classmethod
    def between(cls, low: int, at_load: int, high: int) -> Bounds:
        """Whole numbers; the middle one is held within the outer two."""
        held = min(max(at_load, low), high)
        return cls(low=Decimal(low), at_load=Decimal(held), high=Decimal(high))

    def __add__(self, other: Bounds) -> Bounds:
        return Bounds(
            low=self.low + other.low,
            at_load=self.at_load + other.at_load,
            high=self.high + other.high,
        )

    def __sub__(self, other: Bounds) -> Bounds:
        return self + other.map(lambda value: -value)

    def map(self, change: Callable[[Decimal], Decimal]) -> Bounds:
        """Each of the three changed alike."""
        return Bounds(low=change(self.low), at_load=change(self.at_load), high=change(self.high))


NOTHING = Bounds.of(0)

Service = Literal["ec2", "rds", "elasticache"]


@dataclass(frozen=True, kw_only=True)
class Item:
    """So much of what has one price: `layer` and `resource` say where, `basis` why so much.

    `usage` marks what the load decides; the rest stands as configured. `service` is the one whose
    commitments cover it.
    """

    layer: str
    resource: str
    key: str
    quantity: Bounds
    basis: str
    usage: bool = False
    service: Service | None = None


@dataclass(frozen=True, kw_only=True)
class Line:
    """An item and what it costs in a month, USD."""

    item: Item
    price: Price
    monthly: Bounds


@dataclass(frozen=True, kw_only=True)
class Commitment:
    """What one offer would take off, if the part that always runs were committed."""

    offer: CommitmentOffer
    on_demand: Decimal
    saving: Decimal


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """The bill of a month in USD; nothing in `unpriced` is part of any sum."""

    stack: str
    size: str
    region: str
    load_name: str
    users: Decimal
    lines: tuple[Line, ...]
    unpriced: tuple[Item, ...]
    terms: tuple[UsageTerm, ...]

    @property
    def total(self) -> Bounds:
        """All lines together."""
        return _sum(line.monthly for line in self.lines)

    def by_layer(self) -> dict[str, Bounds]:
        """Sums of the layers, in the order of deployment."""
        layers = dict.fromkeys((line.item.layer for line in self.lines), NOTHING)
        for line in self.lines:
            layers[line.item.layer] += line.monthly
        return layers

    @property
    def per_user(self) -> Bounds | None:
        """USD a month of one concurrent user; None without users."""
        return self.total.map(lambda usd: usd / self.users) if self.users else None

    @property
    def borrowed(self) -> tuple[Line, ...]:
        """Lines whose price is another region's, because the file has none of this one."""
        return tuple(
            line for line in self.lines if line.price.region not in (self.region, "global")
        )

    def commitments(self, book: PriceBook) -> tuple[Commitment, ...]:
        """What each service's offer saves on the part that runs with every autoscaler at minimum.

        A year's commitment is paid whether that part runs or not.
        """
        services = dict.fromkeys(
            line.item.service for line in self.lines if line.item.service is not None
        )
        worthwhile: list[Commitment] = []
        for service in services:
            offer = book.commitment(service)
            if offer is None:
                continue
            base = sum(
                (line.monthly.low for line in self.lines if line.item.service == service),
                Decimal(0),
            )
            saving = base * offer.percent / 100
            worthwhile.append(Commitment(offer=offer, on_demand=base, saving=saving))
        return tuple(worthwhile)


@dataclass(frozen=True, kw_only=True)
class CostDifference:
    """One resource's bill before and after; None where it is not on that bill."""

    layer: str
    resource: str
    key: str
    before: Bounds | None
    after: Bounds | None

    @property
    def change(self) -> Bounds:
        """USD a month, positive where it grows."""
        return (self.after or NOTHING) - (self.before or NOTHING)


def compare(before: Estimate, after: Estimate) -> tuple[CostDifference, ...]:
    """Every resource whose bill differs, in the order of the layers."""
    old, new = _by_place(before.lines), _by_place(after.lines)
    differences = [
        CostDifference(
            layer=place[0],
            resource=place[1],
            key=place[2],
            before=old.get(place),
            after=new.get(place),
        )
        for place in dict.fromkeys((*old, *new))
    ]
    return tuple(each for each in differences if each.before != each.after)


def _by_place(lines: Sequence[Line]) -> dict[tuple[str, str, str], Bounds]:
    sums: dict[tuple[str, str, str], Bounds] = {}
    for line in lines:
        place = (line.item.layer, line.item.resource, line.item.key)
        sums[place] = sums.get(place, NOTHING) + line.monthly
    return sums


def _sum(amounts: Iterable[Bounds]) -> Bounds:
    return sum(amounts, NOTHING)
