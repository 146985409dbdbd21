"""What an API's answer shows of a resource, in the provider's form: `requests.fit` backwards.

The answer is walked beside what the plan has, because only that tells the provider's form: whether
a block stands alone or in a list, whether tags are a map, how a number is written.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, cast

from botocore.model import ListShape, MapShape, Shape, StructureShape

from rf.shared.cards.answers import Renames
from rf.shared.sandbox.shapes import (
    is_counted,
    is_pairs,
    is_wrapped_list,
    item_of,
    key_and_value,
    member_for,
    members_of,
)

_ABSENT = object()


def shown_as(
    shape: Shape | None, thing: Any, planned: Mapping[str, Any], renames: Renames
) -> dict[str, Any]:
    """Those of the planned values that the API's description of the thing shows."""
    if isinstance(shape, MapShape) and isinstance(thing, Mapping):
        return _attributes(cast("Mapping[str, Any]", thing), planned, renames)
    if not isinstance(shape, StructureShape) or not isinstance(thing, Mapping):
        return {}
    return _structure(shape, cast("Mapping[str, Any]", thing), planned, renames)


def _attributes(
    thing: Mapping[str, Any], planned: Mapping[str, Any], renames: Renames
) -> dict[str, Any]:
    """Of a description that is no structure but a map of texts, as SNS and SQS have it."""
    names = {key: renames.get(key, "") for key in planned}
    names = {
        key: name if name in thing else key[:1].upper() + key[1:] for key, name in names.items()
    }
    return {key: _scalar(thing[name], planned[key]) for key, name in names.items() if name in thing}


def _structure(
    shape: StructureShape, thing: Mapping[str, Any], planned: Mapping[str, Any], renames: Renames
) -> dict[str, Any]:
    shown: dict[str, Any] = {}
    for key, expected in planned.items():
        member = member_for(shape, key, renames)
        if member is None or member not in thing:
            continue
        value = _value(members_of(shape)[member], thing[member], expected, renames)
        if value is not _ABSENT:
            shown[key] = value
    return shown


def _value(shape: Shape, value: Any, planned: Any, renames: Renames) -> Any:
    if value is None:
        return _ABSENT
    if is_counted(shape) or is_wrapped_list(shape):
        return _items(members_of(shape)["Items"], value.get("Items") or [], planned, renames)
    if isinstance(shape, StructureShape):
        return _block(shape, value, planned, renames)
    if isinstance(shape, ListShape):
        return _items(shape, value, planned, renames)
    if isinstance(shape, MapShape):
        return dict(value)
    return _scalar(_written(value), planned)


def _block(shape: StructureShape, value: Any, planned: Any, renames: Renames) -> Any:
    if isinstance(planned, list):
        blocks = cast("list[Any]", planned)
        return [_block(shape, value, blocks[0], renames)] if len(blocks) == 1 else _ABSENT
    if isinstance(planned, Mapping):
        return _structure(shape, value, cast("Mapping[str, Any]", planned), renames)
    return _ABSENT


def _items(shape: Shape, values: Sequence[Any], planned: Any, renames: Renames) -> Any:
    item = item_of(cast("ListShape", shape))
    if isinstance(planned, Mapping) and is_pairs(item):
        key, value = key_and_value(item)
        return {pair[key]: pair[value] for pair in values}
    if not isinstance(planned, list):
        # One value of the provider's, which the API has as a list of one.
        return _value(item, values[0], planned, renames) if len(values) == 1 else _ABSENT
    expected = cast("list[Any]", planned)
    if not expected:
        return list(values)
    forms = [expected[min(place, len(expected) - 1)] for place in range(len(values))]
    shown = [_value(item, value, form, renames) for value, form in zip(values, forms, strict=True)]
    return _ABSENT if _ABSENT in shown else shown


def _written(value: Any) -> Any:
    """A time as the provider writes it, in RFC 3339; anything else as it is."""
    return f"{value.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}" if isinstance(value, datetime) else value


def _scalar(value: Any, planned: Any) -> Any:
    """The value in the form that the plan has: numbers may be written as text, and the reverse, and
    a document in any order of its keys; the provider writes moments as RFC 3339 has them."""
    if isinstance(value, datetime):
        value = value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    match planned:
        case str() if _is_document(planned) and _document(value) == json.loads(planned):
            return planned
        case bool() if isinstance(value, str):
            return value.lower() == "true"
        case str() if isinstance(value, bool | int | float):
            return str(value).lower()
        case int() if isinstance(value, str) and value.lstrip("-").isdigit():
            return int(value)
        case float() if isinstance(value, int) and not isinstance(value, bool):
            return float(value)
        case _:
            return value


def _is_document(text: str) -> bool:
    try:
        return isinstance(json.loads(text), dict | list)
    except ValueError:
        return False


def _document(value: Any) -> Any:
    """What a JSON text says, which botocore has read already in some answers."""
    return json.loads(value) if isinstance(value, str) and _is_document(value) else value
