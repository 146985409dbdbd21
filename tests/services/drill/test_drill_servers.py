"""The drill's real servers: what is acknowledged outlives its primary, as far as it is said to."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path

import psycopg
import pytest

from rf.drill.progress import Progress, play
from rf.drill.real.database import ROWS_BEFORE, LocalDatabase, database_runbook
from rf.drill.real.queue import JOBS_CONFIRMED, JOBS_UNCONFIRMED, LocalQueue, queue_runbook
from rf.drill.real.writers import CLIENTS
from rf.shared.servers.processes import wait_until
from rf.shared.servers.programs import Programs
from scaleplan.model import load_plan
from tests.services.queue.queue_export import ExportedQueue
from tests.services.shared.starting import own_directory

pytestmark = pytest.mark.services


@pytest.fixture
def progress() -> Progress:
    return Progress(stack="prod", lost="primary", chosen=[], steps=[])


StartDatabase = Callable[[bool], LocalDatabase]


@pytest.fixture
def start_database(
    programs: Programs, run_directory: Path, exported_ini: str
) -> Iterator[StartDatabase]:
    directory = own_directory(run_directory, "drill-")
    with ExitStack() as stack:

        def start(synchronous: bool) -> LocalDatabase:
            return LocalDatabase(stack, programs, directory, exported_ini, synchronous=synchronous)

        yield start


def ask(local: LocalDatabase) -> None:
    conninfo = local.pooler.conninfo(load_plan().pgbouncer.database_alias)
    with psycopg.connect(conninfo, autocommit=True) as client:
        client.execute("select 1")


def write_more(local: LocalDatabase) -> None:
    """Wait until as many rows again are acknowledged."""
    began = time.monotonic()
    wait_until(
        lambda: local.writers.acknowledged_since(began) >= ROWS_BEFORE,
        f"{ROWS_BEFORE} more rows are acknowledged",
    )


def cut_replica_off(local: LocalDatabase) -> None:
    """Let the replica receive nothing more: as a network between two regions may."""
    with local.servers.replica.connect(dbname="postgres") as superuser:
        superuser.execute("alter system set primary_conninfo = ''")
        superuser.execute("select pg_reload_conf()")
    with local.servers.primary.connect() as superuser:
        wait_until(
            lambda: superuser.execute("select 1 from pg_stat_replication").fetchone() is None,
            "the replica is cut off",
        )


def told(local: LocalDatabase) -> Mapping[str, int]:
    return local.writers.failures_since(local.crashed_at)


StartQueue = Callable[..., LocalQueue]


@pytest.fixture
def start_queue(
    programs: Programs, run_directory: Path, exported_queue: ExportedQueue
) -> Iterator[StartQueue]:
    directory = own_directory(run_directory, "drill-queue-")
    layer = exported_queue.layers["queue"]
    with ExitStack() as stack:
        yield lambda **parameters: LocalQueue(stack, programs, directory, layer, **parameters)


def test_a_promoted_standby_has_every_committed_row_and_a_drill_that_stopped_goes_on(
    start_database: StartDatabase, progress: Progress, tmp_path: Path
):
    local = start_database(True)
    runbook = database_runbook()
    play(runbook, local, progress, tmp_path / "progress.json", fail_at="database-repoint")
    assert progress.failed == "database-repoint"
    assert [step.name for step in progress.done] == [step.name for step in runbook[:3]]
    before = local.writers.acknowledged()
    # As long as the pooler leads to the dead primary, only answers that were on their way arrive.
    assert local.writers.acknowledged_since(local.lost_at) <= CLIENTS

    # Clients that asked before this wait; whoever asks from now on is refused.
    log = local.pooler.process.log
    wait_until(lambda: "connect failed" in log.read_text("utf-8"), "an attempt has failed")
    with pytest.raises(psycopg.Error, match="server login has been failing") as refused:
        ask(local)
    assert refused.value.sqlstate == "08P01"
    play(runbook, local, progress, tmp_path / "progress.json")
    assert progress.failed is None, progress.reason
    assert [step.name for step in progress.done] == [step.name for step in runbook]
    assert local.writers.acknowledged() > before
    # What the clients hid by trying again stands in the drill's own words.
    (seen,) = [" ".join(step.seen) for step in progress.done if step.name == "database-repoint"]
    assert f"{sum(told(local).values())} errors" in seen
    assert all(f"{times} times: {what}" in seen for what, times in told(local).items())
    assert local.lost_rows() == 0


def test_an_asynchronous_replica_that_fell_behind_loses_what_it_lacked_and_the_drill_says_so(
    start_database: StartDatabase, progress: Progress, tmp_path: Path
):
    local = start_database(False)
    fill, *rest = database_runbook()
    play([fill], local, progress, tmp_path / "progress.json")
    cut_replica_off(local)
    confirmed = local.writers.acknowledged()
    write_more(local)
    play(rest, local, progress, tmp_path / "progress.json")
    assert progress.failed is None, progress.reason
    lost = local.lost_rows()
    assert lost > 0
    assert lost <= len(local.writers.acknowledged() - confirmed)
    assert f"{lost} of " in progress.done[-1].seen[0]


def test_confirmed_jobs_outlive_the_queues_primary_and_unconfirmed_ones_are_counted(
    start_queue: StartQueue, progress: Progress, tmp_path: Path
):
    queue = start_queue()
    play(queue_runbook(), queue, progress, tmp_path / "progress.json")
    assert progress.failed is None, progress.reason
    assert len(queue.confirmed) == JOBS_CONFIRMED
    assert len(queue.unconfirmed) == JOBS_UNCONFIRMED
    assert queue.missing(queue.confirmed) == 0
    assert queue.missing(queue.unconfirmed) == JOBS_UNCONFIRMED


def test_a_primary_that_must_have_a_replica_takes_no_job_that_could_be_lost(
    start_queue: StartQueue, progress: Progress, tmp_path: Path
):
    queue = start_queue(min_replicas_to_write="1")
    play(queue_runbook(), queue, progress, tmp_path / "progress.json")
    assert progress.failed is None, progress.reason
    assert queue.unconfirmed == []


def test_a_queue_whose_replica_stays_one_stops_the_drill_there(
    start_queue: StartQueue, progress: Progress, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(LocalQueue, "promote", lambda queue: None)
    play(queue_runbook(), start_queue(), progress, tmp_path / "progress.json")
    assert progress.failed == "queue-promote"
    assert "takes no jobs" in str(progress.reason)
