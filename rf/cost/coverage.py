"""Whether the bill covers the recorded plan: types have prices or reasons, quantities agree."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from rf.cost.stock import stock_of
from rf.shared.cards.prices import Free, Priced, Quantity, Unpriced
from rf.shared.cards.registry import card_of
from rf.shared.plan import RecordedPlan, RecordedResource
from scaleplan.cost.bill import Estimate

NOT_KNOWN = Unpriced("no card says what pays for it")
COMPONENT = Free(reason="a component, paid as its parts")


class PriceStatus(StrEnum):
    """How a type of resource stands to money."""

    PRICED = "priced"
    FREE = "free"
    UNPRICED = "unpriced"


@dataclass(frozen=True, kw_only=True)
class TypeCoverage:
    """One type of the plan: how many of it, how it stands, and why or by which prices."""

    type: str
    count: int
    status: PriceStatus
    reason: str


@dataclass(frozen=True, kw_only=True)
class Mismatch:
    """A quantity in which the bill and the recorded plan differ."""

    key: str
    in_plan: Quantity
    in_bill: Quantity


@dataclass(frozen=True, kw_only=True)
class Coverage:
    """The bill beside the plan. `agrees` is whether every quantity that both know is the same."""

    types: tuple[TypeCoverage, ...]
    mismatches: tuple[Mismatch, ...]

    @property
    def unpriced(self) -> tuple[TypeCoverage, ...]:
        """Types that nothing pays for and no reason excuses."""
        return tuple(each for each in self.types if each.status is PriceStatus.UNPRICED)

    @property
    def agrees(self) -> bool:
        """Whether the bill counts what the plan has."""
        return not self.mismatches


def coverage_of(plan: RecordedPlan, bill: Estimate) -> Coverage:
    """Compare the plan with the bill that its settings make."""
    keys = {line.item.key for line in bill.lines} | {item.key for item in bill.unpriced}
    counts: dict[tuple[str, str], int] = {}
    for resource in plan.resources:
        place = (resource.type, _exception(resource))
        counts[place] = counts.get(place, 0) + 1
    types = tuple(
        _type_coverage(token, exception, count, keys)
        for (token, exception), count in sorted(counts.items())
    )
    return Coverage(types=types, mismatches=tuple(_mismatches(plan, bill)))


def _type_coverage(token: str, exception: str, count: int, keys: Iterable[str]) -> TypeCoverage:
    card = card_of(token)
    match card.price if card else _without_card(token):
        case _ if exception:
            status, reason = PriceStatus.UNPRICED, exception
        case Priced() as price:
            paid = sorted(key for key in keys if key.startswith(price.keys))
            status = PriceStatus.PRICED if paid else PriceStatus.UNPRICED
            reason = ", ".join(paid) or f"the bill has no line of {', '.join(price.keys)}"
        case Free() as price:
            status, reason = PriceStatus.FREE, price.reason
        case Unpriced() as price:
            status, reason = PriceStatus.UNPRICED, price.reason
    return TypeCoverage(type=token, count=count, status=status, reason=reason)


def _without_card(token: str) -> Free | Unpriced:
    """A component is no resource; any other type should have a card."""
    return COMPONENT if token.startswith("researchflow:") else NOT_KNOWN


def _exception(resource: RecordedResource) -> str:
    """Why one resource of an otherwise free type costs something after all; else empty."""
    card = card_of(resource.type)
    return card.price.unless(resource) if card and isinstance(card.price, Free) else ""


def _mismatches(plan: RecordedPlan, bill: Estimate) -> Iterable[Mismatch]:
    """Keys whose fixed quantity differs. What Karpenter buys is in no plan, usage neither."""
    in_plan = stock_of(plan)
    in_bill: dict[str, Quantity] = {}
    items = [*(line.item for line in bill.lines), *bill.unpriced]
    for item in items:
        if item.usage or item.layer == "applications":
            continue
        quantity = Quantity(item.quantity.low, item.quantity.high)
        in_bill[item.key] = in_bill.get(item.key, Quantity()) + quantity
    for key in sorted({*in_plan, *in_bill}):
        planned, billed = in_plan.get(key, Quantity()), in_bill.get(key, Quantity())
        if planned != billed:
            yield Mismatch(key=key, in_plan=planned, in_bill=billed)
