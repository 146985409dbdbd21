"""What the benchmark of played bursts makes of what it saw."""

import pytest

from benchmarks.real_scaling.consumers import ServedJob
from benchmarks.real_scaling.entries import durations, scaling_of
from benchmarks.real_scaling.figures import AGREEMENT, Expected
from benchmarks.real_scaling.pods import PodWatch, SeenPod
from benchmarks.real_scaling.record import LaneRecord
from rf.simulate.run import simulate
from tests.commands.simulate.simulation_cases import DEPLOYMENT, FLEET, demand, plan_with, resource
from tests.commands.simulate.simulation_cases import spec_of as scaled_object_of

BURST = 1000.0


def job(number, consumer, start, end, asked=10.0):
    return ServedJob(
        number=number,
        consumer=consumer,
        seconds=asked,
        added=BURST,
        started=BURST + start,
        ended=BURST + end,
    )


RUN = LaneRecord(
    strategy="configured",
    client="rq",
    least=1,
    burst=BURST,
    jobs=(job(1, "late", 60, 70.5), job(0, "first", 0, 10), job(2, "first", 12, 22)),
    pods=(
        SeenPod(name="first", created=BURST - 100, ready=BURST - 70),
        SeenPod(
            name="late",
            created=BURST + 30,
            ready=BURST + 60,
            told_to_stop=BURST + 65,
            gone=BURST + 65.1,
        ),
    ),
)


def test_waits_and_the_time_to_drain_are_those_from_the_burst_to_each_jobs_start():
    assert RUN.waits == [0, 12, 60]
    assert (RUN.wait(50), RUN.drain_seconds) == (12, 60)
    assert RUN.service_seconds == (10, 10.5, 10)


def test_lateness_and_pauses_tell_of_a_machine_that_was_too_busy():
    assert RUN.late == [0, 0, pytest.approx(0.5)]
    # Between the two jobs of one consumer, and of no others.
    assert RUN.pauses == [pytest.approx(2)]


def test_replicas_are_the_pods_that_nobody_told_to_stop():
    assert RUN.changes == [(0, 1), (30, 2), (65, 1)]
    assert RUN.peak == 2


def test_pod_hours_count_a_stopped_pod_until_its_job_is_done_and_the_others_to_the_end():
    assert RUN.pod_hours(1) == pytest.approx((3600 + 40.5) / 3600)


def test_what_is_kept_is_read_again_as_it_was():
    assert LaneRecord.of_json(RUN.to_json()) == RUN


@pytest.mark.parametrize("what", ["p95", "drain", "peak"])
def test_the_simulation_is_off_by_its_worst_figure(what):
    right = {"p95": RUN.wait(95), "drain": RUN.drain_seconds, "peak": float(RUN.peak)}
    assert Expected(**right).off(RUN) == 0
    off = Expected(**{**right, what: right[what] * 1.2}).off(RUN)
    assert off == pytest.approx(0.2)
    assert off > AGREEMENT


def test_another_number_of_jobs_is_as_much_work_a_job():
    assert sum(durations(500, 8)) == pytest.approx(4000, abs=1)
    assert durations(500, 8) == durations(500, 8)
    assert max(durations(500, 8)) > 3 * 8


def test_the_plans_hpa_never_scales_in_because_nothing_serves_its_metric():
    keda = resource("kubernetes:keda.sh/v1alpha1:ScaledObject", scaled_object_of())
    scaling = scaling_of("literal", plan_with(DEPLOYMENT, keda))
    assert scaling is not None
    assert (scaling.least, scaling.most) == (2, 20)
    run = simulate(demand(0, hours=1), FLEET, scaling=scaling, replicas=7)
    assert {sample.replicas for sample in run.samples} == {7}


def test_a_pod_has_a_consumer_from_ready_to_told_to_stop():
    told = []
    watch = PodWatch(lambda namespace, names: told.append((namespace, names)))

    def pod(**metadata):
        conditions = metadata.pop("conditions", [])
        return {
            "metadata": {"name": "a", "namespace": "lane-0", **metadata},
            "status": {"conditions": conditions},
        }

    ready = [{"type": "Ready", "status": "True"}]
    watch.see("ADDED", pod())
    watch.see("MODIFIED", pod(conditions=ready))
    watch.see("MODIFIED", pod(conditions=ready, deletionTimestamp="2026-01-01T00:00:00Z"))
    watch.see("DELETED", pod(conditions=ready, deletionTimestamp="2026-01-01T00:00:00Z"))
    assert told == [("lane-0", names) for names in (set(), {"a"}, set(), set())]
    (seen,) = watch.of("lane-0")
    times = [seen.created, seen.ready, seen.told_to_stop, seen.gone]
    known = [each for each in times if each is not None]
    assert known == sorted(known)
    assert len(known) == len(times)
