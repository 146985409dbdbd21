"""How long AWS supports a Kubernetes version at the standard price, and when to say so."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from types import MappingProxyType

WARNING_DAYS = 120
"""Two upgrades with a month of trial each, one minor version at a time, and room for a bad one."""

OVERDUE_DAYS = 60
"""Half of that: one upgrade with its month of trial, and a month for a chart to follow."""


@dataclass(frozen=True, kw_only=True)
class Support:
    """`ends` is the last day of standard support; with `estimated` no earlier than that.

    After it the control plane costs six times as much an hour, and a cluster whose upgrade policy
    is STANDARD, as ours, is upgraded by EKS at a time of its own choosing.
    """

    ends: date
    source: str
    estimated: bool = False


_CALENDAR = "EKS user guide, Amazon EKS Kubernetes release calendar; endoflife.date/amazon-eks"

KUBERNETES_SUPPORT: Mapping[str, Support] = MappingProxyType(
    {
        "1.33": Support(ends=date(2026, 7, 29), source=_CALENDAR),
        "1.34": Support(ends=date(2026, 12, 2), source=_CALENDAR),
        "1.35": Support(ends=date(2027, 3, 27), source=_CALENDAR),
        # Not in any calendar that was read: 14 months from upstream's release, before which EKS
        # never has a version. `aws eks describe-cluster-versions` gives the day.
        "1.36": Support(
            ends=date(2027, 6, 22),
            source="EKS user guide: 14 months of standard support; upstream released it 2026-04-22",
            estimated=True,
        ),
    }
)
"""Of every version that a stack may name."""


@dataclass(frozen=True, kw_only=True)
class SupportFinding:
    """What the check says of one version: days left (negative when over), and whether to act."""

    version: str
    support: Support
    days_left: int

    @property
    def due(self) -> bool:
        """Whether the upgrade has to be under way."""
        return self.days_left <= WARNING_DAYS

    @property
    def overdue(self) -> bool:
        """Whether it is so late that the check fails."""
        return self.days_left <= OVERDUE_DAYS

    def __str__(self) -> str:
        when = "at the earliest on " if self.support.estimated else "on "
        if self.days_left < 0:
            return f"standard support of Kubernetes {self.version} ended {when}{self.support.ends}"
        return (
            f"standard support of Kubernetes {self.version} ends {when}{self.support.ends}, "
            f"in {self.days_left} days"
        )


def check_support(version: str, today: date) -> SupportFinding:
    """What is left of a version's standard support. Raises KeyError for an unknown version."""
    support = KUBERNETES_SUPPORT[version]
    left = (support.ends - today) // timedelta(days=1)
    return SupportFinding(version=version, support=support, days_left=left)


def next_version(version: str) -> str | None:
    """The version to upgrade to, one minor on; None when none is known."""
    major, minor = version.split(".")
    following = f"{major}.{int(minor) + 1}"
    return following if following in KUBERNETES_SUPPORT else None
