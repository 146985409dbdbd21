"""Inputs whose values or keys are a closed set, as the API has them, or its documentation."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, kw_only=True)
class ClosedValues:
    """The closed sets of a type.

    `operations` are those that create or change it, as `rds:CreateDBInstance`: where an input meets
    an enumeration in the shapes of their inputs, its value must be in it. `closed` has what the
    models leave open and `source` documents as closed, by the path of the input without positions
    in lists; `open` has inputs that meet an enumeration that means something else, and why.
    """

    operations: tuple[str, ...] = ()
    closed: Mapping[str, frozenset[str]] = field(default_factory=dict)
    open: Mapping[str, str] = field(default_factory=dict)
    source: str = ""


@dataclass(frozen=True, kw_only=True)
class ListedKeys:
    """Objects whose keys are a closed set: `mistakes` says of a resource's inputs which are none of
    it. `source` names where the set is from."""

    mistakes: Callable[[Mapping[str, Any]], Iterator[str]]
    source: str


def by_model(*operations: str) -> ClosedValues:
    """What the models of these operations enumerate."""
    return ClosedValues(operations=operations)
