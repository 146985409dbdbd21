"""`rf size --sweep`: the points from 10 to 100,000 users, the plan's thresholds, and the chart."""

from __future__ import annotations

import os
import signal
from contextlib import closing
from multiprocessing import active_children
from pathlib import Path

import pytest

from rf.shared.termination import Stopped, stopping_cleanly
from rf.size import view as size_view
from rf.size.chart import write_chart
from rf.size.sweep import BEYOND, USERS, Point, SweepError, point_of, sweep, thresholds
from scaleplan.capacity.checks import capacity_report
from scaleplan.capacity.evaluator import Evaluator
from scaleplan.capacity.leaves import changed, leaves, value_at
from scaleplan.capacity.result import Loss
from scaleplan.capacity.sizing import SEARCHED, attempts, cheapest, next_cheaper
from scaleplan.cost.month import estimate
from scaleplan.load import load_of_users
from scaleplan.model import load_plan
from scaleplan.sizes import Size
from tests.stack_config import accepted

POINTS = (
    Point(users=10, base="small", usd_per_month=880.0, bottleneck="users"),
    Point(users=500, base="medium", usd_per_month=4_200.0, bottleneck="queue"),
    Point(users=100_000, base=None, usd_per_month=None, bottleneck="edge"),
)


def test_the_sweep_goes_from_ten_users_to_a_hundred_thousand():
    users = (*USERS, *BEYOND)
    assert (users[0], users[-1]) == (10, 100_000)
    assert list(users) == sorted(set(users))
    # Both sides of every step between two sizes.
    assert {99, 100, 1000, 1500} <= set(users)


def test_the_chart_draws_every_number_of_users_that_the_plan_names():
    plan = load_plan()
    drawn = {each.users: each.said for each in thresholds(plan)}
    named = {step.from_concurrent_users for step in plan.vertical_path.steps}
    named |= {step.from_concurrent_users for step in plan.horizontal_path.steps}
    named |= {estimate.users.min_users for estimate in plan.estimates.values()}
    named |= {plan.sharding.from_users, plan.replication.from_concurrent_users}
    assert named - {0} <= set(drawn)


def test_the_chart_is_a_png_with_all_points_and_the_same_bytes_each_time(tmp_path: Path):
    first, second, without = tmp_path / "a.png", tmp_path / "b.png", tmp_path / "c.png"
    write_chart(POINTS, first)
    write_chart(POINTS, second)
    write_chart(POINTS[:2], without)
    image = first.read_bytes()
    assert image.startswith(b"\x89PNG\r\n\x1a\n")
    width, height = (int.from_bytes(image[at : at + 4], "big") for at in (16, 20))
    assert (width, height) == (1320, 825)
    assert image == second.read_bytes()
    assert image != without.read_bytes()


def test_the_command_draws_what_it_prints(monkeypatch, tmp_path: Path, capsys):
    monkeypatch.setattr(size_view, "sweep", lambda _: (point for point in reversed(POINTS)))
    path = tmp_path / "chart.png"
    size_view.draw_sweep(accepted(), path, lambda _text: None)
    told = capsys.readouterr().out
    assert path.read_bytes().startswith(b"\x89PNG")
    assert told.index("10 ") < told.index("500 ") < told.index("100,000")
    assert "none" in told
    assert "edge" in told


