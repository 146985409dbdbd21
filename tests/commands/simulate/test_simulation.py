"""The simulation agrees with theory, loses no job, and shows what each autoscaler is worth."""

import dataclasses
import heapq
from itertools import pairwise

import pytest
import simpy
from hypothesis import given, settings
from hypothesis import strategies as st

from rf.simulate.comparison import cpu_alone
from rf.simulate.machines import PoolNodes
from rf.simulate.result import percentile
from rf.simulate.run import simulate
from rf.simulate.signals import SYNC_SECONDS
from rf.simulate.workers import JobQueue, PodTimes, Workers
from rf.simulate.workload import Job, ObservedBurst
from scaleplan.applications.workload_settings import ScalingBehavior
from scaleplan.queue.backlog import WorkerQueue
from tests.commands.simulate.simulation_cases import (
    FLEET,
    KEDA,
    NODES,
    configured,
    demand,
    spec_of,
)


@pytest.mark.parametrize(("servers", "utilization"), [(1, 0.5), (3, 0.6), (10, 0.8)])
def test_the_steady_state_of_fixed_workers_is_theorys(servers, utilization):
    rate = utilization * servers * 1200
    off_mean, off_p95 = [], []
    for seed in (1, 2, 3, 4):
        asked = demand(rate, job_seconds=3, timeout_seconds=None, hours=12_000 / rate, seed=seed)
        drawn = [job for job in asked.jobs() if job.arrived_at >= asked.measured_from]
        # Theory of the load as drawn: else most of the difference would be that of the draw.
        theory = WorkerQueue(
            servers=servers,
            jobs_per_hour=len(drawn) / asked.hours,
            job_seconds=sum(job.seconds for job in drawn) / len(drawn),
        )
        run = simulate(asked, FLEET, scaling=None, replicas=servers)
        off_mean.append(run.mean_wait / theory.mean_wait_seconds)
        off_p95.append(run.wait_p95 / theory.wait_percentile_seconds(95))
    assert sum(off_mean) / 4 == pytest.approx(1, abs=0.1)
    assert sum(off_p95) / 4 == pytest.approx(1, abs=0.1)


def test_fixed_workers_serve_each_job_when_the_textbooks_recursion_says():
    # Kiefer and Wolfowitz: a job starts when it has come and the first of the workers is free.
    asked = demand(600, timeout_seconds=None, warm_up_hours=0, burst=50)
    free, waits = [0.0] * 6, []
    for job in asked.jobs():
        start = max(heapq.heappop(free), job.arrived_at)
        heapq.heappush(free, start + job.seconds)
        waits.append(min(start, asked.end) - job.arrived_at)
    run = simulate(asked, FLEET, scaling=None, replicas=6)
    assert run.mean_wait == pytest.approx(sum(waits) / len(waits))
    assert run.wait_p99 == pytest.approx(percentile(sorted(waits), 99))


def test_a_burst_drains_at_a_fixed_maximum_as_theory_says():
    theory = WorkerQueue(servers=20, jobs_per_hour=1000, job_seconds=30)
    run = simulate(demand(1000, burst=2000), FLEET, scaling=None, replicas=20)
    assert run.drain_seconds == pytest.approx(theory.drain_seconds(2000), rel=0.1)


def test_slots_of_one_pod_serve_like_as_many_pods():
    wide = dataclasses.replace(FLEET, slots=4)
    by_slots = simulate(demand(400), wide, scaling=None, replicas=1)
    by_pods = simulate(demand(400), FLEET, scaling=None, replicas=4)
    assert by_slots.mean_wait == pytest.approx(by_pods.mean_wait)
    assert by_pods.pod_hours == pytest.approx(4 * by_slots.pod_hours)


# --- workers


def test_scaling_in_kills_no_running_job():
    run = simulate(demand(300, burst=300, seed=3), FLEET, scaling=KEDA, replicas=10)
    replicas = [sample.replicas for sample in run.samples]
    assert any(after < before for before, after in pairwise(replicas))
    assert run.killed == 0
    assert run.unstarted == 0


