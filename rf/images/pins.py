"""Writing digests into the file of them, on the machine of whoever has seen them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rf.images.answers import TagAnswer, TagStanding, images_of_stacks
from rf.shared.errors import InputError
from rf.shared.files import replaced
from rf.shared.project import PROJECT_ROOT
from scaleplan.images.digests import DIGESTS, ImageDigests, read_digests

FILE = PROJECT_ROOT / DIGESTS


class UnknownImageError(InputError):
    """A name of an image that no stack runs, or whose tag has not moved."""


def to_pin(answers: Sequence[TagAnswer], repinned: Sequence[str]) -> list[TagAnswer]:
    """The answers whose digest is to be written: those without a pin, and of what has moved those
    named alone, because what a publisher moved deserves a question first.

    Raises UnknownImageError for a name that is none of the moved ones'.
    """
    moved = {each.image.name for each in answers if each.standing is TagStanding.MOVED}
    for name in repinned:
        if name not in moved:
            raise UnknownImageError(
                f"{name} has not moved" + (f"; {', '.join(sorted(moved))} did" if moved else "")
            )
    return [
        each
        for each in answers
        if each.standing is TagStanding.UNPINNED
        or (each.standing is TagStanding.MOVED and each.image.name in repinned)
    ]


def write(pins: Sequence[TagAnswer]) -> None:
    """Add the digests to those in the file, and take away those of tags that no stack runs.

    Raises OSError where the file can't be replaced; it then stays as it was.
    """
    before = read_digests(FILE.read_text(encoding="utf-8")).digests
    added = {each.image.tagged: each.digest for each in pins if each.digest is not None}
    used = {image.tagged for image in images_of_stacks(None)} | set(added)
    after: Mapping[str, str] = {
        tagged: digest for tagged, digest in {**before, **added}.items() if tagged in used
    }
    with replaced(FILE) as fresh:
        fresh.write_text(ImageDigests(digests=after).to_yaml(), encoding="utf-8")