@pytest.mark.parametrize("users", [50, 900])
def test_a_point_is_a_configuration_that_passes_and_of_which_nothing_can_be_lowered(users):
    stack = accepted()
    load = load_of_users(load_plan(), users, stack.load.assumptions)
    evaluator = Evaluator(load)
    found = attempts(stack, evaluator)
    best = cheapest(found)
    assert best is not None
    borne = (None, *((Loss.POOLER,) if best.base.size is Size.SMALL else Loss))

    def failing(settings):
        reports = [capacity_report(settings, load, loss) for loss in borne]
        return [report for report in reports if not report.passes]

    def price(settings):
        return float(estimate(settings, load).total.at_load)

    assert not failing(best.settings)
    assert best.usd_per_month == price(best.settings)
    assert best.usd_per_month == min(each.choice.usd_per_month for each in found if each.choice)
    numbers = [
        leaf
        for leaf in leaves()
        if leaf.key in SEARCHED - {"nodes.system.minNodes", "nodes.system.maxNodes"}
        and isinstance(value_at(best.settings, leaf), int)
        and leaf.key not in {"database.readReplicas", "pgbouncer.replicas"}
    ]
    assert len(numbers) > 5
    for leaf in numbers:
        lower = changed(best.settings, leaf, value_at(best.settings, leaf) - 1)
        if lower is not None and price(lower) < best.usd_per_month - 0.005:
            assert failing(lower), leaf.key
    below = next_cheaper(best, evaluator)
    assert below is not None
    assert below.usd_per_month == price(below.fix.settings) < best.usd_per_month
    assert below.report in failing(below.fix.settings)


SOME = (10, 100, 100_000)


def test_points_of_several_processes_are_those_of_one(monkeypatch):
    stack = accepted()
    monkeypatch.setattr(os, "cpu_count", lambda: 2)
    with closing(sweep(stack, SOME)) as found:
        first = next(found)
        assert len(active_children()) == 2
        for process in active_children():
            # As a terminal sends Ctrl-C to all of them: it is for the command to end them.
            os.kill(process.pid or 0, signal.SIGINT)
        points = sorted([first, *found], key=lambda point: point.users)
    assert active_children() == []
    assert points == [point_of(stack, users) for users in SOME]
    assert [point.base for point in points] == ["small", "medium", None]
    costs = [point.usd_per_month for point in points if point.usd_per_month is not None]
    assert costs == sorted(costs)


def test_one_core_sweeps_without_a_process(monkeypatch):
    monkeypatch.setattr(os, "cpu_count", lambda: 1)
    with closing(sweep(accepted(), (100_000, 50_000))) as found:
        assert [point.users for point in found] == [100_000, 50_000]
        assert active_children() == []


@pytest.fixture(params=[1, 2])
def cores(request, monkeypatch):
    monkeypatch.setattr(os, "cpu_count", lambda: request.param)
    return request.param


def test_a_sweep_that_is_stopped_keeps_its_points(cores, tmp_path, capsys):
    # Either signal, and with processes or without.
    number, code = (signal.SIGINT, 130) if cores == 1 else (signal.SIGTERM, 143)
    path = tmp_path / "chart.png"

    def stop(text: str) -> None:
        if text.startswith("2 of"):
            signal.raise_signal(number)

    with pytest.raises(Stopped) as stopped, stopping_cleanly():
        size_view.draw_sweep(accepted(), path, stop)
    assert stopped.value.code == code
    assert active_children() == []
    assert path.read_bytes().startswith(b"\x89PNG")
    told = capsys.readouterr()
    rows = [line for line in told.out.splitlines() if "small" in line]
    assert len(rows) == 2
    assert "kept:" in told.err
    assert f"with 2 of {len((*USERS, *BEYOND))} points" in " ".join(told.err.split())


def test_a_sweep_that_is_stopped_before_its_first_point_writes_nothing(monkeypatch, tmp_path):
    def stop_at_once(_):
        signal.raise_signal(signal.SIGTERM)
        yield POINTS[0]

    monkeypatch.setattr(size_view, "sweep", stop_at_once)
    with pytest.raises(Stopped), stopping_cleanly():
        size_view.draw_sweep(accepted(), tmp_path / "chart.png", lambda _text: None)
    assert list(tmp_path.iterdir()) == []


def test_a_sweep_whose_process_is_gone_says_so_and_ends_the_others(monkeypatch):
    monkeypatch.setattr(os, "cpu_count", lambda: 2)
    with closing(sweep(accepted(), (100_000, 10, 20, 50))) as found:
        next(found)
        for process in active_children():
            process.kill()
        with pytest.raises(SweepError, match="exit code -9"):
            list(found)
    assert active_children() == []
