"""Inputs whose values are a closed set: those of AWS are checked against the API's own model.

botocore carries the model of every AWS API. The inputs of a resource are walked beside the input
shapes of the operations that its card names; where both meet in an enumeration, the value must be
in it. What the API leaves open and AWS documents as closed stands in the card. The lists in the
SDK's docstrings are not used: in prose, ranges and partial lists look the same as full ones.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from rf.shared.cards.registry import card_of
from rf.shared.cards.values import ClosedValues, ListedKeys
from rf.shared.offline.api_model import Shapes, shapes_of
from rf.shared.offline.violations import OfflineRule, OfflineViolation
from rf.shared.plan import UNKNOWN, RecordedResource, Secret
from scaleplan.config.mistakes import nearest


def check_values(resource: RecordedResource) -> Iterator[OfflineViolation]:
    """Violations of closed sets in the inputs of one resource."""
    for message in mistakes_in_values(resource.type, resource.inputs):
        yield OfflineViolation(resource.urn, OfflineRule.WRONG_VALUE, message)


def mistakes_in_values(token: str, inputs: Mapping[str, Any]) -> Iterator[str]:
    """A sentence for each input of a type that is in no closed set where it must be in one."""
    card = card_of(token)
    match card.values if card is not None else None:
        case ClosedValues() as values if token.startswith("aws:"):
            yield from _object_mistakes(inputs, shapes_of(values.operations), values, "")
        case ListedKeys() as listed:
            yield from listed.mistakes(inputs)


def _object_mistakes(
    value: Mapping[str, Any], shapes: Shapes | None, values: ClosedValues, path: str
) -> Iterator[str]:
    for key, item in value.items():
        here = f"{path}.{key}" if path else key
        pattern = _pattern(here)
        if key in ("tags", "tagsAll") or pattern in values.open:
            continue
        closed = values.closed.get(pattern)
        if closed is not None:
            yield from _closed_mistakes(item, closed, here)
            continue
        yield from _mistakes(item, shapes.member(key) if shapes else None, values, here)


def _mistakes(value: Any, shapes: Shapes | None, values: ClosedValues, path: str) -> Iterator[str]:
    match value:
        case Secret():
            yield from _mistakes(value.value, shapes, values, path)
        case Mapping():
            yield from _object_mistakes(value, shapes, values, path)
        case list():
            for index, item in enumerate(value):
                yield from _mistakes(item, shapes, values, f"{path}[{index}]")
        case str() if shapes is not None:
            closed = shapes.choices()
            if closed is not None:
                yield from _closed_mistakes(value, closed, path)


def _closed_mistakes(value: Any, closed: frozenset[str], path: str) -> Iterator[str]:
    if isinstance(value, list):
        for index, item in enumerate(value):
            yield from _closed_mistakes(item, closed, f"{path}[{index}]")
        return
    if isinstance(value, Secret) or value is None or value == UNKNOWN or str(value) in closed:
        return
    choices = sorted(closed)
    examples = ", ".join(choices[:20]) + (", ..." if len(choices) > 20 else "")
    name = nearest(value, choices)
    yield f"{path} = {value}: allowed is {examples}" + (f"; nearest: {name}" if name else "")


def _pattern(path: str) -> str:
    """A path without positions in lists: `rules[0].priority` as `rules.priority`."""
    return "".join(part.split("]", 1)[-1] for part in path.split("["))
