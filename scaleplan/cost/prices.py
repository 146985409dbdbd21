"""What AWS charges, read from `prices.yaml`: one price a key and region, with date and source."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from enum import StrEnum
from functools import cache, cached_property
from importlib.resources import files
from types import MappingProxyType
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, model_validator

HOURS_PER_MONTH = 730
"""AWS's own calculators count a month so: 8,760 hours a year over twelve."""

GLOBAL = "global"
"""Region of a price that is the same everywhere."""

REFERENCE_REGION = "us-east-1"
"""Whose prices stand in, marked as such, for a region that the file has none of."""


class Unit(StrEnum):
    """What a price is per. An hour is one of a thing that runs all month."""

    HOUR = "hour"
    MONTH = "month"
    GB = "gb"
    GB_MONTH = "gb-month"
    MILLION = "million"


class Trust(StrEnum):
    """How sure a price is; `prices.yaml` says what each word means."""

    GOOD = "good"
    FAIR = "fair"
    LOW = "low"


class _Entry(BaseModel):
    """An entry of the file."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class Tier(_Entry):
    """USD a unit from that quantity of a month on."""

    start: Decimal = Field(validation_alias="from", ge=0)
    usd: Decimal = Field(ge=0)


class Price(_Entry):
    """USD of one unit, in tiers where it falls with the month's quantity."""

    key: str
    region: str
    unit: Unit
    tiers: tuple[Tier, ...]
    date: date
    source: str
    trust: Trust

    @model_validator(mode="before")
    @classmethod
    def _one_price_is_one_tier(cls, entry: Any) -> Any:
        if isinstance(entry, Mapping) and "usd" in entry:
            usd = entry["usd"]
            rest = {key: value for key, value in entry.items() if key != "usd"}
            return {**rest, "tiers": [{"from": "0", "usd": usd}]}
        return entry

    @model_validator(mode="after")
    def _tiers_rise_from_nothing(self) -> Price:
        starts = [tier.start for tier in self.tiers]
        if not starts or starts[0] != 0 or sorted(set(starts)) != starts:
            raise ValueError(f"{self.key}: tiers begin at 0 and rise")
        return self

    def monthly(self, quantity: Decimal) -> Decimal:
        """USD a month of that quantity, unrounded: of things, GB or millions, by the unit."""
        hours = HOURS_PER_MONTH if self.unit is Unit.HOUR else 1
        if len(self.tiers) == 1:
            return max(Decimal(0), quantity) * self.tiers[0].usd * hours
        total = Decimal(0)
        for tier, end in zip(self.tiers, [*self.tiers[1:], None], strict=True):
            upper = quantity if end is None else min(quantity, end.start)
            total += max(Decimal(0), upper - tier.start) * tier.usd
        return total * hours


class CommitmentOffer(_Entry):
    """What committing a service's steady part for a year takes off its on-demand price."""

    service: Literal["ec2", "rds", "elasticache"]
    plan: str
    percent: Decimal = Field(gt=0, lt=100)
    date: date
    source: str
    trust: Trust


class PriceBook(_Entry):
    """The whole file."""

    prices: tuple[Price, ...]
    commitments: tuple[CommitmentOffer, ...]

    @model_validator(mode="after")
    def _each_key_is_priced_once_a_region(self) -> PriceBook:
        seen: set[tuple[str, str]] = set()
        for price in self.prices:
            place = (price.key, price.region)
            if place in seen:
                raise ValueError(f"{price.key} has two prices in {price.region}")
            seen.add(place)
        return self

    @cached_property
    def _by_place(self) -> Mapping[tuple[str, str], Price]:
        return MappingProxyType({(price.key, price.region): price for price in self.prices})

    def find(self, key: str, region: str) -> Price | None:
        """The price there: the region's own, the one that holds everywhere, or the reference's.

        The last is another region's price; `Price.region` tells. None where the key has none.
        """
        for place in (region, GLOBAL, REFERENCE_REGION):
            price = self._by_place.get((key, place))
            if price is not None:
                return price
        return None

    def commitment(self, service: str) -> CommitmentOffer | None:
        """The offer for a service; None where committing takes nothing off."""
        return next((offer for offer in self.commitments if offer.service == service), None)


def read_prices(text: str) -> PriceBook:
    """The prices in a file's text. Raises pydantic.ValidationError when it is wrong."""
    return PriceBook.model_validate(yaml.load(text, yaml.CSafeLoader))


@cache
def load_prices() -> PriceBook:
    """Read `prices.yaml`. Raises pydantic.ValidationError when the file itself is wrong."""
    return read_prices(files("scaleplan.cost").joinpath("prices.yaml").read_text(encoding="utf-8"))
