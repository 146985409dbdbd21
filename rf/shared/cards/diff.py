"""What a change of a resource's inputs asks for: to be updated, or made anew.

The answer of `Diff` in Pulumi's provider protocol, from the card's rules of change.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from rf.shared.cards.changes import Effect, Ruling, ruling
from rf.shared.cards.property_changes import PropertyChange, property_changes
from rf.shared.cards.registry import OF_PACKAGE, changes_of

_NOTHING: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True, kw_only=True)
class ChangedInputs:
    """`changed` are the properties that differ, `replaces` those of them that make the resource
    anew, `refused` those that the service won't change."""

    changed: tuple[PropertyChange, ...]
    replaces: tuple[PropertyChange, ...]
    refused: tuple[PropertyChange, ...]


def diff(
    token: str,
    old: Mapping[str, Any],
    new: Mapping[str, Any],
    *,
    ignored: Iterable[str] = (),
    provider: Mapping[str, Any] = _NOTHING,
) -> ChangedInputs:
    """The difference between inputs of a resource of the type.

    `ignored` are the paths of `ignoreChanges`, `provider` the arguments of the resource's provider.
    """
    left_out = tuple(ignored)
    changes = tuple(
        change for change in property_changes(old, new) if not is_below(change, left_out)
    )
    effects = [ruling_of(token, change, provider=provider, inputs=new).effect for change in changes]
    by_effect = list(zip(changes, effects, strict=True))
    return ChangedInputs(
        changed=changes,
        replaces=tuple(each for each, effect in by_effect if effect is Effect.REPLACE),
        refused=tuple(each for each, effect in by_effect if effect is Effect.REFUSED),
    )


def ruling_of(
    token: str,
    change: PropertyChange,
    *,
    provider: Mapping[str, Any] = _NOTHING,
    inputs: Mapping[str, Any] = _NOTHING,
    made_anew: bool = False,
) -> Ruling:
    """What the change does; see `rf.shared.cards.changes.ruling`."""
    return ruling(
        changes_of(token),
        OF_PACKAGE.get(token.partition(":")[0]),
        change,
        provider=provider,
        inputs=inputs,
        made_anew=made_anew,
    )


def is_below(change: PropertyChange, paths: Iterable[str]) -> bool:
    """Whether one of the paths is the property's, or that of an object around it."""
    bare = change.bare_path
    return any(bare == path or bare.startswith(f"{path}.") for path in paths)
