"""What is compared when a deployed resource is read back: what the plan says with what is."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from rf.shared.cards.lifecycle import Reading
from rf.shared.cards.paths import dig

if TYPE_CHECKING:
    from rf.shared.sandbox.reader import Reader

NOT_SHOWN = object()
"""Stands for a found value where the API's answer has no such property."""

Comparison = tuple[str, Any, Any]
"""A property's name, what the plan has, and what was found (or NOT_SHOWN)."""

Row = str | Callable[[Mapping[str, Any], Reading], tuple[Any, Any] | None]
"""The name of an input or a path into one, compared where the plan sets it; or what is expected and
what was found by the inputs and the reading, None where there is nothing to compare."""

MoreRows = Callable[["Reader", str, Mapping[str, Any], Reading], Iterable[Comparison]]
"""Given the reader, a resource's id, its inputs and its reading: further comparisons."""

WorldRows = Callable[["Reader"], Iterable[tuple[str, str, Any, Any]]]
"""Given the reader: kind, property, expected and found, of all of the type that there are."""


@dataclass(frozen=True, kw_only=True)
class Verification:
    """`kind` is the kind of thing and the keys of `rows` the properties, both for people.

    `more` are comparisons that take further questions, `world` is about everything of the type.
    """

    kind: str
    rows: Mapping[str, Row] = field(default_factory=dict)
    more: MoreRows | None = None
    world: WorldRows | None = None

    def comparisons(
        self, reader: Reader, identifier: str, inputs: Mapping[str, Any], reading: Reading
    ) -> Iterable[Comparison]:
        """All comparisons of one resource, in the order of the rows."""
        for subject, row in self.rows.items():
            pair = _by_name(row, inputs, reading) if isinstance(row, str) else row(inputs, reading)
            if pair is not None:
                yield (subject, *pair)
        if self.more is not None:
            yield from self.more(reader, identifier, inputs, reading)


def _by_name(key: str, inputs: Mapping[str, Any], reading: Reading) -> tuple[Any, Any] | None:
    expected = dig(inputs, key)
    if expected is None:
        return None
    found = dig(reading.shown, key)
    return expected, NOT_SHOWN if found is None else found


def unordered(key: str) -> Row:
    """An input that is a list in any order; an empty one where the plan has none."""

    def row(inputs: Mapping[str, Any], reading: Reading) -> tuple[Any, Any]:
        found = reading.shown.get(key) or []
        return sorted(inputs.get(key) or []), sorted(found)

    return row


def flag(key: str) -> Row:
    """An input that is false where the plan leaves it out."""

    def row(inputs: Mapping[str, Any], reading: Reading) -> tuple[Any, Any]:
        return bool(inputs.get(key)), reading.shown.get(key, NOT_SHOWN)

    return row


def always(expected: Any, member: str) -> Row:
    """A member of the API's description that must have this value."""

    def row(_inputs: Mapping[str, Any], reading: Reading) -> tuple[Any, Any]:
        return expected, reading.thing.get(member, NOT_SHOWN)

    return row


def member(key: str, name: str) -> Row:
    """An input that the API's description has as the member `name`, in the same form."""

    def row(inputs: Mapping[str, Any], reading: Reading) -> tuple[Any, Any] | None:
        if inputs.get(key) is None:
            return None
        return inputs[key], reading.thing.get(name, NOT_SHOWN)

    return row


def or_none(key: str, place: str) -> Row:
    """An input by its path, and what the API's description has at `place`, in the same form; it has
    none where the plan leaves the input out."""

    def row(inputs: Mapping[str, Any], reading: Reading) -> tuple[Any, Any]:
        return dig(inputs, key), dig(reading.thing, place)

    return row


def document(key: str) -> Row:
    """An input that is JSON, whatever the order of its keys."""

    def row(inputs: Mapping[str, Any], reading: Reading) -> tuple[Any, Any]:
        found = reading.shown.get(key)
        return json.loads(inputs[key]), NOT_SHOWN if found is None else json.loads(found)

    return row
