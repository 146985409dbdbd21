"""Fresh prices from AWS's price API, and how they differ from the file's."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from typing import Any, Protocol, cast

from rf.prices.price_file import price_file_text
from rf.prices.price_queries import PriceQuery, location_filter, query_of
from rf.shared.errors import InputError
from rf.shared.files import replaced
from rf.shared.project import PROJECT_ROOT
from scaleplan.catalog import load_catalog
from scaleplan.config.mistakes import InvalidSettings, unknown_choice
from scaleplan.cost.prices import (
    GLOBAL,
    REFERENCE_REGION,
    Price,
    PriceBook,
    Tier,
    Trust,
    read_prices,
)

PRICE_FILE = PROJECT_ROOT / "scaleplan" / "cost" / "prices.yaml"

API_REGION = "us-east-1"
"""Where the price API is asked; it answers for every region from a few ("Price List Query API")."""

SOURCE = "AWS price API"


class PriceError(InputError):
    """A price API that could not be asked, and why."""


class RefreshStatus(StrEnum):
    """What became of one key."""

    CHANGED = "changed"
    ADDED = "added"
    SAME = "same"
    NOT_FOUND = "not found"
    AMBIGUOUS = "ambiguous"
    NOT_ASKED = "not asked"


class PricingClient(Protocol):
    """The one call of boto3's `pricing` client that is made."""

    def get_products(self, **arguments: Any) -> Mapping[str, Any]:
        """A page of price lists, each a JSON text."""
        ...


@dataclass(frozen=True, kw_only=True)
class Refreshed:
    """One key in one region: the file's price, the API's, and what that means."""

    key: str
    region: str
    status: RefreshStatus
    before: Price | None
    after: Price | None


def refresh_file(
    regions: Sequence[str],
    *,
    profile: str | None,
    write: bool,
    client: PricingClient | None = None,
    path: Path = PRICE_FILE,
) -> tuple[Refreshed, ...]:
    """The price API's answer for every price of the file, into which `write` puts what changed.

    Raises InvalidSettings for a region that the catalogue has not, PriceError where the API can't
    be asked.
    """
    known = load_catalog().region_names()
    unknown = [region for region in regions if region not in known]
    if unknown:
        raise InvalidSettings([unknown_choice("--region", region, known) for region in unknown])
    import botocore.exceptions  # noqa: PLC0415 - it takes long, and a test brings its own client

    text = path.read_text(encoding="utf-8")
    book = read_prices(text)
    try:
        results = refresh(
            book,
            client or _client(profile),
            regions=regions or [REFERENCE_REGION],
            today=datetime.now(UTC).date(),
        )
    except (botocore.exceptions.BotoCoreError, botocore.exceptions.ClientError) as error:
        raise PriceError(
            f"the price API can't be asked: {error}; it needs credentials that allow"
            " pricing:GetProducts (--profile, or as boto3 finds them)"
        ) from error
    if write:
        with replaced(path) as file:
            file.write_text(price_file_text(updated(book, results), text), encoding="utf-8")
    return results


def _client(profile: str | None) -> PricingClient:
    import boto3  # noqa: PLC0415 - as above

    session = boto3.Session(profile_name=profile)
    return cast("PricingClient", session.client("pricing", region_name=API_REGION))


def refresh(
    book: PriceBook, client: PricingClient, *, regions: Sequence[str], today: date
) -> tuple[Refreshed, ...]:
    """Ask for every price of the file in these regions, and for what is the same everywhere.

    A key without exactly one answer keeps the file's price. Raises botocore's errors.
    """
    results: list[Refreshed] = []
    for pattern in _patterns(book):
        places = [GLOBAL] if pattern.region == GLOBAL else regions
        results += [_ask(book, pattern, region, client, today) for region in places]
    return tuple(results)


def updated(book: PriceBook, results: Sequence[Refreshed]) -> PriceBook:
    """The book with every changed and added price in its place."""
    fresh = {(each.key, each.region): each.after for each in results if each.after is not None}
    prices = [fresh.pop((price.key, price.region), None) or price for price in book.prices]
    return PriceBook(prices=(*prices, *fresh.values()), commitments=book.commitments)


def _patterns(book: PriceBook) -> list[Price]:
    """One price of each key: the reference region's or the global one."""
    return [price for price in book.prices if price.region in (GLOBAL, REFERENCE_REGION)]


def _ask(
    book: PriceBook, pattern: Price, region: str, client: PricingClient, today: date
) -> Refreshed:
    known = book.find(pattern.key, region)
    before = known if known is not None and known.region == region else None
    query = query_of(pattern.key)
    status, after = RefreshStatus.NOT_ASKED, None
    if query is not None:
        answers = set(_answers(client, query, region))
        status = RefreshStatus.AMBIGUOUS if len(answers) > 1 else RefreshStatus.NOT_FOUND
        if len(answers) == 1:
            tiers = _without_free(answers.pop(), pattern)
            if before is not None and before.tiers == tiers:
                status = RefreshStatus.SAME
            else:
                status = RefreshStatus.CHANGED if before is not None else RefreshStatus.ADDED
            after = Price(
                key=pattern.key,
                region=region,
                unit=pattern.unit,
                tiers=tiers,
                date=today,
                source=SOURCE,
                trust=Trust.GOOD,
            )
    return Refreshed(key=pattern.key, region=region, status=status, before=before, after=after)


def _answers(client: PricingClient, query: PriceQuery, region: str) -> Iterator[tuple[Tier, ...]]:
    """The tiers of every product that the question means, on demand, in the file's unit."""
    filters = {**query.filters, **location_filter(region)}
    arguments: dict[str, Any] = {
        "ServiceCode": query.service,
        "Filters": [
            {"Type": "TERM_MATCH", "Field": name, "Value": value}
            for name, value in sorted(filters.items())
        ],
        "FormatVersion": "aws_v1",
        "MaxResults": 100,
    }
    while True:
        page = client.get_products(**arguments)
        for text in page.get("PriceList", ()):
            product = json.loads(text)
            if query.matches(product["product"]["attributes"].get("usagetype", "")):
                yield from _on_demand(product, query.per)
        token = page.get("NextToken")
        if not token:
            return
        arguments["NextToken"] = token


def _on_demand(product: Mapping[str, Any], per: Decimal) -> Iterator[tuple[Tier, ...]]:
    for term in product.get("terms", {}).get("OnDemand", {}).values():
        tiers = [
            Tier(
                start=Decimal(dimension["beginRange"]) / per,
                usd=Decimal(dimension["pricePerUnit"]["USD"]).normalize() * per,
            )
            for dimension in term["priceDimensions"].values()
            if "USD" in dimension["pricePerUnit"]
        ]
        if tiers:
            yield tuple(sorted(tiers, key=lambda tier: tier.start))


def _without_free(tiers: tuple[Tier, ...], pattern: Price) -> tuple[Tier, ...]:
    """The API's tiers, behind the file's free allowance where the API tells of none."""
    allowance = list(pattern.tiers[:2])
    if len(allowance) < 2 or allowance[0].usd != 0 or tiers[0].usd == 0:
        return tiers
    first, *further = tiers
    return (allowance[0], Tier(start=allowance[1].start, usd=first.usd), *further)
