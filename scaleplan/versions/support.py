"""Until when each version that a stack runs is supported, and when to say so."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from scaleplan.versions.fitting import Running
from scaleplan.versions.table import Support

WARNING_DAYS = 120
"""Two upgrades with a month of trial each, one minor version at a time, and room for a bad one."""

OVERDUE_DAYS = 60
"""Half of that: one upgrade with its month of trial, and a month for a chart to follow."""


@dataclass(frozen=True, kw_only=True)
class SupportFinding:
    """What is known of one version: its last day, days left (negative when over), whether to act.

    Both are None where no day has been named; so is `support` where nobody promises any.
    """

    running: Running
    support: Support | None
    days_left: int | None

    @property
    def ends(self) -> date | None:
        """The last day of its support; None where none is known."""
        return self.support.ends if self.support is not None else None

    @property
    def due(self) -> bool:
        """Whether the upgrade has to be under way."""
        return self.days_left is not None and self.days_left <= WARNING_DAYS

    @property
    def overdue(self) -> bool:
        """Whether it is so late that the check fails: only where AWS itself acts at the end."""
        forced = self.support is not None and self.support.forced
        return forced and self.days_left is not None and self.days_left <= OVERDUE_DAYS

    def __str__(self) -> str:
        what = f"{self.running.pin.title} {self.running.version}"
        if self.support is None or self.days_left is None:
            return f"no end of support of {what} is announced"
        kind = "standard support" if self.support.forced else "support"
        if self.days_left < 0:
            return f"{kind} of {what} ended on {self.ends}"
        return f"{kind} of {what} ends on {self.ends}, in {self.days_left} days"


def support_of(running: Running, today: date) -> SupportFinding:
    """What is left of the support of one version."""
    support = running.pin.support_of(running.version)
    ends = support.ends if support is not None else None
    left = None if ends is None else (ends - today) // timedelta(days=1)
    return SupportFinding(running=running, support=support, days_left=left)


def support_findings(those: Iterable[Running], today: date) -> tuple[SupportFinding, ...]:
    """What is known of each, the earliest end first and those without one last."""
    findings = [support_of(each, today) for each in those]
    return tuple(sorted(findings, key=lambda each: (each.days_left is None, each.days_left or 0)))
