"""Requests by the API's own model: plan inputs turned into parameters, parameters checked.

botocore carries the model of every AWS API. `fit` uses it to turn a plan's camelCase inputs into
an operation's parameters, and refuses an input that the API doesn't know. `mistakes_in` checks
finished parameters, with what botocore itself leaves unchecked: enum values, maxima and patterns.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from botocore.model import ListShape, MapShape, Shape, StructureShape
from botocore.validate import ParamValidator

from rf.shared.cards.answers import Renames, TranslationError
from rf.shared.sandbox.shapes import (
    is_counted,
    is_pairs,
    is_wrapped_list,
    item_of,
    key_and_value,
    limits_of,
    member_for,
    members_of,
)


def fit(shape: Shape, value: Any, renames: Renames | None = None, path: str = "") -> Any:
    """The plan's value as the API shape wants it. Raises TranslationError, naming the input.

    Handles what differs between the provider's schema and the API: the case of names, singular
    and plural, a map of tags against a list of pairs, CloudFront's {Quantity, Items}, a single
    block against a list, numbers written as text. `None` inputs are left out.
    """
    renames = renames or {}
    if isinstance(shape, StructureShape):
        return _fit_structure(shape, value, renames, path)
    if isinstance(shape, ListShape):
        item = item_of(shape)
        if isinstance(value, Mapping) and is_pairs(item):
            return _fit_pairs(item, value)
        values = value if isinstance(value, list) else [value]
        return [fit(item, entry, renames, path) for entry in values]
    if isinstance(shape, MapShape):
        if not isinstance(value, Mapping):
            raise TranslationError(f"{path}: expected a map, found {value!r}")
        return {key: fit(item_of(shape), item, renames, path) for key, item in value.items()}
    return _fit_scalar(shape.type_name, value)


def _fit_structure(shape: StructureShape, value: Any, renames: Renames, path: str) -> Any:
    if is_counted(shape) and not _names_items(value):
        items = value if isinstance(value, list) else [value]
        return {
            "Quantity": len(items),
            "Items": fit(members_of(shape)["Items"], items, renames, path),
        }
    if is_wrapped_list(shape) and not _names_items(value):
        return {"Items": fit(members_of(shape)["Items"], value, renames, path)}
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    if not isinstance(value, Mapping):
        raise TranslationError(f"{path}: expected an object for {shape.name}, found {value!r}")
    fitted: dict[str, Any] = {}
    for key, item in value.items():
        if item is None:
            continue
        here = f"{path}.{key}" if path else key
        member = member_for(shape, key, renames)
        if member is None:
            raise TranslationError(f"{here}: the API's {shape.name} has no such member")
        fitted[member] = fit(members_of(shape)[member], item, renames, here)
    return fitted


def _names_items(value: Any) -> bool:
    return isinstance(value, Mapping) and "items" in {str(key).lower() for key in value}


def _fit_pairs(shape: StructureShape, value: Mapping[str, str]) -> list[dict[str, str]]:
    key_name, value_name = key_and_value(shape)
    return [{key_name: key, value_name: text} for key, text in sorted(value.items())]


def _fit_scalar(kind: str, value: Any) -> Any:
    fitted = value
    match kind, value:
        case ("string", bool()):
            fitted = str(value).lower()
        case ("string", float()):
            fitted = f"{value:g}"
        case ("string", int()):
            fitted = str(value)
        case ("integer" | "long", str()) if re.fullmatch(r"-?\d+", value):
            fitted = int(value)
        case ("integer" | "long", float()) if value.is_integer():
            fitted = int(value)
        case ("float" | "double", str() | int()) if not isinstance(value, bool):
            fitted = float(value)
        case ("boolean", "true" | "false"):
            fitted = value == "true"
        case ("blob", str()):
            fitted = value.encode()
    return fitted


def mistakes_in(shape: Shape | None, parameters: Mapping[str, Any]) -> list[str]:
    """What is wrong with the parameters of an operation by its input shape; empty when nothing."""
    if shape is None:
        return ["the operation takes no parameters"] if parameters else []
    report = ParamValidator().validate(dict(parameters), shape)
    if report.has_errors():
        return [line.strip() for line in report.generate_report().splitlines() if line.strip()]
    unknown = list(_unknown_members(shape, parameters, ""))
    return unknown or list(_unfit_values(shape, parameters, ""))


def _unknown_members(shape: Shape, value: Any, path: str) -> Iterator[str]:
    if isinstance(shape, StructureShape) and isinstance(value, Mapping):
        for key, item in value.items():
            here = f"{path}.{key}" if path else key
            if key not in members_of(shape):
                yield f"{here} is not a member of {shape.name}"
            else:
                yield from _unknown_members(members_of(shape)[key], item, here)
    elif isinstance(shape, ListShape):
        for index, item in enumerate(value):
            yield from _unknown_members(item_of(shape), item, f"{path}[{index}]")


def _unfit_values(shape: Shape, value: Any, path: str) -> Iterator[str]:
    if isinstance(shape, StructureShape):
        for key, item in value.items():
            yield from _unfit_values(members_of(shape)[key], item, f"{path}.{key}" if path else key)
    elif isinstance(shape, ListShape):
        yield from _above_maximum(shape, len(value), f"{path} has {len(value)} items")
        for index, item in enumerate(value):
            yield from _unfit_values(item_of(shape), item, f"{path}[{index}]")
    elif isinstance(shape, MapShape):
        for key, item in value.items():
            yield from _unfit_values(item_of(shape), item, f"{path}[{key}]")
    elif isinstance(value, str):
        yield from _unfit_text(shape, value, path)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield from _above_maximum(shape, value, f"{path} is {value}")


def _unfit_text(shape: Shape, value: str, path: str) -> Iterator[str]:
    allowed = limits_of(shape).get("enum")
    if allowed and value not in allowed:
        examples = ", ".join(allowed[:12]) + (", ..." if len(allowed) > 12 else "")
        yield f"{path} is {value!r}; allowed: {examples}"
        return
    yield from _above_maximum(shape, len(value), f"{path} has {len(value)} characters")
    pattern = limits_of(shape).get("pattern")
    if pattern and not limits_of(shape).get("sensitive") and not _matches(pattern, value):
        yield f"{path} is {value!r}; must match {pattern}"


def _above_maximum(shape: Shape, amount: float, what: str) -> Iterator[str]:
    maximum = limits_of(shape).get("max")
    if maximum is not None and amount > maximum:
        yield f"{what}; at most {maximum}"


def _matches(pattern: str, value: str) -> bool:
    """Whether the text matches; true for a pattern in a dialect that Python can't read."""
    try:
        return re.search(pattern, value) is not None
    except re.error:
        return True
