"""What of a failover points at the lost region, read from the plans of the recovery site."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Dependence:
    """A resource that stands in, names or changes through the lost region.

    `allowed` and `why` say whether the failover goes without it, and how.
    """

    resource: str
    what: str
    allowed: bool
    why: str