def test_a_worker_told_to_stop_leaves_when_its_job_is_done_and_takes_no_other():
    env = simpy.Environment()
    queue, machines = JobQueue(env), PoolNodes(NODES, node_seconds=65)
    workers = Workers(env, queue, machines, FLEET.times, slots=1, busy_percent=50)
    workers.start_ready(1)
    jobs = [Job(number=n, queue="analysis", arrived_at=0, seconds=100) for n in range(2)]
    env.run(until=1)
    for job in jobs:
        queue.put(job)
    env.run(until=10)
    workers.scale(0)
    env.run(until=50)
    assert (workers.replicas, workers.gone, queue.active["analysis"]) == (0, [], 1)
    assert machines.nodes[0].pods == 1
    env.run(until=200)
    assert [pod.gone_at for pod in workers.gone] == [101]
    assert machines.nodes[0].empty_since == 101
    assert (jobs[0].finished_at, jobs[1].started_at, queue.backlog) == (101, None, 1)


def test_a_grace_shorter_than_the_jobs_would_kill_them():
    hasty = dataclasses.replace(FLEET, times=PodTimes(start_seconds=30, grace_seconds=1))
    busy = demand(500, job_seconds=60, burst=300, seed=3, hours=6)
    assert simulate(busy, hasty, scaling=KEDA, replicas=10).killed > 0
    assert simulate(busy, FLEET, scaling=KEDA, replicas=10).killed == 0


def test_a_whole_run_grows_no_faster_than_its_policy():
    run = simulate(demand(burst=500), FLEET, scaling=KEDA, replicas=10)
    replicas = [sample.replicas for sample in run.samples]
    assert max(replicas) == 20
    assert all(later - now <= 4 for now, later in zip(replicas, replicas[4:], strict=False))
    assert all(now - later <= 2 for now, later in zip(replicas, replicas[8:], strict=False))


def test_new_workers_come_after_their_node_and_their_start():
    pool = dataclasses.replace(FLEET, pool=NODES)
    run = simulate(demand(1, burst=500), pool, scaling=KEDA, replicas=10)
    asked = next(each.at for each in run.samples if each.replicas > 10)
    ready = next(each.at for each in run.samples if each.ready > 10)
    # 65 s of the node and 30 s of the pod, seen at the next look.
    assert 95 <= ready - asked <= 110
    without = simulate(demand(1, burst=500), FLEET, scaling=KEDA, replicas=10)
    assert next(each.at for each in without.samples if each.ready > 10) - asked <= 45


def test_nodes_are_bought_for_what_is_pending_and_given_back_when_empty():
    machines = PoolNodes(NODES, node_seconds=65)
    placed = machines.place(0, 4)
    assert {node.vcpus for node in placed if node} == {16}
    assert len(set(map(id, placed))) == 1
    assert machines.place(10, 3)[0] is placed[0]
    for node in [*placed, *placed[:3]]:
        machines.leave(100, node)
    machines.place(399, 0)
    assert machines.nodes
    machines.place(400, 0)
    assert not machines.nodes


def test_a_pools_limits_count_whole_nodes_and_leave_pods_pending():
    tight = dataclasses.replace(NODES, limit_memory_mib=28_160)
    # 13 vCPUs come with that much memory: a node of 8 for three workers, one of 4 for one.
    assert tight.most_pods(10) == 4
    assert NODES.most_pods(10) == 10
    fleet = dataclasses.replace(FLEET, pool=tight)
    run = simulate(demand(burst=100), fleet, scaling=None, replicas=10)
    assert run.max_ready == 4
    assert run.mean_replicas == 10


# --- the comparison


@pytest.mark.parametrize("size", ["small", "large"])
def test_cpu_alone_ignores_the_backlog_of_jobs_that_wait_for_others(size):
    keda = configured(spec_of(size)).scaling
    burst = demand(100, burst=500)
    by_cpu = simulate(burst, FLEET, scaling=cpu_alone(keda), replicas=keda.least)
    by_queue = simulate(burst, FLEET, scaling=keda, replicas=keda.least)
    # Half a CPU a job is 50 % of the request, below the 77 % that it takes.
    assert {sample.replicas for sample in by_cpu.samples} == {keda.least}
    assert max(sample.replicas for sample in by_queue.samples) == keda.most
    assert by_queue.wait_p95 < by_cpu.wait_p95


def test_cpu_alone_does_grow_where_jobs_do_nothing_but_compute():
    computing = dataclasses.replace(FLEET, busy_percent=100)
    run = simulate(demand(100, burst=500), computing, scaling=cpu_alone(KEDA), replicas=10)
    assert max(sample.replicas for sample in run.samples) > 10


