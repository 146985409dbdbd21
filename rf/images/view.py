"""Images as a table, and what each goes by."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import typer
from rich.markup import escape
from rich.table import Table

from rf.images.answers import TagAnswer, TagStanding
from rf.shared.terminal import print_json, terminal
from scaleplan.images.digests import DIGESTS
from scaleplan.images.image import Image

FORMAT = 1

_STYLES = {
    TagStanding.AS_PINNED: "green",
    TagStanding.UNPINNED: "yellow",
    TagStanding.MOVED: "red",
    TagStanding.MISSING: "red",
    TagStanding.UNKNOWN: "yellow",
}


def show_list(images: Sequence[Image], *, as_json: bool) -> None:
    """Each image, what it goes by and what it is handed, and which of them to pin first."""
    if as_json:
        print_json({"format": FORMAT, "images": [_document(each) for each in images]})
        return
    table = Table("image", "goes by", "is handed")
    for each in images:
        table.add_row(escape(each.tagged), _goes_by(each), escape(each.holds))
    console = terminal()
    console.print(table)
    risky = [each for each in images if each.holds and each.pulled_digest is None]
    if risky:
        console.print(
            f"{len(risky)} of {len(images)} images are handed secrets and go by a tag, which its"
            f" publisher can move: {', '.join(each.name for each in risky)}",
            highlight=False,
        )
        if any(each.takes_digest for each in risky):
            console.print(
                "`rf images --pin` asks for digests and writes them down", highlight=False
            )


def show_answers(
    answers: Sequence[TagAnswer], *, as_json: bool, pinning: Sequence[TagAnswer] = ()
) -> None:
    """What registries said; of what will be pinned or has moved, the whole digest."""
    if as_json:
        listed = [
            _document(each.image)
            | {"verdict": str(each.standing), "now": each.digest, "says": each.says}
            for each in answers
        ]
        names = [each.image.name for each in pinning]
        print_json({"format": FORMAT, "images": listed, "pinning": names})
        return
    console = terminal()
    for each in answers:
        mark = f"[{_STYLES[each.standing]}]{each.standing}[/]"
        console.print(f"{escape(each.image.tagged)}: {mark}", highlight=False, soft_wrap=True)
        if each.standing is TagStanding.MOVED:
            console.print(f"  was {each.image.digest}", highlight=False, soft_wrap=True)
        if each.digest is not None:
            console.print(f"  is  {each.digest}", highlight=False, soft_wrap=True)
        if each.says:
            console.print(f"  {escape(each.says)}", highlight=False, soft_wrap=True)


def show_written(pins: Sequence[TagAnswer], *, as_json: bool) -> None:
    """Where digests went, and that a change of them is one to read."""
    if not as_json:
        typer.echo(f"{len(pins)} digests are in {DIGESTS}: commit them, as any change of versions")


def _goes_by(image: Image) -> str:
    if not image.takes_digest:
        return "tag alone: the operator names it"
    return f"[green]{image.digest}[/]" if image.digest else "[yellow]tag[/]"


def _document(image: Image) -> dict[str, Any]:
    return {
        "name": image.name,
        "image": image.tagged,
        "digest": image.digest,
        "takesDigest": image.takes_digest,
        "holds": image.holds,
        "licence": image.licence,
    }
