"""What one address may send, from the plan's load projection."""

from scaleplan.edge.limits import WINDOW_SECONDS, requests_per_address
from scaleplan.model import load_plan
from scaleplan.tables import Projection

PLAN = load_plan()


def with_projection(users, rates):
    horizons = ("current", "six_months", "twelve_months")
    projections = PLAN.projections.model_copy(
        update={
            "concurrent_users": Projection(**dict(zip(horizons, users, strict=True))),
            "requests_per_second": Projection(**dict(zip(horizons, rates, strict=True))),
        }
    )
    return PLAN.model_copy(update={"projections": projections})


def test_a_site_of_a_hundred_users_at_its_peak_is_let_in():
    # 50 requests a second of 200 users, the busiest of the plan's three horizons, are a quarter
    # each; a hundred users, three times as busy as the mean, for five minutes.
    assert requests_per_address(PLAN) == 22_500
    assumed = PLAN.assumed
    assert (assumed.users_per_address, assumed.peak_factor, WINDOW_SECONDS) == (100, 3, 300)


def test_the_busiest_horizon_decides():
    even = with_projection((100, 100, 100), (10, 10, 10))
    busier = with_projection((100, 100, 100), (10, 10, 40))
    assert requests_per_address(busier) == 4 * requests_per_address(even)


def test_the_limit_is_one_that_waf_takes():
    # WAF: 10 to 2,000,000,000 (RateBasedStatement).
    quiet = with_projection((1000, 1000, 1000), (1, 1, 1))
    assert 10 <= requests_per_address(quiet) <= requests_per_address(PLAN) <= 2_000_000_000
