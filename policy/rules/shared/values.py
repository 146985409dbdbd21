"""Reading inputs: by path, leaf by leaf, and the documents inside of texts."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any

UNKNOWN = "[unknown]"
"""Stands for a value that only a deployment reveals."""

DEFAULTS_KEY = "__defaults"
"""A note of bridged providers, in the inputs that they have checked; no input."""


_KEYS = re.compile(r"\[([^\]]+)\]|([^.\[\]]+)")


_MAPPINGS = (dict, Mapping)
"""Most are dicts, which is found out much faster."""


@cache
def _keys(path: str) -> tuple[str, ...]:
    return tuple(bracketed or plain for bracketed, plain in _KEYS.findall(path))


class NotKnownError(Exception):
    """A rule asked for a value that only a deployment reveals."""


def at(value: Any, path: str, default: Any = None) -> Any:
    """What stands at a path of keys, `spec.template.spec`; `default` where a part is missing.

    A key with dots in it is a path of its own: `data[pgbouncer.ini]`.
    Raises NotKnownError where only a deployment tells.
    """
    for key in _keys(path):
        if isinstance(value, _MAPPINGS):
            if key not in value:
                return default
            value = value[key]
            continue
        if isinstance(value, str) and value == UNKNOWN:
            raise NotKnownError(path)
        return default
    if isinstance(value, str) and value == UNKNOWN:
        raise NotKnownError(path)
    return default if value is None else value


def listed(value: Any, path: str) -> Sequence[Any]:
    """The list at a path, empty where there is none; a single value is a list of one."""
    items = at(value, path, [])
    return items if isinstance(items, list | tuple) else [items]


def is_true(value: Any, path: str) -> bool:
    """Whether a switch is on: providers take `true` and `"true"`."""
    return at(value, path) in (True, "true")


def leaves(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Path and value of everything that holds nothing else, but for what isn't known."""
    match value:
        case Mapping():
            for key, item in value.items():
                if key != DEFAULTS_KEY:
                    yield from leaves(item, f"{path}.{key}" if path else str(key))
        case list() | tuple():
            for index, item in enumerate(value):
                yield from leaves(item, f"{path}[{index}]")
        case str() if value == UNKNOWN:
            return
        case _:
            yield path, value


def statements(inputs: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Every statement of every IAM document among the inputs."""
    for _, value in leaves(inputs):
        if isinstance(value, str) and '"Statement"' in value:
            entries = json.loads(value)["Statement"]
            yield from entries if isinstance(entries, list) else [entries]


def refuses_plain_text(inputs: Mapping[str, Any], action: str) -> bool:
    """Whether an IAM document among the inputs denies everybody that action without TLS."""
    return any(
        each.get("Effect") == "Deny"
        and each.get("Principal") in ("*", {"AWS": "*"})
        and action in texts(each.get("Action"))
        and at(each, "Condition.Bool", {}).get("aws:SecureTransport") == "false"
        for each in statements(inputs)
    )


def texts(value: Any) -> Sequence[str]:
    """IAM's one-or-many: a text, or a list of texts."""
    return [] if value is None else [value] if isinstance(value, str) else list(value)


def parameters(inputs: Mapping[str, Any]) -> dict[str, str]:
    """A parameter group's parameters by name."""
    return {str(at(each, "name")): str(at(each, "value")) for each in listed(inputs, "parameters")}


def ini(text: str) -> dict[str, str]:
    """Keys of an ini file whatever their section; the last one's value counts."""
    settings: dict[str, str] = {}
    for line in text.splitlines():
        key, equals, value = line.partition("=")
        if equals:
            settings[key.strip()] = value.strip()
    return settings
