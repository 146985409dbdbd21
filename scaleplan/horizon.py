"""The columns of the plan's load projections, by name."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # the command line names a column before it needs a table
    from scaleplan.tables import Projection


class Horizon(StrEnum):
    """Columns of the plan's "Load Projections"; `2x` is twice its last."""

    CURRENT = "current"
    SIX_MONTHS = "6-months"
    TWELVE_MONTHS = "12-months"
    DOUBLE = "2x"

    def of(self, row: Projection) -> float:
        """The value of a row in this column."""
        return {
            Horizon.CURRENT: row.current,
            Horizon.SIX_MONTHS: row.six_months,
            Horizon.TWELVE_MONTHS: row.twelve_months,
            Horizon.DOUBLE: 2 * row.twelve_months,
        }[self]
