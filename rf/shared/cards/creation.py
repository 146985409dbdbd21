"""How long a new one is waited for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from rf.shared.cards.source import FactSource, assumed

Minutes = Callable[[Mapping[str, Any]], float]
"""Minutes by the inputs."""


@dataclass(frozen=True, kw_only=True)
class Creation:
    """Minutes until the service calls it available, as those report who have waited for one.

    They are no promise, AWS' own vary by half: they serve to compare chains of resources.
    """

    minutes: float | Minutes
    source: tuple[FactSource, ...]

    def minutes_of(self, inputs: Mapping[str, Any]) -> float:
        """Of one with these inputs."""
        return self.minutes(inputs) if callable(self.minutes) else self.minutes


SECONDS = Creation(minutes=1 / 30, source=(assumed("a call or two at an API"),))
