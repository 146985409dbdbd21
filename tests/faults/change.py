"""Changes of a resource's inputs, by path."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Callable, Mapping
from typing import Any

Change = Callable[[dict[str, Any]], None]

_STEP = re.compile(r"\[\d+\]|\[[^\]]+\]|[^.\[\]]+")


def changed(inputs: Mapping[str, Any], change: Change | None) -> dict[str, Any]:
    """A copy of the inputs with the change made."""
    copied = copy.deepcopy(dict(inputs))
    if change is not None:
        change(copied)
    return copied


def put(path: str, value: Any) -> Change:
    """Set what stands at a path, `spec.template.spec.containers[0].image`; `[a.b]` is one key."""

    def change(inputs: dict[str, Any]) -> None:
        parent, last = _walk(inputs, path)
        parent[last] = value

    return change


def remove(path: str) -> Change:
    """Take away what stands at a path."""

    def change(inputs: dict[str, Any]) -> None:
        parent, last = _walk(inputs, path)
        del parent[last]

    return change


def parameter(name: str, value: str) -> Change:
    """Set a parameter of a parameter group."""

    def change(inputs: dict[str, Any]) -> None:
        named = next(each for each in inputs["parameters"] if each["name"] == name)
        named["value"] = value

    return change


def statement(key: str, **changes: Any) -> Change:
    """Set keys of the first Allow statement of the document at `key`."""

    def change(inputs: dict[str, Any]) -> None:
        document = json.loads(inputs[key])
        allowed = next(each for each in document["Statement"] if each["Effect"] == "Allow")
        allowed.update(changes)
        inputs[key] = json.dumps(document)

    return change


def text(path: str, old: str, new: str) -> Change:
    """Replace a piece of the text at a path."""

    def change(inputs: dict[str, Any]) -> None:
        parent, last = _walk(inputs, path)
        assert old in parent[last], f"{old} is not in {path}"
        parent[last] = parent[last].replace(old, new)

    return change


def _walk(inputs: Any, path: str) -> tuple[Any, Any]:
    steps = [_step(each) for each in _STEP.findall(path)]
    value = inputs
    for step in steps[:-1]:
        value = value[step]
    return value, steps[-1]


def _step(text: str) -> str | int:
    bare = text.strip("[]")
    return int(bare) if text.startswith("[") and bare.isdigit() else bare
