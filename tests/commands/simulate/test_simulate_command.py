"""`rf simulate`: exit codes, both outputs, and the plot."""

import json

import pytest
from typer.testing import CliRunner

from rf.cli import app
from rf.shared import stacks
from rf.simulate.view import duration, ratio, sparkline


@pytest.fixture
def simulate(planned, monkeypatch):
    """Run the command; a stack's plan is recorded once for all tests."""

    plan = planned("dev")

    def plan_of(stack, *, size=None, overrides=()):
        assert (stack, size, tuple(overrides)) == ("dev", None, ())
        return plan

    monkeypatch.setattr(stacks, "plan_of", plan_of)

    def run(*options):
        arguments = ["simulate", "--stack", "dev", "--hours", "2", *options]
        return CliRunner().invoke(app, arguments)

    return run


def test_the_report_compares_three_ways_and_states_its_assumptions(simulate):
    result = simulate("--burst", "100")
    assert result.exit_code == 0, result.stderr
    text = " ".join(result.stdout.split())
    for title in ("HPA on CPU alone", "KEDA as configured", "fixed at 5"):
        assert title in text
    assert "5 workers keep up with jobs of 180.0 s" in text
    assert "load.assumptions.jobSeconds, or --job-seconds" in text
    assert "burst drained in" in text
    assert "█" in text


def test_json_is_complete_and_the_same_on_every_run(simulate):
    options = ("--json", "--burst", "100", "--load", "6-months")
    first, second = simulate(*options), simulate(*options)
    assert first.exit_code == 0, first.stderr
    assert first.stdout == second.stdout
    document = json.loads(first.stdout)
    assert document["format"] == 1
    assert document["jobsPerHour"] == 500
    assert document["breakEvenJobSeconds"] == 36
    assert document["replicas"] == {"min": 2, "max": 5}
    assert [each["key"] for each in document["strategies"]] == ["cpu", "configured", "fixed"]
    assert all(each["killed"] == 0 for each in document["strategies"])
    assert len(document["assumptions"]) > 10
    assert simulate(*options, "--seed", "2").stdout != first.stdout


def test_what_a_job_takes_of_the_cpu_is_the_loads_assumption_unless_the_command_says_it(
    simulate, tmp_path
):
    path = tmp_path / "computing.yaml"
    path.write_text("assumptions: {busyPercent: 90}\n", encoding="utf-8")
    options = ("--load", str(path), "--json")
    assert "a running job shows 90 % of its pod's CPU request" in simulate(*options).stdout
    assert "a running job shows 0 %" in simulate(*options, "--busy-percent", "0").stdout


def test_the_load_2x_is_twice_the_plans_last_and_more_than_small_can_serve(simulate):
    result = simulate("--load", "2x", "--json")
    document = json.loads(result.stdout)
    assert document["jobsPerHour"] == 4000
    assert document["theoryAtMaximum"]["meanWaitSeconds"] is None
    assert any("backlog grows" in each for each in document["warnings"])


def test_jobs_beyond_the_timeout_are_told(simulate):
    document = json.loads(simulate("--job-seconds", "150", "--json").stdout)
    assert any("run into the timeout of 300 s" in each for each in document["warnings"])


def test_the_plot_is_a_png(simulate, tmp_path):
    path = tmp_path / "scaling.png"
    result = simulate("--burst", "100", "--plot", str(path))
    assert result.exit_code == 0, result.stderr
    assert path.read_bytes().startswith(b"\x89PNG\r\n")
    assert str(path) in result.stdout.replace("\n", "")


@pytest.mark.parametrize(
    "options",
    [
        ("--load", "tomorrow"),
        ("--job-seconds", "0"),
        ("--burst", "-1"),
        ("--hours", "0"),
        ("--plot", "scaling.pdf"),
        ("--plot", "/no/such/directory/scaling.png"),
    ],
)
def test_bad_input_exits_2_and_prints_no_report(simulate, options):
    result = simulate(*options)
    assert result.exit_code == 2
    assert result.stdout == ""


def test_an_unknown_stack_exits_2():
    result = CliRunner().invoke(app, ["simulate", "--stack", "nowhere"])
    assert result.exit_code == 2
    assert "nowhere" in result.stderr


def test_a_plan_that_cannot_be_simulated_exits_1(simulate, planned, monkeypatch):
    whole = planned("dev")
    kept = tuple(each for each in whole.resources if "ScaledObject" not in each.type)
    monkeypatch.setattr(
        stacks,
        "plan_of",
        lambda *_, **__: type(whole)(
            project=whole.project, stack="dev", size=whole.size, resources=kept, outputs={}
        ),
    )
    result = simulate()
    assert result.exit_code == 1
    assert "scales worker" in result.stderr


def test_a_sparkline_shows_peaks_and_keeps_its_width():
    assert sparkline([0, 4, 8], top=8) == " ▄█"
    assert sparkline([0] * 99 + [8], top=8, columns=10) == " " * 9 + "█"
    assert sparkline([1], top=100) == "▁"
    assert sparkline([], top=1) == sparkline([0], top=0) == ""


def test_durations_and_ratios_read_well():
    assert [duration(each) for each in (0.04, 119, 150, 7200, None, float("inf"))] == [
        "0.0 s",
        "119.0 s",
        "2.5 min",
        "2.0 h",
        "-",
        "without end",
    ]
    assert (ratio(3, 2), ratio(None, 2), ratio(3, None)) == ("1.50 x", "-", "-")