def test_keda_serves_nearly_as_a_fixed_maximum_and_costs_less():
    burst = demand(500, burst=500)
    by_queue = simulate(burst, FLEET, scaling=KEDA, replicas=10)
    fixed = simulate(burst, FLEET, scaling=None, replicas=20)
    assert fixed.drain_seconds is not None
    assert by_queue.drain_seconds is not None
    assert fixed.drain_seconds <= by_queue.drain_seconds < 1.5 * fixed.drain_seconds
    assert by_queue.pod_hours < 0.8 * fixed.pod_hours


def aim_met(size, behavior, job_seconds, fleet):
    """Is the p95 wait of a burst at most 1.2 times a fixed maximum's, at 0.6 of its pod hours?"""
    scaling = configured(spec_of(size, behavior)).scaling
    burst = demand(0, burst=500, job_seconds=job_seconds, hours=8)
    by_queue = simulate(burst, fleet, scaling=scaling, replicas=scaling.least)
    fixed = simulate(burst, fleet, scaling=None, replicas=scaling.most)
    assert by_queue.pod_hours <= 0.6 * fixed.pod_hours
    return by_queue.wait_p95 <= 1.2 * fixed.wait_p95


@pytest.mark.parametrize("size", ["small", "medium", "large"])
def test_the_plans_scaling_serves_a_burst_of_jobs_as_long_as_assumed(size):
    on_new_nodes = dataclasses.replace(FLEET, pool=NODES)
    assert aim_met(size, ScalingBehavior.PLAN, 30, on_new_nodes)


@pytest.mark.parametrize("size", ["small", "medium", "large"])
def test_prompt_scaling_serves_a_burst_of_short_jobs_where_the_plans_is_too_late(size):
    assert aim_met(size, ScalingBehavior.PROMPT, 8, FLEET)
    assert aim_met(size, ScalingBehavior.PLAN, 8, FLEET) == (size != "large")


def test_a_seed_decides_everything():
    first, again, other = (
        simulate(demand(burst=50, seed=seed), FLEET, scaling=KEDA, replicas=10)
        for seed in (7, 7, 8)
    )
    assert first == again
    assert first != other


def test_a_burst_comes_at_any_moment_of_the_autoscalers_interval():
    firsts: list[float] = []
    for seed in range(20):
        asked = demand(0, burst=500, hours=0.1, seed=seed)
        run = simulate(asked, FLEET, scaling=KEDA, replicas=10)
        firsts.append(run.samples[0].at - asked.measured_from)
    assert all(0 <= first <= SYNC_SECONDS for first in firsts)
    assert min(firsts) < SYNC_SECONDS / 4
    assert max(firsts) > SYNC_SECONDS * 3 / 4


def test_a_burst_that_really_ran_is_served_in_its_order_and_with_its_durations():
    seen = ObservedBurst(service_seconds=(10, 4, 3, 5), queue="analysis", hours=1)
    run = simulate(seen, FLEET, scaling=None, replicas=2)
    # The second worker takes the third job at 4 s and the fourth at 7 s.
    assert (run.wait_p50, run.wait_p95, run.mean_wait) == (0, 7, (0 + 0 + 4 + 7) / 4)
    assert run.drain_seconds == 7
    assert (run.jobs, run.unstarted) == (4, 0)


def test_a_burst_changes_no_other_job():
    without = [(job.arrived_at, job.seconds) for job in demand().jobs()]
    with_burst = demand(burst=20).jobs()
    assert [(job.arrived_at, job.seconds) for job in with_burst if not job.of_burst] == without
    burst = [job.seconds for job in with_burst if job.of_burst]
    assert len(burst) == 20
    assert not set(burst) & {seconds for _, seconds in without}


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 1000), st.integers(0, 40), st.floats(5, 400))
def test_every_job_is_served_once_or_still_waits(seed, burst, job_seconds):
    asked = demand(60, hours=1, warm_up_hours=0, seed=seed, burst=burst, job_seconds=job_seconds)
    run = simulate(asked, FLEET, scaling=KEDA, replicas=10)
    assert run.jobs == len(asked.jobs())
    assert 0 <= run.unstarted <= run.jobs
    assert 0 <= run.wait_p50 <= run.wait_p95 <= run.wait_p99
    assert all(sample.ready <= sample.replicas for sample in run.samples)
