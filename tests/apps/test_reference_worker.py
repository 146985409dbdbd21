"""The reference worker, beyond what the contract asks: its results, failures, RQ beside BullMQ."""

from __future__ import annotations

import json
from contextlib import ExitStack
from pathlib import Path
from typing import cast

import pytest
from rq import Retry
from rq.job import Job

from rf.conform.conform import try_application
from rf.conform.job_queues import RetriedJob
from rf.conform.point import Outcome
from rf.conform.points.table import POINTS
from rf.conform.samples import read_samples
from rf.conform.trial import ApplicationOnTrial
from rf.shared.applications.stand import Stand
from rf.shared.project import PROJECT_ROOT
from rf.shared.servers.processes import wait_until
from tests.apps.worker_process import (
    COMMAND,
    ENDED_SECONDS,
    ORGANIZATION,
    Work,
    running_worker,
)
from tests.services.shared.starting import own_directory

pytestmark = pytest.mark.apps

ONCE = RetriedJob(attempts=1, backoff_type="fixed", backoff_milliseconds=100)
TWICE = RetriedJob(attempts=2, backoff_type="fixed", backoff_milliseconds=100)


@pytest.fixture
def work(stand: Stand, migrated: None) -> Work:
    """Empty queues and tables, with two patients."""
    for each in (stand.queue, stand.cache):
        with each.server.connect() as client:
            client.flushall()
    work = Work(stand)
    work.sql("truncate patients, analyses, feature_flags")
    for name, born in (("patient-1", "1980-01-01"), ("patient-2", "2000-01-01")):
        work.sql("insert into patients values (%s, %s, 'A', %s)", (ORGANIZATION, name, born))
    stand.databases.catch_up()
    return work


def test_it_honours_the_contract(work: Work, stand: Stand, directory: Path) -> None:
    samples = read_samples(PROJECT_ROOT / "apps/samples/worker.yaml")
    tried = ApplicationOnTrial(
        name="worker", command=COMMAND, samples=samples, working_directory=PROJECT_ROOT
    )
    conformance = try_application(stand, tried, POINTS, own_directory(directory, "trial-"))
    asked = [each for each in conformance.verdicts if each.outcome is not Outcome.NOT_APPLICABLE]
    assert {each.point.id: each.seen for each in asked if each.outcome is not Outcome.PASSED} == {}
    assert [state for state, _ in work.analyses().values()] == ["completed"]


def test_jobs_of_both_libraries_leave_their_results_one_at_a_time(
    work: Work, stand: Stand, directory: Path
) -> None:
    work.sql("insert into feature_flags values ('confidence-interval', true)")
    stand.databases.catch_up()
    jobs = [work.data("patient-2", seconds=0.5) for _ in range(4)]
    with work.bullmq() as analysis, work.bullmq("validation") as validation:
        analysis.add("process", jobs[0], ONCE)
        validation.add("process", jobs[1], ONCE)
        for each in jobs[2:]:
            work.rq(each)
        most = 0

        def all_ended() -> bool:
            nonlocal most
            states = [state for state, _ in work.analyses().values()]
            held = len(analysis.active()) + len(validation.active())
            most = max(most, states.count("running"), held)
            return states.count("completed") == len(jobs)

        with running_worker(stand, directory):
            wait_until(all_ended, "all have ended", ENDED_SECONDS)
    assert most == 1
    found = [work.analyses()[each["analysisId"]][1] or {} for each in jobs]
    assert found[1] == {"valid": True, "errors": []}
    for result in (found[0], found[2], found[3]):
        assert result["shareYounger"] == 0
        low, high = result["meanAgeInterval"]
        assert low < result["meanAge"] < high
    prefix = stand.variables("worker")["CACHE_KEY_PREFIX_FEATURE_FLAG"]
    with stand.cache.server.connect() as cache:
        assert cache.get(f"{prefix}confidence-interval") == b"true"
        assert 0 < cast("int", cache.ttl(f"{prefix}confidence-interval")) <= 60


def test_a_job_that_takes_too_long_fails_when_its_attempts_are_used_up(
    work: Work, stand: Stand, directory: Path
) -> None:
    of_bullmq, of_rq = work.data("patient-1", seconds=100), work.data("patient-1", seconds=100)
    with (
        running_worker(stand, directory, JOB_TIMEOUT_SECONDS="1") as process,
        work.bullmq() as queue,
    ):
        added = queue.add("process", of_bullmq, TWICE)
        retried = work.rq(of_rq, retry=Retry(max=1, interval=1))
        work.await_state(of_bullmq, "failed")
        work.await_state(of_rq, "failed")
        assert queue.added()[added]["atm"] == "2"
        assert "longer than 1 s" in queue.added()[added]["failedReason"]
        job = Job.fetch(retried, connection=queue.client)
        wait_until(lambda: job.get_status() == "failed", "RQ says so too", ENDED_SECONDS)
    said = [json.loads(line) for line in process.output.read_text().splitlines()]
    assert [each["error"] for each in said if "outcome" in each] == ["TimeoutError"] * 4


def test_a_job_with_wrong_data_is_not_tried_again_and_the_next_is_done(
    work: Work, stand: Stand, directory: Path
) -> None:
    good = work.data("patient-1")
    with running_worker(stand, directory) as process, work.bullmq() as queue:
        wrong = queue.add("process", {**good, "analysisId": "patient-secret"}, TWICE)
        queue.add("process", good, TWICE)
        work.await_state(good, "completed")
        assert queue.ended()[wrong] == "failed"
        assert queue.added()[wrong]["atm"] == "1"
    said = [json.loads(line) for line in process.output.read_text().splitlines()]
    assert next(each["error"] for each in said if "error" in each) == "InvalidJobError"
    assert "patient-secret" not in process.output.read_text() + process.errors.read_text()


def test_a_result_that_is_there_stays(work: Work, stand: Stand, directory: Path) -> None:
    data = work.data("patient-1")
    with running_worker(stand, directory), work.bullmq() as queue:
        first = queue.add("process", data, ONCE)
        wait_until(lambda: first in queue.ended(), "ended", ENDED_SECONDS)
        result = work.await_state(data, "completed")
        work.sql("delete from patients")
        second = queue.add("process", data, ONCE)
        wait_until(lambda: second in queue.ended(), "ended again", ENDED_SECONDS)
        assert work.await_state(data, "completed") == result
        assert result
        assert result["known"] is True


def test_it_starts_while_every_store_is_away_and_works_when_they_are_back(
    work: Work, stand: Stand, directory: Path
) -> None:
    data = work.data("patient-1")
    with ExitStack() as stack:
        with stand.databases.away(), stand.cache.gate.closed(), stand.queue.gate.closed():
            stack.enter_context(running_worker(stand, directory))
        with work.bullmq() as queue:
            queue.add("process", data, ONCE)
            work.await_state(data, "completed")


def test_it_ends_with_0_while_the_queue_is_away(work: Work, stand: Stand, directory: Path) -> None:
    data = work.data("patient-1")
    with running_worker(stand, directory) as process:
        with work.bullmq() as queue:
            queue.add("process", data, ONCE)
            work.await_state(data, "completed")
        with stand.queue.gate.closed():
            process.terminate()
            assert process.wait_ended(ENDED_SECONDS) == 0
        assert process.left() == []
