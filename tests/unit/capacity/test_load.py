"""Which load a stack is held against: its size's projection, another column, a file's numbers."""

from pathlib import Path

import pytest

from scaleplan.assumptions import ASSUMPTION_KEYS
from scaleplan.config.mistakes import InvalidSettings
from scaleplan.load import Horizon, Load, load_at, load_named
from scaleplan.model import load_plan
from scaleplan.sizes import Size
from tests.stack_config import accepted, the_mistake

PLAN = load_plan()


def loaded(size: str = "small", *, named: str | None = None, **changes: object) -> Load:
    settings = accepted(size=size, **changes)
    return load_named(named, settings.load, PLAN, settings.size)


@pytest.mark.parametrize(
    ("size", "column", "measures"),
    [
        ("small", "current", (50, 10, 10, 100)),
        ("medium", "6-months", (200, 50, 50, 500)),
        ("large", "12-months", (1000, 200, 200, 2000)),
    ],
)
def test_a_size_is_held_against_the_last_projection_of_its_own_users(size, column, measures):
    load = loaded(size)
    assert load.name == column
    assert measures == (
        load.concurrent_users,
        load.requests_per_second,
        load.data_volume_gb,
        load.worker_jobs_per_hour,
    )
    assert load.final_data_volume_gb == 200


def test_twice_the_plan_is_twice_its_last_column_and_its_data_too():
    load = loaded("large", named="2x")
    assert (load.concurrent_users, load.worker_jobs_per_hour) == (2000, 4000)
    assert load.data_volume_gb == load.final_data_volume_gb == 400


def test_a_stack_lays_its_own_projections_over_the_plans_leaf_by_leaf():
    changed = {"projections": {"concurrentUsers": {"current": 99}}, "horizon": "current"}
    load = loaded("large", load=changed)
    assert load.name == "current"
    assert load.concurrent_users == 99
    assert load.worker_jobs_per_hour == 100


def test_more_users_than_a_size_is_for_leave_it_the_first_projection():
    many = {"projections": {"concurrentUsers": {"current": 5000, "sixMonths": 6000}}}
    assert loaded("small", load=many).name == "current"


def test_an_assumption_of_the_stack_replaces_the_plans():
    load = loaded(load={"assumptions": {"jobSeconds": 12}})
    assert load.assumptions.job_seconds == 12
    assert load.assumptions.peak_factor == PLAN.assumed.peak_factor
    assert load.peak_requests_per_second == 10 * PLAN.assumed.peak_factor


def test_a_file_gives_what_it_names_and_takes_the_rest_from_its_horizon(tmp_path: Path):
    path = tmp_path / "congress.yaml"
    path.write_text("horizon: 12-months\nconcurrentUsers: 1500\nassumptions: {peakFactor: 5}\n")
    load = loaded("large", named=str(path), load={"assumptions": {"jobSeconds": 9}})
    assert load.name == "congress.yaml"
    assert load.concurrent_users == 1500
    assert load.requests_per_second == 200
    assert load.assumptions.peak_factor == 5
    assert load.assumptions.job_seconds == 9


def test_a_file_that_names_its_data_means_all_of_it(tmp_path: Path):
    path = tmp_path / "load.yaml"
    path.write_text("dataVolumeGb: 30\n")
    assert loaded(named=str(path)).final_data_volume_gb == 30


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("concurrentUser: 5\n", "nearest: concurrentUsers"),
        ("horizon: 6-month\n", "nearest: 6-months"),
        ("requestsPerSecond: -1\n", "requestsPerSecond = -1"),
        ("assumptions: {jobSecond: 5}\n", "nearest: jobSeconds"),
        ("just text\n", "an object such as"),
        ("a: [\n", "valid YAML"),
    ],
)
def test_a_wrong_file_is_refused_with_what_is_wrong_in_it(tmp_path: Path, text, fault):
    path = tmp_path / "load.yaml"
    path.write_text(text)
    with pytest.raises(InvalidSettings, match=fault):
        loaded(named=str(path))


def test_a_load_that_is_neither_a_column_nor_a_file_names_the_nearest():
    with pytest.raises(InvalidSettings, match="nearest: 12-months"):
        loaded(named="12-month")


def test_a_wrong_assumption_in_a_stack_file_is_named_with_its_range():
    mistake = the_mistake(load={"assumptions": {"readShare": 1.5}})
    assert mistake.key == "researchflow:load.assumptions.readShare"
    assert mistake.allowed == "a number from 0 to 1"
    assert the_mistake(load={"horizon": "tomorrow"}).allowed == ", ".join(Horizon)


def test_every_assumption_says_its_unit_and_its_ground():
    assert tuple(PLAN.assumptions) == ASSUMPTION_KEYS
    assert all(entry.unit and entry.source for entry in PLAN.assumptions.values())


def test_a_load_without_users_has_no_requests_of_a_user():
    zero = {"projections": {"concurrentUsers": {"current": 0}}, "horizon": "current"}
    settings = accepted(load=zero)
    assert load_at(settings.load, PLAN, Size.SMALL).requests_per_user_second == 0
