"""A trial for people: a row a point, and the first that is broken, last."""

from __future__ import annotations

from collections import Counter

from rich.table import Table
from rich.text import Text

from rf.conform.conform import Conformance
from rf.conform.contract import sentences_of
from rf.conform.point import Outcome
from rf.conform.points.table import POINTS, chosen_points
from rf.shared.terminal import print_json, terminal

FORMAT = 1

_STYLES = {
    Outcome.PASSED: "green",
    Outcome.FAILED: "red",
    Outcome.NOT_APPLICABLE: "dim",
    Outcome.NOT_TRIED: "yellow",
}


def show(result: Conformance, *, as_json: bool) -> None:
    """Print what came of each point."""
    if as_json:
        print_json(_document(result), ensure_ascii=False)
        return
    out = terminal()
    table = Table(title=f"{result.application} against the contract", title_justify="left")
    for heading in ("point", "what", "place", "verdict", "seen"):
        table.add_column(heading, overflow="fold")
    for verdict in result.verdicts:
        point = verdict.point
        mark = Text(verdict.outcome, style=_STYLES[verdict.outcome])
        table.add_row(point.id, point.title, _place(point.id), mark, Text(verdict.seen))
    out.print(table)
    counts = Counter(each.outcome for each in result.verdicts)
    out.print(Text(", ".join(f"{counts[each]} {each}" for each in Outcome)))
    if broken := result.first_broken:
        said = f"first broken: {broken.point.id}: {broken.seen}"
        out.print(Text(said, style="red"), soft_wrap=True)
        out.print(Text(f"how to honour it: rf conform --explain {broken.point.id}"))


def show_list(application: str | None, *, as_json: bool) -> None:
    """Print the points, those of one application where it is named."""
    points = [each for each in POINTS if application in (None, *each.applications)]
    if as_json:
        document = [
            {
                "id": each.id,
                "title": each.title,
                "applications": list(each.applications),
                "samples": list(each.needs),
                "contract": [str(sentence) for sentence in sentences_of(each.id)],
            }
            for each in points
        ]
        print_json({"format": FORMAT, "points": document}, ensure_ascii=False)
        return
    table = Table()
    for heading in ("point", "what", "place", "asked of", "samples"):
        table.add_column(heading, overflow="fold")
    for each in points:
        asked, needs = ", ".join(each.applications), ", ".join(each.needs)
        table.add_row(each.id, each.title, _place(each.id), asked, needs)
    terminal().print(table)


def show_explanation(name: str) -> None:
    """Print how a point is honoured. Raises PointInputError."""
    (point,) = chosen_points([name])
    out = terminal()
    out.print(Text(f"{point.id}: {point.title}", style="bold"))
    out.print(Text(f"asked of {', '.join(point.applications)}"))
    for sentence in sentences_of(point.id):
        out.print(Text(f"contract, {sentence.section}: {sentence}"), soft_wrap=True)
    out.print(Text(f"\n{point.explanation.text}"), soft_wrap=True)
    for language, code in (
        ("Node.js", point.explanation.node),
        ("Python", point.explanation.python),
    ):
        out.print(Text(f"\n{language}:", style="bold"))
        out.print(Text("\n".join(f"    {line}" for line in code.splitlines())), soft_wrap=True)


def _place(name: str) -> str:
    return ", ".join(dict.fromkeys(each.section for each in sentences_of(name)))


def _document(result: Conformance) -> dict[str, object]:
    broken = result.first_broken
    return {
        "format": FORMAT,
        "application": result.application,
        "firstBroken": broken.point.id if broken else None,
        "points": [
            {
                "id": each.point.id,
                "title": each.point.title,
                "place": _place(each.point.id),
                "outcome": each.outcome,
                "seen": each.seen,
                "seconds": round(each.seconds, 3),
            }
            for each in result.verdicts
        ],
    }
