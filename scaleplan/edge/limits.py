"""The rate at which one address may send requests before the firewall holds it back."""

from __future__ import annotations

import math

from scaleplan.model import Plan

WINDOW_SECONDS = 300
"""The firewall counts requests over five minutes (WAF rate-based rules' default window)."""


def requests_per_address(plan: Plan) -> int:
    """Requests in five minutes that an address may send: a full site at its peak, never less.

    From the plan's load projection: requests per second over concurrent users gives what one user
    sends; the largest such figure of the three horizons is taken. How many users share an address,
    and how much the busiest five minutes exceed the mean, are the plan's assumptions.
    """
    rates = plan.projections.requests_per_second
    users = plan.projections.concurrent_users
    per_user = max(
        rates.current / users.current,
        rates.six_months / users.six_months,
        rates.twelve_months / users.twelve_months,
    )
    assumed = plan.assumed
    return math.ceil(per_user * assumed.users_per_address * assumed.peak_factor * WINDOW_SECONDS)
