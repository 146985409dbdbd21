"""Text that shows a slip of the program: an Output that was formatted instead of awaited."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from rf.shared.offline.violations import OfflineRule, OfflineViolation
from rf.shared.plan import RecordedResource, Secret

_TRACES = re.compile(
    r"Calling __str__ on an Output"
    r"|<pulumi\.output\.Output object at"
    r"|<pulumi[\w.]*\.[A-Z]\w* object at 0x"
    r"|\bOutput\[[A-Z]\]"
    r"|<coroutine object "
)
"""What Python writes for an Output, a resource or a coroutine (pulumi SDK, `Output.__str__`)."""


def check_texts(resource: RecordedResource) -> Iterator[OfflineViolation]:
    """A violation for each input whose text, or key, is an unresolved Output's."""
    for path, text in _texts(resource.inputs, ""):
        if _TRACES.search(text):
            message = f"{path} holds the text of an unresolved Output; use Output.concat or apply"
            yield OfflineViolation(resource.urn, OfflineRule.UNRESOLVED_OUTPUT, message)
    if _TRACES.search(resource.name):
        message = "the name holds the text of an unresolved Output; names must be plain"
        yield OfflineViolation(resource.urn, OfflineRule.UNRESOLVED_OUTPUT, message)


def _texts(value: Any, path: str) -> Iterator[tuple[str, str]]:
    match value:
        case Secret():
            yield from _texts(value.value, path)
        case str():
            yield path, value
        case Mapping():
            for key, item in value.items():
                here = f"{path}.{key}" if path else key
                yield here, key
                yield from _texts(item, here)
        case list():
            for index, item in enumerate(value):
                yield from _texts(item, f"{path}[{index}]")
