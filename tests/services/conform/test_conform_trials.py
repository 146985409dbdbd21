"""An application that honours the contract passes every point; each fault breaks its own point."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from rendering.applications.variables import MIGRATION
from rf.conform.conform import Conformance, try_application
from rf.conform.point import Outcome
from rf.conform.points.table import POINTS, chosen_points
from rf.conform.trial import ApplicationOnTrial
from rf.shared.applications.pods import GivenVariables
from rf.shared.applications.stand import Stand, start_stand
from rf.shared.servers.programs import Programs
from rf.shared.stacks import plan_of
from tests.configurations import BEFORE_CITUS
from tests.services.conform.applications import (
    BATCHES,
    BINARY_SOCKET,
    COLLABORATION_FAULTS,
    ENQUEUE_FAULTS,
    WORKER_FAULTS,
    adding_orchestrator,
    bull_worker,
    collaboration,
    orchestrator,
    rq_worker,
    web,
    worker,
)
from tests.services.queue.node_clients import NodeClients
from tests.services.shared.starting import own_directory

pytestmark = pytest.mark.services

SLOW = {
    "confined",
    "ready-by-database",
    "pool-maximum",
    "changed-table",
    "version-before",
    "backs-off",
    "job-waits",
    "no-request-lost",
    "database-away",
    "keep-alive",
}
"""Points that start processes, or wait."""

FAULTS = [(point, fault, batch) for batch in BATCHES for point, fault in batch.items()]


@pytest.fixture(scope="module")
def stand(programs: Programs, run_directory: Path) -> Iterator[Stand]:
    with ExitStack() as stack:
        directory = own_directory(run_directory, "stand-")
        yield start_stand(stack, programs, directory, plan_of("staging"))


@pytest.fixture(scope="module")
def stand_of_every_library(programs: Programs, run_directory: Path) -> Iterator[Stand]:
    with ExitStack() as stack:
        directory = own_directory(run_directory, "stand-")
        plan = plan_of("prod", size="small", overrides=BEFORE_CITUS)
        yield start_stand(stack, programs, directory, plan)


class OftenPinging(GivenVariables):
    """What a pod is given, but for the seconds after which a socket is pinged."""

    def of(self, application: str) -> dict[str, str]:
        given = super().of(application)
        return (
            {**given, "COLLABORATION_PING_SECONDS": "1"}
            if application == "collaboration"
            else given
        )


@pytest.fixture(scope="module")
def pinging(stand: Stand) -> Stand:
    return dataclasses.replace(stand, given=OftenPinging(stand.given.plan))


def test_a_migration_goes_past_pgbouncer_which_would_keep_its_session_locks(stand: Stand):
    for name, url in stand.variables(MIGRATION).items():
        if name.endswith("DATABASE_URL"):
            assert urlsplit(url).port == stand.databases.servers.primary.port
    assert urlsplit(stand.variables("orchestrator")["DATABASE_URL"]).port == (
        stand.databases.pooler.port
    )


@pytest.fixture
def directory(run_directory: Path) -> Path:
    return own_directory(run_directory, "trial-")


def tried(
    stand: Stand, directory: Path, application: ApplicationOnTrial, *points: str
) -> Conformance:
    return try_application(stand, application, chosen_points(points), directory)


def broken(result: Conformance) -> dict[str, str]:
    return {each.point.id: each.seen for each in result.verdicts if each.outcome is Outcome.FAILED}


def outcomes(result: Conformance) -> dict[str, tuple[Outcome, str]]:
    return {
        each.point.id: (each.outcome, each.seen)
        for each in result.verdicts
        if each.outcome is not Outcome.NOT_APPLICABLE
    }


def test_an_orchestrator_that_honours_the_contract_passes_every_point(
    stand: Stand, directory: Path
):
    result = tried(stand, directory, orchestrator(directory / "work"))
    asked = [each.id for each in POINTS if "orchestrator" in each.applications]
    no_enqueue = (Outcome.NOT_TRIED, "the samples name no enqueue")
    no_workflow = (Outcome.NOT_TRIED, "the samples name no start_workflow")
    workflows = [
        each.id for each in POINTS if each.temporal and "orchestrator" in each.applications
    ]
    assert outcomes(result) == (
        dict.fromkeys(asked, (Outcome.PASSED, ""))
        | dict.fromkeys(ENQUEUE_FAULTS, no_enqueue)
        | dict.fromkeys(workflows, no_workflow)
    )
    assert result.first_broken is None


def test_a_worker_that_honours_the_contract_passes_every_point(
    stand: Stand, directory: Path, node_clients: NodeClients
):
    result = tried(stand, directory, worker(node_clients, directory / "work"))
    asked = [each.id for each in POINTS if "worker" in each.applications]
    assert outcomes(result) == dict.fromkeys(asked, (Outcome.PASSED, ""))


@pytest.mark.parametrize("library", ["bull", "rq"])
def test_jobs_of_every_library_are_put_into_its_queues_and_seen_in_hand_and_done(
    stand_of_every_library: Stand, directory: Path, node_clients: NodeClients, library: str
):
    folder = directory / "work"
    tried_on = bull_worker(node_clients, folder) if library == "bull" else rq_worker(folder)
    points = ("job-done", "job-in-hand", "redis-refuses-nothing")
    result = tried(stand_of_every_library, directory, tried_on, *points)
    assert outcomes(result) == dict.fromkeys(points, (Outcome.PASSED, ""))


def test_a_job_of_a_library_that_the_stack_has_not_is_not_tried(
    stand: Stand, directory: Path, node_clients: NodeClients
):
    result = tried(stand, directory, bull_worker(node_clients, directory / "work"), "job-done")
    assert outcomes(result) == {
        "job-done": (Outcome.NOT_TRIED, "jobs are those of bullmq, not of bull")
    }


def test_a_web_server_that_honours_the_contract_passes_every_point(stand: Stand, directory: Path):
    result = tried(stand, directory, web(directory / "work"))
    asked = [each.id for each in POINTS if "web" in each.applications]
    assert outcomes(result) == dict.fromkeys(asked, (Outcome.PASSED, ""))


def test_a_collaboration_server_that_honours_the_contract_passes_every_point(
    pinging: Stand, directory: Path
):
    result = tried(pinging, directory, collaboration(directory / "work"))
    asked = [each.id for each in POINTS if "collaboration" in each.applications]
    assert outcomes(result) == dict.fromkeys(asked, (Outcome.PASSED, ""))


@pytest.mark.parametrize(("point", "fault"), COLLABORATION_FAULTS.items())
def test_a_fault_of_a_collaboration_server_breaks_its_own_point_and_no_other(
    pinging: Stand, directory: Path, point: str, fault: str
):
    quick = [each.id for each in POINTS if each.id not in SLOW]
    faulty = collaboration(directory / "work", [fault], BINARY_SOCKET)
    result = tried(pinging, directory, faulty, *quick)
    assert broken(result).keys() == {point}, broken(result)


@pytest.mark.parametrize(("point", "fault"), WORKER_FAULTS.items())
def test_a_fault_of_a_worker_breaks_its_own_point_and_no_other(
    stand: Stand, directory: Path, node_clients: NodeClients, point: str, fault: str
):
    quick = [each.id for each in POINTS if each.id not in SLOW or each.id == point]
    result = tried(stand, directory, worker(node_clients, directory / "work", [fault]), *quick)
    assert broken(result).keys() == {point}, broken(result)


def test_a_worker_that_fails_its_jobs_breaks_the_points_of_jobs(
    stand: Stand, directory: Path, node_clients: NodeClients
):
    failing = worker(node_clients, directory / "work", ["fails-jobs"])
    result = tried(stand, directory, failing, "job-done", "redis-refuses-nothing")
    assert broken(result) == {"job-done": "a job failed"}


def test_jobs_are_looked_at_as_the_real_library_adds_them(
    stand: Stand, directory: Path, node_clients: NodeClients
):
    adding = adding_orchestrator(node_clients, directory / "work")
    result = tried(stand, directory, adding, *ENQUEUE_FAULTS)
    assert outcomes(result) == dict.fromkeys(ENQUEUE_FAULTS, (Outcome.PASSED, ""))


@pytest.mark.parametrize(("point", "fault"), ENQUEUE_FAULTS.items())
def test_a_fault_in_adding_jobs_breaks_its_own_point_and_no_other(
    stand: Stand, directory: Path, node_clients: NodeClients, point: str, fault: str
):
    adding = adding_orchestrator(node_clients, directory / "work", [fault])
    result = tried(stand, directory, adding, *ENQUEUE_FAULTS)
    assert broken(result).keys() == {point}, broken(result)


def test_every_point_has_a_fault_that_breaks_it():
    others = {"starts", "job-done", *ENQUEUE_FAULTS, *WORKER_FAULTS, *COLLABORATION_FAULTS}
    here = {each.id for each in POINTS if not each.temporal}
    assert {point for point, *_ in FAULTS} | others == here


@pytest.mark.parametrize("batch", BATCHES, ids=lambda batch: next(iter(batch)))
def test_faults_break_their_points_and_no_other(stand: Stand, directory: Path, batch):
    result = tried(stand, directory, orchestrator(directory / "work", batch.values()))
    assert broken(result).keys() == batch.keys(), broken(result)


@pytest.mark.parametrize(("point", "fault", "batch"), FAULTS, ids=lambda value: str(value)[:30])
def test_a_fault_breaks_its_own_point(stand: Stand, directory: Path, point, fault, batch):
    """Of the points of its batch it breaks no other, as far as they are quick."""
    points = {point, *batch} - (SLOW - {point})
    result = tried(stand, directory, orchestrator(directory / "work", [fault]), *points)
    assert broken(result).keys() == {point}, broken(result)


def test_an_application_that_never_is_live_breaks_the_first_point_and_shows_nothing_else(
    stand: Stand, directory: Path
):
    silent = dataclasses.replace(
        orchestrator(directory / "work", ["never-live"]), start_seconds=0.5
    )
    result = tried(stand, directory, silent)
    assert list(broken(result)) == ["starts"]
    assert "did not answer 200 within 0.5 s" in broken(result)["starts"]
    others = {each.outcome for each in result.verdicts if each.point.id != "starts"}
    assert others == {Outcome.NOT_TRIED, Outcome.NOT_APPLICABLE}
