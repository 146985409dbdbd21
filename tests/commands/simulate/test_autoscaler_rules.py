"""Windows, rates and metrics: the simulated autoscaler keeps Kubernetes' rules and KEDA's keys."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rf.simulate.behavior import Behavior, Policy, ReplicaControl
from rf.simulate.formula import Formula, SimulationError
from rf.simulate.signals import CpuSignal, Observation, PodCpu, QueueSignal, pods_by_average
from rf.simulate.triggers import readings_of
from tests.commands.simulate.simulation_cases import KEDA, QUEUES

BEHAVIOR = KEDA.behavior
wishes = st.lists(st.integers(0, 40), min_size=10, max_size=120)


def replay(wanted, control=None, start=10):
    """Replicas after each look, 15 seconds apart, of the plan's behaviour between 2 and 20."""
    control = control or ReplicaControl(BEHAVIOR, 2, 20)
    current, series = start, [start]
    for look, wish in enumerate(wanted):
        current = control.decide(look * 15.0, current, wish)
        series.append(current)
    return series


def test_the_behaviour_under_test_is_the_exported_one():
    assert BEHAVIOR.up.policies == (Policy(kind="Pods", value=4, period_seconds=60),)
    assert BEHAVIOR.down.policies == (Policy(kind="Pods", value=2, period_seconds=120),)
    assert (BEHAVIOR.up.stabilization_seconds, BEHAVIOR.down.stabilization_seconds) == (60, 300)


@settings(max_examples=50)
@given(wishes)
def test_no_minute_gains_more_than_four_pods_and_no_two_minutes_lose_more_than_two(wanted):
    steps = [after - before for before, after in pairwise(replay(wanted))]
    for at in range(len(steps)):
        assert sum(max(0, step) for step in steps[at : at + 4]) <= 4
        assert sum(max(0, -step) for step in steps[at : at + 8]) <= 2


@settings(max_examples=50)
@given(wishes)
def test_replicas_stay_within_their_bounds(wanted):
    assert all(2 <= replicas <= 20 for replicas in replay(wanted))


@settings(max_examples=50)
@given(wishes)
def test_growth_takes_a_minute_of_agreement_and_shrinking_five(wanted):
    series = replay(wanted)
    for look, (before, after) in enumerate(pairwise(series)):
        if after > before:
            assert after <= max(before, min(wanted[max(0, look - 3) : look + 1]))
        if after < before:
            assert after >= max(wanted[max(0, look - 19) : look + 1])


def test_a_burst_adds_its_first_pods_after_a_minute_then_four_a_minute():
    series = replay([2] + [20] * 20, start=2)
    grown = [look * 15 for look, (a, b) in enumerate(pairwise(series)) if b > a]
    assert grown == [60, 120, 180, 240, 300]
    assert sorted(set(series)) == [2, 6, 10, 14, 18, 20]


def test_a_short_lull_takes_no_worker_away():
    assert set(replay([10] * 4 + [2] * 18 + [10] * 4)) == {10}


def test_what_kubernetes_takes_where_nothing_is_said():
    control = ReplicaControl(Behavior.of(None), 1, 100)
    assert control.decide(0, 10, 100) == 20
    assert control.decide(15, 20, 100) == 40


def test_a_policy_of_percent_and_a_disabled_direction():
    behavior = Behavior.of(
        {
            "scaleUp": {
                "stabilizationWindowSeconds": 0,
                "policies": [
                    {"type": "Percent", "value": 50, "periodSeconds": 60},
                    {"type": "Pods", "value": 2, "periodSeconds": 60},
                ],
                "selectPolicy": "Min",
            },
            "scaleDown": {"selectPolicy": "Disabled"},
        }
    )
    control = ReplicaControl(behavior, 1, 100)
    assert control.decide(0, 10, 50) == 12
    assert control.decide(45, 12, 50) == 12
    assert control.decide(60, 12, 50) == 14
    assert control.decide(1000, 14, 1) == 14


def test_ten_percent_off_the_target_asks_for_no_change():
    assert pods_by_average(11, 1, current=10) == 10
    assert pods_by_average(11.1, 1, current=10) == 12
    assert pods_by_average(8.9, 1, current=10) == 9


def test_the_exported_formula_asks_for_a_worker_a_running_job_and_ten_waiting():
    (signal,) = [each for each in KEDA.signals if isinstance(each, QueueSignal)]
    pods = [PodCpu(cpu_percent=0.0)] * 10
    waiting, active = {"analysis": 30, "validation": 20}, {"extraction": 10}
    assert signal.wanted(Observation(waiting=waiting, active=active, pods=pods)) == 15


def test_cpu_counts_starting_pods_as_idle_before_it_asks_for_more():
    cpu = CpuSignal(target_percent=70)
    busy, starting = PodCpu(cpu_percent=100.0), PodCpu(cpu_percent=None)
    seen = Observation(waiting={}, active={}, pods=[busy, busy])
    assert cpu.wanted(seen) == 3
    seen = Observation(waiting={}, active={}, pods=[busy, busy, starting])
    assert cpu.wanted(seen) == 3
    assert cpu.wanted(Observation(waiting={}, active={}, pods=[starting] * 4)) == 4


def test_a_formula_is_arithmetic_and_nothing_else():
    assert Formula("float(max(a, b) / 2 - -1)").value({"a": 3, "b": 5}) == 3.5
    for text in ("a if b else c", "__import__('os')", "a.b", "a >", "open(a)"):
        with pytest.raises(SimulationError):
            Formula(text)


def redis(key, **metadata):
    return {"type": "redis", "name": key, "metadata": {"listName": key, **metadata}}


def test_a_trigger_counts_what_its_key_holds():
    keys = ["bull:analysis:wait", "bull:analysis:active", "analysis", "rq:queue:analysis"]
    read = {each.name: each for each, _ in readings_of([redis(key) for key in keys], QUEUES)}
    assert (read["bull:analysis:wait"].waiting, read["bull:analysis:active"].active) == (True, True)
    # Nobody writes the plan's literal list, and all jobs are one client's.
    assert read["analysis"].queue is None
    assert read["rq:queue:analysis"].queue is None


def test_rq_and_rabbitmq_are_read_by_their_own_names():
    found = readings_of([redis("rq:queue:analysis", listLength="10")], QUEUES)
    assert [(each.waiting, target) for each, target in found] == [(True, 10)]
    trigger = {"type": "rabbitmq", "metadata": {"queueName": "analysis", "protocol": "http"}}
    ((reading, _),) = readings_of([trigger], QUEUES)
    assert (reading.waiting, reading.active) == (True, True)
