"""What a recorded plan holds of everything that is paid by the piece, by the key of its price.

Counted from the inputs of the resources themselves, apart from the arithmetic of the settings: two
ways to the same numbers, so that neither can forget a resource alone.
"""

from __future__ import annotations

from rf.shared.cards.prices import Count, Free, Priced, Quantity
from rf.shared.cards.registry import card_of
from rf.shared.cards.without import Without
from rf.shared.plan import RecordedPlan


def stock_of(plan: RecordedPlan) -> dict[str, Quantity]:
    """Quantity of each key, of what is no usage and not bought by Karpenter."""
    stock: dict[str, Quantity] = {}
    for resource in plan.resources:
        count = _count_of(resource.type)
        for key, quantity in count(resource, plan) if count else ():
            stock[key] = stock.get(key, Quantity()) + quantity
    return stock


def _count_of(token: str) -> Count | None:
    card = card_of(token)
    price = card.price if card else None
    if not isinstance(price, Priced | Free) or isinstance(price.count, Without):
        return None
    return price.count
