"""Places in an API's answer, as `DBInstances.0.Endpoint`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast


def dig(value: Any, path: str) -> Any:
    """The value at such a path; None where the answer ends before it."""
    for step in filter(None, path.split(".")):
        if isinstance(value, Mapping):
            value = cast("Mapping[str, Any]", value).get(step)
        elif isinstance(value, Sequence) and not isinstance(value, str):
            items = cast("Sequence[Any]", value)
            value = items[int(step)] if len(items) > int(step) else None
        else:
            return None
    return value
