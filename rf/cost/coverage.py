"""Whether the bill covers the recorded plan: types have prices or reasons, quantities agree."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib.resources import files
from typing import TypeVar

import yaml
from pydantic import BaseModel, ConfigDict

from rf.cost.stock import Quantity, stock_of
from rf.shared.plan import RecordedPlan, RecordedResource
from scaleplan.cost.bill import Estimate

Value = TypeVar("Value")

NOT_LISTED = "not listed in rf/cost/resource_types.yaml"


class PriceStatus(StrEnum):
    """How a type of resource stands to money."""

    PRICED = "priced"
    FREE = "free"
    UNPRICED = "unpriced"


class ResourceTypes(BaseModel):
    """The file of that name."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    priced: Mapping[str, tuple[str, ...]]
    free: Mapping[str, str]
    unpriced: Mapping[str, str]


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


@cache
def resource_types() -> ResourceTypes:
    """Read the file. Raises pydantic.ValidationError when it is wrong."""
    text = files("rf.cost").joinpath("resource_types.yaml").read_text(encoding="utf-8")
    return ResourceTypes.model_validate(yaml.load(text, yaml.CSafeLoader))


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
    known = resource_types()
    status, reason = PriceStatus.UNPRICED, exception or NOT_LISTED
    prefixes = _listed(known.priced, token)
    if not exception and prefixes is not None:
        paid = sorted(key for key in keys if key.startswith(tuple(prefixes)))
        status = PriceStatus.PRICED if paid else PriceStatus.UNPRICED
        reason = ", ".join(paid) if paid else f"the bill has no line of {', '.join(prefixes)}"
    elif not exception:
        for kind, reasons in (
            (PriceStatus.FREE, known.free),
            (PriceStatus.UNPRICED, known.unpriced),
        ):
            listed_reason = _listed(reasons, token)
            if listed_reason is not None:
                status, reason = kind, listed_reason
    return TypeCoverage(type=token, count=count, status=status, reason=reason)


def _listed(table: Mapping[str, Value], token: str) -> Value | None:
    """The entry of the token itself, or of the longest beginning that ends in `*`."""
    if token in table:
        return table[token]
    beginnings = [
        pattern for pattern in table if pattern.endswith("*") and token.startswith(pattern[:-1])
    ]
    return table[max(beginnings, key=len)] if beginnings else None


def _exception(resource: RecordedResource) -> str:
    """Why one resource of an otherwise free type costs something after all; else empty."""
    if resource.type == "kubernetes:core/v1:Service":
        spec = resource.inputs.get("spec") or {}
        if spec.get("type") == "LoadBalancer":
            return f"{resource.name} makes a load balancer of its own"
    return ""


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
