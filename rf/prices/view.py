"""What a refresh found: every price that changed, was added or got no answer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rich.table import Table

from rf.prices.refresh import Refreshed, RefreshStatus
from rf.shared.terminal import print_json, terminal
from scaleplan.cost.prices import Price

FORMAT = 1
"""Version of the JSON form; raised when a reader of the old form would misread the new one."""


def show(results: Sequence[Refreshed], *, as_json: bool) -> None:
    """Print every price that changed, was added or got no answer, and how many are the same."""
    if as_json:
        print_json(_document(results), ensure_ascii=False)
        return
    out = terminal()
    table = Table(title="Prices", title_justify="left")
    for heading in ("key", "region", "what", "before", "after"):
        table.add_column(heading)
    for each in results:
        if each.status is not RefreshStatus.SAME:
            table.add_row(
                each.key,
                each.region,
                each.status,
                amount_text(each.before),
                amount_text(each.after),
            )
    out.print(table)
    same = sum(each.status is RefreshStatus.SAME for each in results)
    out.print(f"{same} of {len(results)} are the same")


def _document(results: Sequence[Refreshed]) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "prices": [
            {
                "key": each.key,
                "region": each.region,
                "outcome": each.status,
                "before": amount_text(each.before) if each.before else None,
                "after": amount_text(each.after) if each.after else None,
            }
            for each in results
        ],
    }


def amount_text(price: Price | None) -> str:
    """A price in its tiers, as `0, 0.085 from 1024`."""
    if price is None:
        return "-"
    return ", ".join(
        f"{tier.usd:f}" + (f" from {tier.start:f}" if tier.start else "") for tier in price.tiers
    )
