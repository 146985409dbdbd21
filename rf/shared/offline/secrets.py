"""Keeps secret texts out of what people read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from rf.shared.plan import SECRET, Secret, reveal

_SHORTEST = 4
"""Shorter texts stand in ordinary words; replacing them would make a sentence unreadable."""


def secret_texts(value: Any) -> Iterator[str]:
    """Every text inside a secret of the value."""
    match value:
        case Secret():
            yield from _texts(reveal(value))
        case Mapping():
            for item in value.values():
                yield from secret_texts(item)
        case list() | tuple():
            for item in value:
                yield from secret_texts(item)


def without_secrets(text: str, *values: Any) -> str:
    """The text with each secret text of the values replaced by `[secret]`."""
    secrets = {secret for value in values for secret in secret_texts(value)}
    for secret in sorted(secrets, key=len, reverse=True):
        if len(secret) >= _SHORTEST:
            text = text.replace(secret, SECRET)
    return text


def _texts(value: Any) -> Iterator[str]:
    match value:
        case str():
            yield value
        case Mapping():
            for item in value.values():
                yield from _texts(item)
        case list() | tuple():
            for item in value:
                yield from _texts(item)
        case int() | float() if not isinstance(value, bool):
            yield str(value)
