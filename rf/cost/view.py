"""A bill as tables: lines with their sums, or what differs between two."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

from rich.console import Console
from rich.table import Table
from rich.text import Text

from rf.cost.coverage import Coverage
from rf.cost.documents import CENT, bill_document, difference_document
from rf.shared.terminal import print_json, terminal
from scaleplan.cost.bill import Bounds, Estimate, Item, Line, compare
from scaleplan.cost.prices import PriceBook, Trust, Unit, load_prices

_UNITS = {
    Unit.HOUR: "",
    Unit.MONTH: "",
    Unit.GB: "GB",
    Unit.GB_MONTH: "GB",
    Unit.MILLION: "million",
}
"""What a quantity counts; of things that run or stand all month, just how many."""


def usd(value: Decimal) -> str:
    """Dollars and cents, as `1,234.50`."""
    return f"{value.quantize(CENT, rounding=ROUND_HALF_UP):,}"


def show_bill(bill: Estimate, coverage: Coverage | None, *, as_json: bool) -> None:
    """Print the bill: lines, sums, what a commitment saves, what has no price, the grounds."""
    book = load_prices()
    if as_json:
        print_json(bill_document(bill, book, coverage), ensure_ascii=False)
        return
    out = terminal()
    out.print(_lines(bill))
    out.print(_sums(bill, book))
    _notes(out, bill, coverage)
    out.print(_terms(bill))


def _lines(bill: Estimate) -> Table:
    title = (
        f"{bill.stack} ({bill.size}, {bill.region}), load {bill.load_name}: USD a month;"
        " autoscalers at their minimum, at the load, at their maximum"
    )
    table = Table(title=title, title_justify="left")
    for heading in ("layer", "resource", "price", "quantity"):
        table.add_column(heading, overflow="fold")
    for heading in ("minimum", "at the load", "maximum"):
        table.add_column(heading, justify="right")
    sums, previous = bill.by_layer(), ""
    for line in bill.lines:
        layer = line.item.layer
        if previous and layer != previous:
            _sum_row(table, previous, sums[previous])
        table.add_row(
            layer if layer != previous else "",
            line.item.resource,
            f"{line.item.key}{_mark(line, bill)}",
            _quantity(line),
            *_three(line.monthly),
        )
        previous = layer
    if previous:
        _sum_row(table, previous, sums[previous])
    return table


def _sum_row(table: Table, layer: str, amount: Bounds) -> None:
    table.add_row("", "", "", Text(layer, style="bold"), *_three(amount), style="bold")
    table.add_section()


def _mark(line: Line, bill: Estimate) -> str:
    """What to know of a price: `*` for usage, `?` for low trust, the region where borrowed."""
    mark = " *" if line.item.usage else ""
    mark += " ?" if line.price.trust is Trust.LOW else ""
    return mark + (f" ({line.price.region})" if line in bill.borrowed else "")


def _quantity(line: Line) -> str:
    low, middle, high = (_number(each) for each in _values(line.item.quantity))
    numbers = low if low == high else f"{low} / {middle} / {high}"
    return f"{numbers} {_UNITS[line.price.unit]}".strip()


def _number(value: Decimal) -> str:
    rounded = value.quantize(CENT if value < 10 else Decimal(1), rounding=ROUND_HALF_UP)
    return f"{rounded.normalize():,f}"


def _values(bounds: Bounds) -> tuple[Decimal, Decimal, Decimal]:
    return bounds.low, bounds.at_load, bounds.high


def _three(amount: Bounds) -> tuple[str, str, str]:
    return usd(amount.low), usd(amount.at_load), usd(amount.high)


def _sums(bill: Estimate, book: PriceBook) -> Table:
    table = Table(box=None, show_header=False)
    table.add_column()
    for _each in range(3):
        table.add_column(justify="right")
    table.add_row(Text("total", style="bold"), *_three(bill.total))
    per_user = bill.per_user
    if per_user is not None:
        table.add_row(f"a user, of {_number(bill.users)} at once", *_three(per_user))
    for each in bill.commitments(book):
        saving = f"-{usd(each.saving)}"
        table.add_row(
            f"if committed: {each.offer.service}, {each.offer.plan}, {each.offer.percent} % of"
            f" {usd(each.on_demand)}",
            *(saving,) * 3,
        )
    return table


def _notes(out: Console, bill: Estimate, coverage: Coverage | None) -> None:
    for item in bill.unpriced:
        out.print(Text(f"no price, in no sum: {_described(item)}", style="yellow"))
    if bill.borrowed:
        out.print(
            Text(
                f"{len(bill.borrowed)} prices are another region's, marked with it:"
                f" `rf prices refresh --region {bill.region}` gets its own",
                style="yellow",
            )
        )
    if coverage is None:
        out.print("not compared with the plan that the program makes")
        return
    for each in coverage.unpriced:
        out.print(Text(f"no price: {each.count} {each.type}: {each.reason}", style="yellow"))
    for each in coverage.mismatches:
        out.print(
            Text(
                f"the plan and the bill differ: {each.key}:"
                f" {each.in_plan.low} to {each.in_plan.high} in the plan,"
                f" {each.in_bill.low} to {each.in_bill.high} in the bill",
                style="red",
            )
        )
    counts: dict[str, int] = dict.fromkeys(("priced", "free", "unpriced"), 0)
    for each in coverage.types:
        counts[each.status] += 1
    out.print(
        "compared with the recorded plan: "
        + ", ".join(f"{count} types {name}" for name, count in counts.items())
        + ("; quantities agree" if coverage.agrees else "")
    )


def _described(item: Item) -> str:
    return f"{item.layer}, {item.resource}: {_number(item.quantity.at_load)} x {item.key}"


def _terms(bill: Estimate) -> Table:
    title = "Usage that the load makes, and its ground (prices marked * follow from it)"
    table = Table(title=title, title_justify="left", box=None)
    for heading in ("what", "a month", "ground"):
        table.add_column(heading)
    for term in bill.terms:
        table.add_row(term.name, f"{_number(term.value)} {term.unit}".strip(), term.ground)
    return table


def show_difference(before: Estimate, after: Estimate, *, as_json: bool) -> None:
    """Print what differs between two bills, at the load of each."""
    differences = compare(before, after)
    if as_json:
        print_json(difference_document(before, after, differences), ensure_ascii=False)
        return
    out = terminal()
    names = [f"{bill.stack} ({bill.size}), {bill.load_name}" for bill in (before, after)]
    table = Table(title=f"{names[0]} -> {names[1]}: USD a month", title_justify="left")
    for heading in ("layer", "resource", "price"):
        table.add_column(heading, overflow="fold")
    for heading in ("before", "after", "change", "change at maximum"):
        table.add_column(heading, justify="right")
    for each in differences:
        table.add_row(
            each.layer,
            each.resource,
            each.key,
            usd(each.before.at_load) if each.before else "-",
            usd(each.after.at_load) if each.after else "-",
            f"{each.change.at_load.quantize(CENT):+,}",
            f"{each.change.high.quantize(CENT):+,}",
        )
    total = after.total - before.total
    table.add_section()
    table.add_row(
        Text("total", style="bold"),
        "",
        "",
        usd(before.total.at_load),
        usd(after.total.at_load),
        f"{total.at_load.quantize(CENT):+,}",
        f"{total.high.quantize(CENT):+,}",
    )
    out.print(table)
    for bill in (before, after):
        for item in bill.unpriced:
            out.print(Text(f"no price in {bill.stack}: {_described(item)}", style="yellow"))
