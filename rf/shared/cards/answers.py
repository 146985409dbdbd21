"""Requests to an API, and what comes back from them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

Renames = Mapping[str, str]
"""Input of the provider to member of the API, where more than upper and lower case or a plural
differs. Holds at every depth where the API has that member."""


class RequestError(Exception):
    """The request is wrong: by the API's model, or by the emulator's answer to it.

    `code` is the API's own word for what is wrong; empty where its model refuses the request.
    """

    def __init__(self, message: str, code: str = "") -> None:
        super().__init__(message)
        self.code = code

    @property
    def says_gone(self) -> bool:
        """Whether there is no such thing. Each service has a word of its own for that."""
        code = self.code.lower()
        return any(word in code for word in ("notfound", "nosuch", "doesnotexist", "nonexistent"))


class TranslationError(Exception):
    """An input of the plan that has no counterpart in the API's model."""


class Missing(NamedTuple):
    """An operation that the emulator lacks; its request passed the API's model."""

    service: str
    operation: str


class DescribedBy(NamedTuple):
    """A part of an operation's answer that describes a thing, as `DBInstances.0`; an empty path is
    the whole answer."""

    service: str
    operation: str
    path: str


@dataclass(frozen=True)
class ApiAnswer:
    """What came back. `emulated` is false when the emulator lacks the operation."""

    data: Mapping[str, Any]
    emulated: bool = True

    def __getitem__(self, key: str) -> Any:
        return self.data[key]
