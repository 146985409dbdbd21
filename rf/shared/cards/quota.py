"""What an account limits: by code, with the plan's demand and the account's use."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rf.shared.account.need import Need
    from rf.shared.account.usage import Usage


@dataclass(frozen=True, kw_only=True)
class Quota:
    """One quota. Codes and names are those of Service Quotas (`aws service-quotas
    list-service-quotas`). `region` is where it is kept, None for the stack's own.

    `used` is None for a quota of one thing that the plan itself makes, where others' use can't be.
    """

    service: str
    code: str
    name: str
    demand: Callable[[Need], float]
    used: Usage | None = None
    region: str | None = None


def count_of(token: str) -> Callable[[Need], float]:
    """As many as the plan has of a type."""
    return lambda need: need.count(token)
