"""What a rule says of a table."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from enum import Enum
from typing import Any


class Level(Enum):
    """`error`: Citus refuses the table or its rows. `advice`: allowed, with a price to know of."""

    ERROR = "error"
    ADVICE = "advice"


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One broken rule. `line` counts from 1; None for a table that the file lacks."""

    table: str
    line: int | None
    rule: str
    level: Level = Level.ERROR
    problem: str
    remedy: str

    def to_json(self) -> dict[str, Any]:
        """The finding as `--json` prints it."""
        return asdict(self) | {"level": self.level.value}
