"""The worker as a pod runs it, what producers put into its queues, and what it writes."""

from __future__ import annotations

import itertools
import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from redis import Redis
from rq import Queue, Retry

from rf.conform.job_queues import LibraryQueue, job_queue
from rf.shared.applications.application_process import ApplicationProcess, new_ports
from rf.shared.applications.stand import Stand
from rf.shared.project import PROJECT_ROOT
from rf.shared.servers.processes import wait_until
from scaleplan.sizes import QueueClient
from tests.unavailable import unavailable

PYTHON = Path(os.environ.get("RESEARCHFLOW_APPS", PROJECT_ROOT / ".cache/apps")).joinpath(
    "worker/bin/python"
)

COMMAND = (str(PYTHON), str(PROJECT_ROOT / "apps/worker/main.py"))

STARTED_SECONDS, ENDED_SECONDS = 20.0, 40.0

ORGANIZATION = str(uuid.UUID(int=1))

_numbers = itertools.count(1)


@dataclass(frozen=True)
class Work:
    """Queues and tables of one stand, from the side of producers."""

    stand: Stand

    def data(self, patient: str, **more: Any) -> dict[str, Any]:
        """Of a new job."""
        analysis = str(uuid.uuid4())
        return {
            "organizationId": ORGANIZATION,
            "analysisId": analysis,
            "patientId": patient,
            **more,
        }

    @contextmanager
    def bullmq(self, name: str = "analysis") -> Iterator[LibraryQueue]:
        prefix = self.stand.variables("worker")["BULLMQ_PREFIX"]
        with self.queue() as client:
            yield job_queue(client, QueueClient.BULLMQ, prefix, name)

    def rq(self, data: Any, name: str = "analysis", retry: Retry | None = None) -> str:
        """Put a job of RQ into a queue."""
        with self.queue() as client:
            function = "researchflow_worker.rq_consumer.process"
            return Queue(name, connection=client).enqueue(function, data, retry=retry).id

    def queue(self) -> Redis:
        return self.stand.queue.server.connect()

    def sql(self, statement: str, values: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
        """As the owner of the tables."""
        url = self.stand.variables("database-migration")["DATABASE_URL"]
        with psycopg.connect(url) as connection:
            cursor = connection.execute(statement.encode(), values)
            return cursor.fetchall() if cursor.description else []

    def analyses(self) -> dict[str, tuple[str, dict[str, Any] | None]]:
        """State and result, by id."""
        rows = self.sql("select id::text, state, result from analyses")
        return {each: (state, result) for each, state, result in rows}

    def await_state(self, data: dict[str, Any], state: str) -> dict[str, Any] | None:
        """The result of the job of these data, once it is in that state."""
        name = data["analysisId"]
        seen = f"the analysis is {state}"
        wait_until(lambda: self.analyses().get(name, ("",))[0] == state, seen, ENDED_SECONDS)
        return self.analyses()[name][1]


@contextmanager
def running_worker(stand: Stand, directory: Path, **told: str) -> Iterator[ApplicationProcess]:
    """A worker that takes jobs, with the variables of its pod and those of `told`."""
    if not PYTHON.exists():
        unavailable("the worker's environment is not there: .ci/apps makes it")
    ports = new_ports()
    process = ApplicationProcess(
        COMMAND,
        {"PATH": os.defpath, **stand.variables("worker", ports), **told},
        directory / f"worker-{next(_numbers)}",
        ports,
    )
    try:
        process.wait_live(STARTED_SECONDS)
        yield process
    finally:
        process.stop()
