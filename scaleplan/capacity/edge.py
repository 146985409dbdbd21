"""Whether the firewall lets a full site through, and the CDN the traffic."""

from __future__ import annotations

from scaleplan.capacity.result import CapacityTerm, CheckName, CheckResult, Loss, number
from scaleplan.edge.limits import WINDOW_SECONDS, requests_per_address
from scaleplan.load import Load
from scaleplan.model import load_plan
from scaleplan.settings import Settings

REQUESTS_PER_SECOND_MOST = 250_000
GIGABITS_PER_SECOND_MOST = 150
"""Quotas of one distribution before any request for more (CloudFront guide, "Quotas")."""


def check_edge(settings: Settings, load: Load, loss: Loss | None) -> CheckResult:
    """Requests from one address in the firewall's window; rate and volume of the distribution."""
    del loss
    assumed = load.assumptions
    terms: list[CapacityTerm] = []
    if settings.edge.waf:
        users = min(assumed.users_per_address, load.concurrent_users)
        terms.append(
            CapacityTerm(
                name="requests of one address in five minutes",
                working=(
                    f"{number(users)} users × {number(load.requests_per_user_second)}/s"
                    f" × {number(assumed.peak_factor)} × {WINDOW_SECONDS} s"
                ),
                value=users * load.requests_per_user_second * assumed.peak_factor * WINDOW_SECONDS,
                unit="requests",
                limit=requests_per_address(load_plan()),
                limit_working="the firewall's limit, from the plan's busiest projection",
                follows=True,
            )
        )
    peak = load.peak_requests_per_second
    loads = load.concurrent_users * assumed.page_loads_per_user_hour / 3600 * assumed.peak_factor
    files = assumed.files_per_page_load
    bytes_per_second = peak * assumed.response_bytes + loads * assumed.page_bytes
    terms += [
        CapacityTerm(
            name="requests to the CDN",
            working=f"{number(peak)} + {number(loads)} page loads × {number(files)} files",
            value=peak + loads * files,
            unit="1/s",
            limit=REQUESTS_PER_SECOND_MOST,
            limit_working="CloudFront's quota of a distribution",
        ),
        CapacityTerm(
            name="traffic of the CDN",
            working=(
                f"{number(peak)} × {number(assumed.response_bytes)}"
                f" + {number(loads)} × {number(assumed.page_bytes)} bytes/s"
            ),
            value=bytes_per_second * 8 / 10**9,
            unit="Gbit/s",
            limit=GIGABITS_PER_SECOND_MOST,
            limit_working="CloudFront's quota of a distribution",
        ),
    ]
    return CheckResult(
        name=CheckName.EDGE,
        terms=tuple(terms),
        assumptions=(
            "usersPerAddress",
            "peakFactor",
            "responseBytes",
            "pageLoadsPerUserHour",
            "pageBytes",
            "filesPerPageLoad",
        ),
    )
