"""`rf jobs` without a queue: what it refuses, and how the plan's thresholds depth_of a depth."""

import pytest
from typer.testing import CliRunner

from rendering.queue.keys import JobState
from rf.cli import app
from rf.jobs.queues import QueueLook, depth_of
from scaleplan.model import load_plan
from scaleplan.sizes import QueueClient

DEPTH = load_plan().thresholds.queue_depth


def run(*options, url=None):
    environment = {"QUEUE_URL": url}
    return CliRunner().invoke(app, ["jobs", "--stack", "prod", *options], env=environment)


@pytest.mark.parametrize("url", [None, "", "localhost:6379", "https://queue:6379"])
def test_without_an_address_it_says_which_variable_must_hold_one(url):
    result = run(url=url)
    assert result.exit_code == 2
    assert "QUEUE_URL must hold" in result.stderr


def test_jobs_in_rabbitmq_are_not_looked_for_in_redis():
    result = run("--set", "queue.engine=rabbitmq", url="rediss://somebody@localhost:1")
    assert result.exit_code == 2
    assert "queue.engine is rabbitmq" in result.stderr


def test_a_queue_that_does_not_answer_fails_without_showing_the_login():
    # Nothing listens on port 1.
    result = run(url="rediss://somebody:hushhush@127.0.0.1:1")
    assert result.exit_code == 1
    assert result.stderr.startswith("127.0.0.1: ")
    assert "hushhush" not in result.output


@pytest.mark.parametrize(
    ("waiting", "paused", "level", "action"),
    [
        (0, DEPTH.critical, "critical", "resume the queues that are paused"),
        (1, DEPTH.warning, "warning", "resume the queues that are paused"),
        (DEPTH.warning, DEPTH.critical, "critical", DEPTH.action),
        (1, 1, "fine", ""),
    ],
)
def test_paused_jobs_are_due_too_and_more_workers_are_advised_for_the_others_alone(
    waiting, paused, level, action
):
    jobs = {JobState.WAITING: waiting, JobState.PAUSED: paused}
    look = QueueLook(
        client=QueueClient.BULL, queue="analysis", jobs=jobs, oldest_waiting_seconds=None
    )
    depth = depth_of([look])
    assert (depth.waiting, depth.paused) == (waiting, paused)
    assert (depth.level, depth.action) == (level, action)


@pytest.mark.parametrize(
    ("waiting", "level"),
    [
        (0, "fine"),
        (DEPTH.warning - 1, "fine"),
        (DEPTH.warning, "warning"),
        (DEPTH.critical - 1, "warning"),
        (DEPTH.critical, "critical"),
    ],
)
def test_all_queues_together_are_depth_ofd_by_the_plans_thresholds(waiting, level):
    shares = [waiting // 2, waiting - waiting // 2]
    looks = [
        QueueLook(
            client=QueueClient.BULLMQ,
            queue=queue,
            jobs={JobState.WAITING: share, JobState.RUNNING: 7, JobState.FAILED: 900},
            oldest_waiting_seconds=None,
        )
        for queue, share in zip(("analysis", "extraction"), shares, strict=True)
    ]
    assert depth_of(looks).level == level
