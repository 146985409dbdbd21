"""Real consumers of the job libraries: one process holds all of a lane, to spare CPU."""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from rf.shared.project import PROJECT_ROOT
from rf.shared.servers.processes import Process
from scaleplan.sizes import QueueClient
from tests.services.queue.node_clients import NodeClients

_HERE = Path(__file__).parent


@dataclass(frozen=True, kw_only=True)
class Setup:
    """What the consumers' process is told. `wanted` is the file that says how many there shall be,
    and which jobs are to be added; `job` is the jobs' name."""

    client: str
    queue: str
    prefix: str
    job: str
    priority: int
    wanted: str
    authority: str
    workerUrl: str  # noqa: N815 - read by JavaScript
    producerUrl: str  # noqa: N815


@dataclass(frozen=True, kw_only=True)
class ServedJob:
    """One job. Times are seconds of this machine's clock; `seconds` is what it was to take."""

    number: int
    consumer: str
    seconds: float
    added: float
    started: float
    ended: float

    @property
    def wait(self) -> float:
        """Seconds until somebody took it."""
        return self.started - self.added

    @property
    def took(self) -> float:
        """Seconds that it really kept its consumer."""
        return self.ended - self.started


@dataclass
class Consumers:
    """The consumers of one lane: the names of those that are `busy`, and the jobs that are done, as
    of the last `read`."""

    process: Process
    wanted: Path
    _names: set[str] = field(default_factory=set)
    _seconds: list[float] = field(default_factory=list)
    busy: set[str] = field(default_factory=set)
    jobs: list[ServedJob] = field(default_factory=list)
    _position: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def shall_be(self, names: set[str]) -> None:
        """Which consumers there shall be from now on."""
        with self._lock:
            self._names = names
            self._write()

    def add(self, seconds: list[float]) -> None:
        """Add jobs that take so long, once."""
        with self._lock:
            self._seconds = seconds
            self._write()

    def read(self) -> None:
        """Take in what they said since the last time. Raises RuntimeError where they ended."""
        with self._lock, self.process.log.open("rb") as log:
            log.seek(self._position)
            for line in log:
                if not line.endswith(b"\n"):
                    break
                self._position += len(line)
                self._take_in(line)

    def _take_in(self, line: bytes) -> None:
        try:
            said: dict[str, Any] = json.loads(line)
        except ValueError:
            raise RuntimeError(f"the consumers failed:\n{self.process.log_tail()}") from None
        if "ended" in said:
            self.busy.discard(said["consumer"])
            self.jobs.append(ServedJob(**said))
        else:
            self.busy.add(said["consumer"])

    def _write(self) -> None:
        text = json.dumps({"consumers": sorted(self._names), "seconds": self._seconds})
        # Whole or not at all: it is read at any moment.
        draft = self.wanted.with_suffix(".draft")
        draft.write_text(text, encoding="utf-8")
        draft.replace(self.wanted)


def start_consumers(
    stack: ExitStack, directory: Path, setup: Setup, clients: NodeClients
) -> Consumers:
    """Start the process, without a consumer yet; leaving `stack` stops it."""
    wanted = Path(setup.wanted)
    told = directory / "setup.json"
    told.write_text(json.dumps(asdict(setup)), encoding="utf-8")
    if setup.client == QueueClient.RQ:
        command = [sys.executable, str(_HERE / "rq_consumers.py"), str(told)]
        environment = {"PYTHONPATH": str(PROJECT_ROOT)}
    else:
        command = [clients.node, str(_HERE / "consumers.cjs"), str(told)]
        environment = {"NODE_PATH": str(clients.modules), "NODE_EXTRA_CA_CERTS": setup.authority}
    wanted.write_text('{"consumers": [], "seconds": []}', encoding="utf-8")
    log = directory / "consumers.log"
    process = Process(
        command,
        log,
        signal.SIGTERM,
        as_nobody=False,
        environment=environment | {"PATH": os.environ["PATH"]},
    )
    stack.callback(process.stop)
    return Consumers(process=process, wanted=wanted)
