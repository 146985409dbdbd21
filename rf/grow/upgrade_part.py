"""What a runbook says of one upgrade that has an order of its own."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class UpgradePart:
    """One thing to do, in its place: commands, what they interrupt, and what to look at then."""

    title: str
    commands: tuple[str, ...]
    windows: tuple[str, ...] = ()
    verify: tuple[str, ...]
