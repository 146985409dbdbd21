"""The rate at which one address may send requests before the firewall holds it back."""

from __future__ import annotations

import math

from scaleplan.model import Plan

WINDOW_SECONDS = 300
"""The firewall counts requests over five minutes (WAF rate-based rules' default window)."""

USERS_PER_ADDRESS = 100
"""Our assumption: a hospital's users share one public address, at most this many at once."""

PEAK_FACTOR = 3
"""Our assumption: a user's busiest five minutes against the mean of the plan's projection."""


def requests_per_address(plan: Plan) -> int:
    """Requests in five minutes that an address may send: a full site at its peak, never less.

    From the plan's load projection: requests per second over concurrent users gives what one user
    sends; the largest such figure of the three horizons is taken.
    """
    rates = plan.projections.requests_per_second
    users = plan.projections.concurrent_users
    per_user = max(
        rates.current / users.current,
        rates.six_months / users.six_months,
        rates.twelve_months / users.twelve_months,
    )
    return math.ceil(per_user * USERS_PER_ADDRESS * PEAK_FACTOR * WINDOW_SECONDS)
