"""One application on trial: its process, what is asked of it, and what it has said."""

from __future__ import annotations

import http.client
import itertools
import os
import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar, cast

from rendering.applications.pods import READINESS, STARTUP
from rendering.applications.variables import MIGRATION
from rendering.shared import endpoints
from rendering.shared.endpoints import LONGEST_REQUEST_SECONDS, READY_PATH
from rf.conform.samples import Samples
from rf.conform.seen import BrokenPointError, require
from rf.shared.applications.application_process import ApplicationProcess, NotLiveError, new_ports
from rf.shared.applications.http_client import NoAnswerError, WebAnswer, WebRequest, send
from rf.shared.applications.stand import Stand
from rf.shared.errors import FailedError
from rf.shared.servers.processes import wait_until
from scaleplan.applications.workloads import WORKFLOW_WORKER
from scaleplan.database.migrations import MigrationsSettings
from scaleplan.model import load_plan

T = TypeVar("T")

START_SECONDS = float(STARTUP.failures * STARTUP.period_seconds)
"""In which the startup probe must be answered."""

MIGRATION_SECONDS = MigrationsSettings().timeout_minutes * 60

READY_SECONDS = 30.0
"""In which a process whose stores are there is ready: it may have waits between its attempts."""


class MigrationFailedError(FailedError):
    """The migration's command did not end with 0, so that there are no tables."""


@dataclass(frozen=True, kw_only=True)
class ApplicationOnTrial:
    """What is tried: a command, as which application, by which samples.

    `start_seconds` is how long it may take until it is live.
    """

    name: str
    command: Sequence[str]
    samples: Samples
    working_directory: Path
    start_seconds: float = START_SECONDS

    @property
    def drain_seconds(self) -> int:
        """What it has from SIGTERM on to end what has begun."""
        served = {each.application: each.drain_seconds for each in endpoints.SERVED}
        plan = load_plan()
        if self.name == WORKFLOW_WORKER:
            return plan.workflows.start_to_close_timeout_seconds
        return served.get(self.name, plan.queue.job.timeout_seconds)


