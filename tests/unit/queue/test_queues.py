"""Queueing theory against worked examples of the literature, and what must hold for any queue."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scaleplan.queue.backlog import WorkerQueue, break_even_job_seconds, erlang_b, erlang_c

servers = st.integers(1, 60)
utilizations = st.floats(0.01, 0.97)
seconds = st.floats(0.5, 1000)


def queue(count: int, utilization: float, job_seconds: float) -> WorkerQueue:
    return WorkerQueue(
        servers=count,
        jobs_per_hour=utilization * count * 3600 / job_seconds,
        job_seconds=job_seconds,
    )


def test_the_eye_clinic_of_gross_and_harris():
    # Three doctors, six patients an hour, twenty minutes each: 8/9 wait, for 8.9 minutes.
    clinic = WorkerQueue(servers=3, jobs_per_hour=6, job_seconds=20 * 60)
    assert clinic.offered_load == pytest.approx(2)
    assert clinic.mean_backlog == pytest.approx(8 / 9)
    assert clinic.mean_wait_seconds == pytest.approx(4 / 27 * 3600)
    assert clinic.waiting_share == pytest.approx(4 / 9)


def test_the_call_centre_of_ten_erlangs_and_fourteen_agents():
    # 200 calls an hour of 3 minutes: 17.4 % wait, 7.8 s on average; 88.8 % are taken in 20 s.
    calls = WorkerQueue(servers=14, jobs_per_hour=200, job_seconds=180)
    assert calls.waiting_share == pytest.approx(0.174, abs=0.0005)
    assert calls.mean_wait_seconds == pytest.approx(7.8, abs=0.05)
    assert calls.wait_percentile_seconds(88.84) == pytest.approx(20, abs=0.1)


def test_erlang_b_has_the_tables_values():
    # Any Erlang B table: 5 erlangs on 10 lines block 1.84 %, 10 on 10 block 21.5 %.
    assert erlang_b(10, 5) == pytest.approx(0.0184, abs=0.0001)
    assert erlang_b(10, 10) == pytest.approx(0.2146, abs=0.0001)
    assert erlang_b(0, 5) == 1
    assert erlang_b(7, 0) == 0


@given(st.floats(0.01, 0.99))
def test_one_server_makes_it_the_textbooks_m_m_1(load):
    single = queue(1, load, 10)
    assert erlang_c(1, load) == pytest.approx(load)
    assert single.mean_wait_seconds == pytest.approx(10 * load / (1 - load))


@given(st.floats(0.01, 1.99))
def test_two_servers_have_the_closed_form(load):
    assert erlang_c(2, load) == pytest.approx(load**2 / (2 + load))


@given(servers, utilizations, seconds)
def test_one_more_server_never_lengthens_the_wait(count, utilization, job_seconds):
    fewer = queue(count, utilization, job_seconds)
    more = WorkerQueue(
        servers=count + 1, jobs_per_hour=fewer.jobs_per_hour, job_seconds=job_seconds
    )
    assert more.waiting_share <= fewer.waiting_share
    assert more.mean_wait_seconds <= fewer.mean_wait_seconds


@given(servers, utilizations, seconds)
def test_percentiles_and_the_mean_belong_to_one_distribution(count, utilization, job_seconds):
    waits = queue(count, utilization, job_seconds)
    p50, p95, p99 = (waits.wait_percentile_seconds(each) for each in (50, 95, 99))
    assert 0 <= p50 <= p95 <= p99
    if p99 > 0:
        tail = waits.waiting_share * math.exp(-p99 * waits.waiting_share / waits.mean_wait_seconds)
        assert tail == pytest.approx(0.01, rel=1e-6)


@given(servers, st.floats(1, 5000))
def test_at_the_break_even_duration_the_workers_are_just_busy(count, jobs_per_hour):
    limit = break_even_job_seconds(count, jobs_per_hour)
    below = WorkerQueue(servers=count, jobs_per_hour=jobs_per_hour, job_seconds=limit * 0.999)
    above = WorkerQueue(servers=count, jobs_per_hour=jobs_per_hour, job_seconds=limit * 1.001)
    assert below.stable
    assert not above.stable


def test_the_plans_largest_size_breaks_even_at_36_seconds_in_twelve_months():
    assert break_even_job_seconds(20, 2000) == 36
    assert break_even_job_seconds(5, 100) == 180


def test_without_a_steady_state_waits_and_drains_have_no_end():
    flooded = queue(4, 1.5, 30)
    assert flooded.waiting_share == 1
    assert math.isinf(flooded.mean_wait_seconds)
    assert math.isinf(flooded.wait_percentile_seconds(50))
    assert math.isinf(flooded.drain_seconds(1))


def test_a_burst_drains_by_what_the_jobs_leave_free():
    half_busy = queue(10, 0.5, 30)
    assert half_busy.drain_seconds(500) == pytest.approx(500 * 30 / 5)
    assert half_busy.drain_seconds(0) == 0


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: erlang_b(-1, 2), "must not be negative"),
        (lambda: erlang_c(2, -0.1), "must not be negative"),
        (lambda: break_even_job_seconds(0, 10), "must be above zero"),
        (lambda: break_even_job_seconds(2, 0), "must be above zero"),
        (lambda: WorkerQueue(servers=0, jobs_per_hour=1, job_seconds=1), "1 or more"),
        (lambda: WorkerQueue(servers=1, jobs_per_hour=1, job_seconds=0), "take no time"),
        (lambda: queue(2, 0.5, 30).wait_percentile_seconds(100), "below 100"),
    ],
)
def test_numbers_out_of_range_are_refused(call, said):
    with pytest.raises(ValueError, match=said):
        call()
