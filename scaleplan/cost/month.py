"""What a configuration costs in a month, from settings and a load: no program is recorded."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from decimal import Decimal
from functools import partial

from scaleplan.cost.bill import Estimate, Item, Line
from scaleplan.cost.edge import (
    edge_items,
    monitoring_items,
    network_items,
    secrets_of,
    storage_items,
)
from scaleplan.cost.machines import cluster_items, data_node_items, karpenter_items
from scaleplan.cost.prices import Price, PriceBook, load_prices
from scaleplan.cost.recovery import recovery_items
from scaleplan.cost.stores import cache_items, citus_backup_items, database_items, queue_items
from scaleplan.cost.usage import Usage, usage_of
from scaleplan.load import Load
from scaleplan.read_memo import ReadMemo
from scaleplan.settings import Settings

SERVING_LAYERS = ("applications", "citus", "observability")
"""What stands only where users are served (`serving.py`)."""

NOT_AT_A_SITE = ("cloudfront:", "route53:zone")
"""What a recovery site leaves to the stack that it takes over from."""


def estimate(settings: Settings, load: Load, book: PriceBook | None = None) -> Estimate:
    """The month's bill of a configuration under a load. Pure: no program is recorded.

    What the file has no price of is in `unpriced`, with its quantity.
    """
    prices = book or load_prices()
    usage = usage_of(load)
    lines: list[Line] = []
    unpriced: list[Item] = []
    items = (item for part in _PARTS for item in part(settings, load, usage, prices))
    for item, price in _priced(items, settings, prices):
        if price is None:
            unpriced.append(item)
        else:
            lines.append(Line(item=item, price=price, monthly=item.quantity.map(price.monthly)))
    return Estimate(
        stack=settings.stack,
        size=str(settings.size),
        region=settings.region,
        load_name=load.name,
        users=Decimal(str(load.concurrent_users)),
        lines=tuple(lines),
        unpriced=tuple(unpriced),
        terms=usage.terms(),
    )


def cost_at_load(load: Load) -> Callable[[Settings], Decimal]:
    """A function that gives `estimate(settings, load).total.at_load`, USD a month.

    For a search: what it tried before it reckons no second time, part by part of the bill.
    """
    prices, usage = load_prices(), usage_of(load)

    def amounts(part: Part, settings: Settings) -> tuple[Decimal, ...]:
        items = part(settings, load, usage, prices)
        return tuple(
            price.monthly(item.quantity.at_load)
            for item, price in _priced(items, settings, prices)
            if price is not None
        )

    parts = [ReadMemo(partial(amounts, part)) for part in _PARTS]
    return lambda settings: sum((amount for part in parts for amount in part(settings)), Decimal(0))


def _priced(
    items: Iterable[Item], settings: Settings, prices: PriceBook
) -> Iterator[tuple[Item, Price | None]]:
    """What stands of the items, each with the region's price."""
    return (
        (item, prices.find(item.key, settings.region)) for item in items if stands(item, settings)
    )


def stands(item: Item, settings: Settings) -> bool:
    """Whether the stack has it: a recovery site has no zone and no CDN, and none of what serves
    users while it waits; nothing is used there then."""
    recovery = settings.disaster_recovery
    idle = item.usage and not item.key.startswith("rds-storage")
    if recovery.standby and (idle or item.layer in SERVING_LAYERS):
        return False
    return not (recovery.site_of and item.key.startswith(NOT_AT_A_SITE))


Part = Callable[[Settings, Load, Usage, PriceBook], Iterable[Item]]
"""A part of the bill, from settings, load, what that load uses, and prices."""

_PARTS: tuple[Part, ...] = (
    lambda settings, _load, usage, _prices: network_items(settings, usage),
    lambda settings, _load, usage, _prices: storage_items(settings, usage),
    lambda settings, _load, _usage, _prices: cluster_items(settings),
    lambda settings, load, _usage, prices: karpenter_items(settings, load, prices),
    lambda settings, _load, _usage, _prices: data_node_items(settings),
    lambda settings, load, _usage, _prices: database_items(settings, load),
    lambda settings, load, _usage, _prices: citus_backup_items(settings, load),
    lambda settings, _load, _usage, _prices: cache_items(settings),
    lambda settings, load, _usage, _prices: queue_items(settings, load),
    lambda settings, _load, usage, _prices: edge_items(settings, usage),
    lambda settings, _load, usage, _prices: monitoring_items(settings, usage),
    lambda settings, load, usage, _prices: recovery_items(
        settings, load, usage, secrets=secrets_of(settings)
    ),
)
"""Everything that is paid for, in the order of deployment."""
