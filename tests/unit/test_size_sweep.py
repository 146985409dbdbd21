"""`rf size --sweep`: the points from 10 to 100,000 users, the plan's thresholds, and the chart."""

from __future__ import annotations

from pathlib import Path

from rf.capacity import size_command
from rf.capacity.sweep import BEYOND, USERS, Point, thresholds
from rf.capacity.sweep_chart import write_chart
from scaleplan.model import load_plan
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
    monkeypatch.setattr(size_command, "sweep", lambda *_: POINTS)
    path = tmp_path / "chart.png"
    size_command.draw_sweep(accepted(), path, lambda _text: None)
    told = capsys.readouterr().out
    assert path.read_bytes().startswith(b"\x89PNG")
    assert "100,000" in told
    assert "none" in told
    assert "edge" in told
