"""The rule of a changed property, by its type's card."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from rf.shared.cards.changes import Ruling, ruling
from rf.shared.cards.property_changes import PropertyChange
from rf.shared.cards.registry import OF_PACKAGE, card_of


def ruling_of(
    token: str,
    change: PropertyChange,
    *,
    stateful: bool,
    provider: Mapping[str, Any] = MappingProxyType({}),
) -> Ruling:
    """What the change does; see `rf.shared.cards.changes.ruling`."""
    card = card_of(token)
    return ruling(
        card.changes if card else None,
        OF_PACKAGE.get(token.partition(":")[0], {}),
        change,
        stateful=stateful,
        provider=provider,
    )
