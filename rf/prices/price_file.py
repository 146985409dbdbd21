"""The text of `prices.yaml`: the same for the same prices, so that a refresh is a small diff."""

from __future__ import annotations

import json
from decimal import Decimal

from scaleplan.cost.prices import CommitmentOffer, Price, PriceBook


def price_file_text(book: PriceBook, earlier: str) -> str:
    """The file for these prices; its leading comment is that of the `earlier` text."""
    comment: list[str] = []
    for line in earlier.splitlines():
        if not line.startswith("#"):
            break
        comment.append(line)
    blocks = ["prices:", *map(_price, book.prices), "", *_COMMITMENTS_COMMENT, "commitments:"]
    blocks += map(_commitment, book.commitments)
    return "\n".join([*comment, *blocks]) + "\n"


_COMMITMENTS_COMMENT = (
    "# What a commitment of a year without upfront payment takes off the on-demand price, in"
    " percent.",
)


def _price(price: Price) -> str:
    if len(price.tiers) == 1:
        amount = f'usd: "{_digits(price.tiers[0].usd)}"'
    else:
        tiers = ", ".join(
            f'{{from: "{_digits(tier.start)}", usd: "{_digits(tier.usd)}"}}' for tier in price.tiers
        )
        amount = f"tiers: [{tiers}]"
    return (
        f"  - key: {price.key}\n    region: {price.region}\n    unit: {price.unit}\n"
        f"    {amount}\n    date: {price.date.isoformat()}\n"
        f"    source: {_text(price.source)}\n    trust: {price.trust}"
    )


def _commitment(offer: CommitmentOffer) -> str:
    return (
        f"  - service: {offer.service}\n    plan: {offer.plan}\n"
        f'    percent: "{_digits(offer.percent)}"\n    date: {offer.date.isoformat()}\n'
        f"    source: {_text(offer.source)}\n    trust: {offer.trust}"
    )


def _digits(value: Decimal) -> str:
    """Plain digits, without an exponent."""
    return format(value, "f")


def _text(value: str) -> str:
    """A double-quoted YAML text, which JSON's quoting is."""
    return json.dumps(value, ensure_ascii=False)
