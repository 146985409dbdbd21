"""A bill for machines: the JSON of `rf cost`."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from rf.cost.coverage import Coverage
from scaleplan.cost.bill import Bounds, CostDifference, Estimate
from scaleplan.cost.prices import PriceBook

FORMAT = 1
"""Version of the JSON form; raised when a reader of the old form would misread the new one."""

CENT = Decimal("0.01")


def bill_document(bill: Estimate, book: PriceBook, coverage: Coverage | None) -> dict[str, Any]:
    """The bill as JSON; amounts are texts of dollars to the cent."""
    per_user = bill.per_user
    return {
        "format": FORMAT,
        "stack": bill.stack,
        "size": bill.size,
        "region": bill.region,
        "load": bill.load_name,
        "users": str(bill.users),
        "total": bounds_document(bill.total),
        "perUser": bounds_document(per_user) if per_user else None,
        "layers": {name: bounds_document(sum_) for name, sum_ in bill.by_layer().items()},
        "lines": [
            {
                "layer": line.item.layer,
                "resource": line.item.resource,
                "key": line.item.key,
                "unit": line.price.unit,
                "quantity": {
                    "low": str(line.item.quantity.low),
                    "atLoad": str(line.item.quantity.at_load),
                    "high": str(line.item.quantity.high),
                },
                "basis": line.item.basis,
                "usage": line.item.usage,
                "monthly": bounds_document(line.monthly),
                "priceRegion": line.price.region,
                "priceDate": line.price.date.isoformat(),
                "priceSource": line.price.source,
                "trust": line.price.trust,
            }
            for line in bill.lines
        ],
        "unpriced": [
            {
                "layer": item.layer,
                "resource": item.resource,
                "key": item.key,
                "quantity": str(item.quantity.at_load),
            }
            for item in bill.unpriced
        ],
        "commitments": [
            {
                "service": each.offer.service,
                "plan": each.offer.plan,
                "percent": str(each.offer.percent),
                "onDemand": str(each.on_demand.quantize(CENT)),
                "saving": str(each.saving.quantize(CENT)),
            }
            for each in bill.commitments(book)
        ],
        "terms": [
            {"name": t.name, "value": str(t.value), "unit": t.unit, "ground": t.ground}
            for t in bill.terms
        ],
        "coverage": _coverage_document(coverage) if coverage else None,
    }


def _coverage_document(coverage: Coverage) -> dict[str, Any]:
    return {
        "agrees": coverage.agrees,
        "types": {
            each.type: {"count": each.count, "standing": each.status, "reason": each.reason}
            for each in coverage.types
        },
        "mismatches": [
            {
                "key": each.key,
                "plan": [str(each.in_plan.low), str(each.in_plan.high)],
                "bill": [str(each.in_bill.low), str(each.in_bill.high)],
            }
            for each in coverage.mismatches
        ],
    }


def bounds_document(amount: Bounds) -> dict[str, str]:
    """The three amounts to the cent."""
    return {
        "low": str(amount.low.quantize(CENT, rounding=ROUND_HALF_UP)),
        "atLoad": str(amount.at_load.quantize(CENT, rounding=ROUND_HALF_UP)),
        "high": str(amount.high.quantize(CENT, rounding=ROUND_HALF_UP)),
    }


def difference_document(
    before: Estimate, after: Estimate, differences: Sequence[CostDifference]
) -> dict[str, Any]:
    """Two bills' difference as JSON."""
    return {
        "format": FORMAT,
        "before": {"stack": before.stack, "size": before.size, "load": before.load_name},
        "after": {"stack": after.stack, "size": after.size, "load": after.load_name},
        "total": {
            "before": bounds_document(before.total),
            "after": bounds_document(after.total),
            "change": bounds_document(after.total - before.total),
        },
        "differences": [
            {
                "layer": each.layer,
                "resource": each.resource,
                "key": each.key,
                "before": bounds_document(each.before) if each.before else None,
                "after": bounds_document(each.after) if each.after else None,
                "change": bounds_document(each.change),
            }
            for each in differences
        ],
    }
