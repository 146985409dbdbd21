"""`rf cost` and `rf prices refresh`: what they read, what they print, and their exit codes."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import cast

from rf.cost.coverage import Coverage, coverage_of
from rf.cost.documents import bill_document, difference_document, refreshed_document
from rf.cost.price_file import price_file_text
from rf.cost.refresh import API_REGION, PriceError, PricingClient, refresh, updated
from rf.cost.view import show_bill, show_difference, show_refreshed
from rf.shared.files import replaced
from rf.shared.project import PROJECT_ROOT
from rf.shared.stacks import plan_of, settings_of
from scaleplan.catalog import load_catalog
from scaleplan.config.mistakes import InvalidSettings, Mistake, nearest
from scaleplan.config.stack_file import stack_names
from scaleplan.cost.bill import Estimate, compare
from scaleplan.cost.month import estimate
from scaleplan.cost.prices import REFERENCE_REGION, load_prices, read_prices
from scaleplan.load import load_named
from scaleplan.model import load_plan
from scaleplan.sizes import Size

PRICE_FILE = PROJECT_ROOT / "scaleplan" / "cost" / "prices.yaml"


def bill_of(
    stack: str,
    *,
    size: str | None = None,
    overrides: Sequence[str] = (),
    load: str | None = None,
) -> Estimate:
    """A stack's bill under a load of its own or the one named.

    Raises InvalidSettings for an unknown stack, load or size, or wrong settings.
    """
    settings = settings_of(stack, size=size, overrides=overrides)
    return estimate(settings, load_named(load, settings.load, load_plan(), settings.size))


def billed(
    stack: str,
    *,
    size: str | None,
    overrides: Sequence[str],
    load: str | None,
    compared: bool,
) -> tuple[Estimate, Coverage | None]:
    """A stack's bill and, where `compared`, how it covers the plan that the program makes."""
    bill = bill_of(stack, size=size, overrides=overrides, load=load)
    if not compared:
        return bill, None
    return bill, coverage_of(plan_of(stack, size=size, overrides=overrides), bill)


def publish(bill: Estimate, coverage: Coverage | None, *, as_json: bool) -> int:
    """Print a bill; 1 where it and the plan count differently."""
    if as_json:
        _write(bill_document(bill, load_prices(), coverage))
    else:
        show_bill(bill, load_prices(), coverage)
    return 0 if coverage is None or coverage.agrees else 1


def run_difference(
    names: tuple[str, str],
    stack: str | None,
    *,
    overrides: Sequence[str],
    load: str | None,
    as_json: bool,
) -> int:
    """Print what differs between two stacks' bills, or one stack's at two sizes."""
    before, after = (_bill_named(name, stack, overrides, load) for name in names)
    differences = compare(before, after)
    if as_json:
        _write(difference_document(before, after, differences))
    else:
        show_difference(before, after, differences)
    return 0


def _bill_named(
    name: str, stack: str | None, overrides: Sequence[str], load: str | None
) -> Estimate:
    stacks = stack_names(PROJECT_ROOT)
    if name in list(Size):
        if stack is None:
            allowed = f"--stack beside a size: one of {', '.join(stacks)}"
            raise InvalidSettings([Mistake(key="--diff", value=name, allowed=allowed)])
        return bill_of(stack, size=name, overrides=overrides, load=load)
    if name not in stacks:
        choices = [*stacks, *(str(size) for size in Size)]
        raise InvalidSettings(
            [
                Mistake(
                    key="--diff",
                    value=name,
                    allowed=", ".join(choices),
                    nearest=nearest(name, choices),
                )
            ]
        )
    return bill_of(name, overrides=overrides, load=load)


def run_refresh(
    regions: Sequence[str],
    *,
    profile: str | None,
    write: bool,
    as_json: bool,
    client: PricingClient | None = None,
    path: Path = PRICE_FILE,
) -> int:
    """Ask the price API for every price, print what changed, and write it into the file.

    Raises InvalidSettings for a region that the catalogue has not, PriceError where the API can't
    be asked.
    """
    known = load_catalog().region_names()
    unknown = [region for region in regions if region not in known]
    if unknown:
        raise InvalidSettings(
            [
                Mistake(
                    key="--region",
                    value=region,
                    allowed=", ".join(known),
                    nearest=nearest(region, known),
                )
                for region in unknown
            ]
        )
    import botocore.exceptions  # noqa: PLC0415 - a bill needs no AWS

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
    if as_json:
        _write(refreshed_document(results))
    else:
        show_refreshed(results)
    return 0


def _client(profile: str | None) -> PricingClient:
    import boto3  # noqa: PLC0415 - as above

    session = boto3.Session(profile_name=profile)
    return cast("PricingClient", session.client("pricing", region_name=API_REGION))


def _write(document: object) -> None:
    sys.stdout.write(json.dumps(document, indent=1, ensure_ascii=False) + "\n")
