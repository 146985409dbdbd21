"""What must hold of the checks whatever the numbers: growth, sizes, order."""

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as testing
from hypothesis import strategies as st

from scaleplan.capacity.checks import CHECKS, capacity_report
from scaleplan.capacity.result import CheckName, Loss
from scaleplan.load import Load, load_at
from scaleplan.model import load_plan
from scaleplan.sizes import Size
from tests.stack_config import accepted

PLAN = load_plan()
SIZES = {
    size: accepted(
        size=size.value,
        sharding={"stage": "serving", "freshInstall": True} if size is Size.LARGE else {},
    )
    for size in Size
}
BY_LOAD = tuple(
    name
    for name in CHECKS
    if name not in (CheckName.NODES, CheckName.ADDRESSES, CheckName.FAILOVER)
)
"""Checks that a load can change, or whose margin the sizes must not lose. Nodes and addresses hold
what a size itself may run, so more of it takes more of the same subnets."""

losses = st.none() | st.sampled_from(Loss)
quick = testing(max_examples=25, suppress_health_check=[HealthCheck.too_slow], deadline=None)


def load(users: float, requests: float, jobs: float, data: float) -> Load:
    """So many users, requests and jobs of each of them, and data of each in GB."""
    return replace(
        load_at(SIZES[Size.LARGE].load, PLAN, Size.LARGE),
        name="drawn",
        concurrent_users=users,
        requests_per_second=users * requests,
        worker_jobs_per_hour=users * jobs,
        data_volume_gb=users * data,
        final_data_volume_gb=users * data,
    )


users = st.floats(1, 20_000)
each = st.floats(0, 3)
more = st.floats(1, 20)


@quick
@given(
    size=st.sampled_from(Size),
    loss=losses,
    less=st.tuples(users, each, each, each),
    grown=st.tuples(more, more, more, more),
)
def test_more_load_never_passes_where_less_failed(size, loss, less, grown):
    smaller = load(*less)
    larger = load(*(value * factor for value, factor in zip(less, grown, strict=True)))
    before = capacity_report(SIZES[size], smaller, loss)
    after = capacity_report(SIZES[size], larger, loss)
    for result in before.failures:
        assert not after.result(result.name).passes, result.name


@quick
@given(drawn=st.tuples(users, each, each, each), check=st.sampled_from(BY_LOAD))
def test_what_a_size_carries_the_next_one_carries_too(drawn, check):
    verdicts = [CHECKS[check](SIZES[size], load(*drawn), None).passes for size in Size]
    # The firewall stands before medium and large alone; nothing limits an address before small.
    if check is CheckName.EDGE:
        verdicts = verdicts[1:]
    assert verdicts == sorted(verdicts)


def same_names(check: CheckName, smaller: Size, larger: Size, under: Load) -> list[str]:
    names = [
        {term.name for term in CHECKS[check](SIZES[size], under, None).terms if term.limit}
        for size in (smaller, larger)
    ]
    return sorted(names[0] & names[1])


@pytest.mark.parametrize(
    ("smaller", "larger"), [(Size.SMALL, Size.MEDIUM), (Size.MEDIUM, Size.LARGE)]
)
@quick
@given(drawn=st.tuples(users, each, each, each), check=st.sampled_from(BY_LOAD))
def test_a_bigger_size_never_has_less_margin(smaller, larger, drawn, check):
    """As a share of the limit: the sizes divide the same load over different numbers of servers."""
    under = load(*drawn)
    results = [CHECKS[check](SIZES[size], under, None) for size in (smaller, larger)]
    for name in same_names(check, smaller, larger, under):
        less, more_of_it = (result.term(name).headroom for result in results)
        assert less is not None
        assert more_of_it is not None
        assert more_of_it >= less - 1e-6 * abs(less), name


@quick
@given(
    drawn=st.tuples(users, each, each, each),
    loss=losses,
    order=st.permutations(list(CHECKS)),
)
def test_verdicts_do_not_depend_on_the_order_of_the_checks(drawn, loss, order):
    under, settings = load(*drawn), SIZES[Size.MEDIUM]
    in_order = {r.name: r for r in capacity_report(settings, under, loss).results}
    assert {name: CHECKS[name](settings, under, loss) for name in order} == in_order
