"""What a configuration costs in a month, from settings and a load: no program is recorded."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from scaleplan.bill import Estimate, Item, Line
from scaleplan.cost_edge import (
    edge_items,
    monitoring_items,
    network_items,
    secrets_of,
    storage_items,
)
from scaleplan.cost_machines import machine_items
from scaleplan.cost_recovery import recovery_items
from scaleplan.cost_stores import store_items
from scaleplan.load import Load
from scaleplan.prices import PriceBook, load_prices
from scaleplan.settings import Settings
from scaleplan.usage import Usage, usage_of

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
    for item in _items(settings, load, usage, prices):
        if not stands(item, settings):
            continue
        price = prices.find(item.key, settings.region)
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


def stands(item: Item, settings: Settings) -> bool:
    """Whether the stack has it: a recovery site has no zone and no CDN, and none of what serves
    users while it waits; nothing is used there then."""
    recovery = settings.disaster_recovery
    idle = item.usage and not item.key.startswith("rds-storage")
    if recovery.standby and (idle or item.layer in SERVING_LAYERS):
        return False
    return not (recovery.site_of and item.key.startswith(NOT_AT_A_SITE))


def _items(settings: Settings, load: Load, usage: Usage, prices: PriceBook) -> Iterator[Item]:
    """Everything that is paid for, in the order of deployment."""
    yield from network_items(settings, usage)
    yield from storage_items(settings, usage)
    yield from machine_items(settings, load, prices)
    yield from store_items(settings, load)
    yield from edge_items(settings, usage)
    yield from monitoring_items(settings, usage)
    yield from recovery_items(settings, load, usage, secrets=secrets_of(settings))