class Trial:
    """Tries of one application on one stand. `directory` is for what processes say."""

    def __init__(self, stand: Stand, tried: ApplicationOnTrial, directory: Path) -> None:
        self.stand, self.tried, self.samples = stand, tried, tried.samples
        self._directory = directory
        self._numbers = itertools.count(1)
        self._processes: list[ApplicationProcess] = []
        self._shared: ApplicationProcess | None = None
        self._seen: dict[str, object] = {}
        self.planted: list[str] = []
        """Identifiers of patients that were in requests."""
        self.idle: tuple[http.client.HTTPConnection, float] | None = None
        """A connection on which nothing is said, and since when (monotonic seconds)."""

    def prepare(self) -> None:
        """Empty both Redis, put the samples' sessions where they belong, and migrate.

        Raises MigrationFailedError.
        """
        for store in (self.stand.cache, self.stand.queue):
            with store.server.connect() as tester:
                tester.flushall()
        with self.stand.queue.server.connect() as store:
            for key, value in self.samples.sessions.items():
                store.set(key, value)
        if self.samples.migrate and (failed := self.migrate(self.samples.migrate)):
            raise MigrationFailedError(failed)

    def migrate(self, command: Sequence[str]) -> str:
        """Run a migration as its Job does, to its end. Says how it failed, if it did."""
        process = ApplicationProcess(
            command,
            {**_of_the_machine(), **self.stand.variables(MIGRATION)},
            self._directory / f"migration-{next(self._numbers)}",
            new_ports(),
            self.tried.working_directory,
        )
        code = process.wait_ended(MIGRATION_SECONDS)
        process.stop()
        if code is None:
            return f"the migration had not ended after {MIGRATION_SECONDS} s"
        return f"the migration ended with {code}{process.last_words()}" if code else ""

    def process(self) -> ApplicationProcess:
        """The process that points share, ready: started anew where it has ended or isn't.

        Raises BrokenPointError where a new one doesn't get ready.
        """
        if self._shared and not self._is_ready(self._shared):
            self._shared.stop()
            self._shared = None
        if self._shared is None:
            self._shared = self.start()
            require(
                self._is_ready(self._shared), f"not ready within {READY_SECONDS:g} s of its start"
            )
        return self._shared

    def release(self) -> ApplicationProcess:
        """The shared process for whoever ends it; the next point gets another."""
        process, self._shared = self.process(), None
        return process

    def rest(self) -> None:
        """Kill the shared process, if it runs: so that it takes nothing of another's."""
        if self._shared:
            self._shared.stop()
            self._shared = None

    def start(
        self, command: Sequence[str] | None = None, told: Mapping[str, str] | None = None
    ) -> ApplicationProcess:
        """Another process, live; `told` are variables beside those of a pod, or in their place.

        Raises BrokenPointError where it isn't in time.
        """
        ports = new_ports()
        process = ApplicationProcess(
            command or self.tried.command,
            {**_of_the_machine(), **self.stand.variables(self.tried.name, ports), **(told or {})},
            self._directory / f"process-{next(self._numbers)}",
            ports,
            self.tried.working_directory,
        )
        self._processes.append(process)
        try:
            process.wait_live(self.tried.start_seconds)
        except NotLiveError as error:
            process.stop()
            raise BrokenPointError(str(error)) from error
        return process

    def start_ready(
        self, command: Sequence[str] | None = None, told: Mapping[str, str] | None = None
    ) -> ApplicationProcess:
        """As `start`, and ready. Raises BrokenPointError."""
        process = self.start(command, told=told)
        require(self._is_ready(process), f"not ready within {READY_SECONDS:g} s of its start")
        return process

    @contextmanager
    def clients(self, process: ApplicationProcess, count: int = 1) -> Iterator[ThreadPoolExecutor]:
        """Threads to ask it from. Whatever ends the block ends the process first, or its clients
        would be waited for as long as they wait."""
        with ThreadPoolExecutor(count) as threads:
            try:
                yield threads
            except BaseException:
                process.stop()
                raise

    def patient(self) -> str:
        """A new identifier, which no text of the application may hold."""
        self.planted.append(f"patient-{secrets.token_hex(8)}")
        return self.planted[-1]

    def ask(
        self, name: str, process: ApplicationProcess | None = None, patient: str | None = None
    ) -> WebAnswer:
        """Send a sample and wait as long as the edge does. Raises BrokenPointError without an
        answer."""
        if name == "read":
            # It may lag behind what was just written.
            self.stand.databases.catch_up()
        port = (process or self.process()).ports.requests
        return self.send(port, self.samples.request(name, patient or self.patient()))

    def send(self, port: int, request: WebRequest, seconds: float | None = None) -> WebAnswer:
        """One request; as long as the edge waits unless told. Raises BrokenPointError."""
        try:
            return send(port, request, seconds or LONGEST_REQUEST_SECONDS)
        except NoAnswerError as error:
            raise BrokenPointError(str(error)) from error

    def asked_well(
        self, name: str, process: ApplicationProcess | None = None, patient: str | None = None
    ) -> WebAnswer:
        """As `ask`, of a sample that must be carried out. Raises BrokenPointError."""
        answer = self.ask(name, process, patient)
        require(answer.good, f"the sample `{name}` was answered with {answer.status}")
        return answer

    def outputs(self) -> list[str]:
        """Lines that its processes wrote to standard output so far."""
        return [line for each in self._processes for line in _lines(each.output)]

    def said(self) -> list[str]:
        """Lines that its processes wrote to standard output or standard error so far."""
        return [
            *self.outputs(),
            *(line for each in self._processes for line in _lines(each.errors)),
        ]

    def once(self, name: str, see: Callable[[], T]) -> T:
        """What is seen only once, for whichever point asks first."""
        if name not in self._seen:
            self._seen[name] = see()
        return cast("T", self._seen[name])

    def stop(self) -> None:
        """End every process."""
        for process in self._processes:
            process.stop()

    def readiness(self, process: ApplicationProcess) -> WebAnswer | None:
        """What its readiness probe is answered; None where that takes longer than it waits."""
        try:
            return send(
                process.ports.requests, WebRequest(path=READY_PATH), READINESS.timeout_seconds
            )
        except NoAnswerError:
            return None

    def _is_ready(self, process: ApplicationProcess) -> bool:
        def ended_or_ready() -> bool:
            if process.exit_code is not None:
                return True
            answer = self.readiness(process)
            return answer is not None and answer.status == 200

        try:
            wait_until(ended_or_ready, "ready", READY_SECONDS)
        except TimeoutError:
            return False
        return process.exit_code is None


def _of_the_machine() -> dict[str, str]:
    """What a container has beside its pod's variables: an unknown user's home is the root."""
    return {"PATH": os.environ.get("PATH", os.defpath), "HOME": "/", "HOSTNAME": "conform"}


def _lines(file: Path) -> list[str]:
    return file.read_text(encoding="utf-8", errors="replace").splitlines()
