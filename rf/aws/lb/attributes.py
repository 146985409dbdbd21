"""Settings that balancers, listeners and groups of targets have as attributes: pairs of texts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from rf.shared.cards.lifecycle import Inputs, Task


class Attribute(NamedTuple):
    """An attribute's key, and the value that it has where nobody sets it."""

    key: str
    default: str = ""


Attributes = Mapping[str, Attribute]
"""By the input that sets it."""


def take_attributes(inputs: Inputs, known: Attributes) -> dict[str, str]:
    """The attributes that the inputs set, by their keys; uses these inputs up."""
    values = ((attribute.key, inputs.take(name)) for name, attribute in known.items())
    return {key: attribute_text(value) for key, value in values if value is not None}


def attribute_text(value: Any) -> str:
    """The value as an attribute has it."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def changed_attributes(
    old: Mapping[str, str], new: Mapping[str, str], defaults: Mapping[str, str]
) -> dict[str, str]:
    """The attributes to set: what differs, and the defaults of what is no longer set."""
    dropped = {key: defaults[key] for key in old if key not in new and key in defaults}
    return dropped | {key: value for key, value in new.items() if old.get(key) != value}


def default_attributes(known: Attributes) -> dict[str, str]:
    """Values of attributes that nobody sets, where they are known."""
    return {each.key: each.default for each in known.values() if each.default}


def put_attributes(
    task: Task, operation: str, which: Mapping[str, str], values: Mapping[str, str]
) -> None:
    """Set the attributes by one call; by none where there are none."""
    if values:
        pairs = [{"Key": key, "Value": value} for key, value in values.items()]
        task.call("elbv2", operation, **which, Attributes=pairs)


def read_attributes(task: Task, operation: str, which: Mapping[str, str]) -> dict[str, str]:
    """All attributes of a thing."""
    pairs = task.call("elbv2", operation, **which)["Attributes"]
    return {pair["Key"]: pair["Value"] for pair in pairs}


def shown_attributes(
    values: Mapping[str, str], known: Attributes, planned: Mapping[str, Any]
) -> dict[str, Any]:
    """The inputs that the attributes show, in the form of what is planned."""
    return {
        name: _as_planned(values[attribute.key], planned[name])
        for name, attribute in known.items()
        if planned.get(name) is not None and attribute.key in values
    }


def _as_planned(value: str, planned: Any) -> Any:
    match planned:
        case bool():
            return value == "true"
        case int() | float() if value.isdigit():
            return int(value)
        case _:
            return value
