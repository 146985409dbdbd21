"""A facet that a type does not have."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Without:
    """None of it, and why."""

    reason: str

    def __post_init__(self) -> None:
        if not self.reason:
            raise ValueError("a card that lacks a facet says why")


NOT_ENUMERATED = Without("no model enumerates its inputs")
NO_QUOTA = Without("no quota that a stack comes near")
OWN_NAME = Without("its name can't be another stack's: AWS gives it, or a part of the stack does")
NOT_COMPARED = Without("nothing of it is compared: its creation was answered")
USAGE = Without("paid by usage, of which no plan tells")
