"""The application under trial: started as a pod's container, listened to, and stopped whole."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from rendering.shared.endpoints import LIVE_PATH
from rf.shared.applications.http_client import NoAnswerError, WebRequest, send
from rf.shared.errors import InputError
from rf.shared.servers.processes import free_port, wait_until
from rf.shared.termination import Begun, begin

ADDRESS = "127.0.0.1"

TAIL_LINES = 3
"""Of what a process said before it ended, for the sentence that tells of it."""


class CommandInputError(InputError):
    """A command that can't be run at all."""


class NotLiveError(Exception):
    """The application ended, or did not get live in time; the text says what was seen."""


def check_command(command: Sequence[str]) -> None:
    """Raise CommandInputError unless there is such a program."""
    if not command:
        raise CommandInputError("no command: rf conform APPLICATION -- COMMAND...")
    if shutil.which(command[0]) is None:
        raise CommandInputError(f"{command[0]}: no such program, or it may not be run")


@dataclass(frozen=True, kw_only=True)
class ProcessPorts:
    """Where one process listens; two of them run at once here, as on two pods."""

    requests: int
    metrics: int

    def variables(self) -> dict[str, str]:
        """What tells the process so."""
        return {"PORT": str(self.requests), "METRICS_PORT": str(self.metrics)}


@dataclass
class ApplicationProcess:
    """A running application. What it says goes to two files in `directory`.

    Whatever it starts is its own, in a session of its own or not: `stop` ends all of it.
    """

    command: Sequence[str]
    environment: Mapping[str, str]
    directory: Path
    ports: ProcessPorts
    working_directory: Path = field(default_factory=Path.cwd)
    _begun: Begun[subprocess.Popen[bytes]] = field(init=False)

    def __post_init__(self) -> None:
        self.directory.mkdir()
        self._begun = begin("the application", self._start, self._end)

    def _start(self) -> subprocess.Popen[bytes]:
        with self.output.open("ab") as output, self.errors.open("ab") as errors:
            return subprocess.Popen(
                # Should we be killed, so is it.
                ["setpriv", "--pdeathsig=KILL", "--", *self.command],
                cwd=self.working_directory,
                env=dict(self.environment),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=errors,
                start_new_session=True,
            )

    @property
    def output(self) -> Path:
        """What it wrote to standard output."""
        return self.directory / "stdout"

    @property
    def errors(self) -> Path:
        """What it wrote to standard error."""
        return self.directory / "stderr"

    @property
    def exit_code(self) -> int | None:
        """None while it runs; negative where a signal ended it."""
        return self._begun.thing.poll()

    def wait_live(self, seconds: float) -> None:
        """Raises NotLiveError where it ends, or does not answer its liveness probe in time."""

        def ended_or_live() -> bool:
            return self.exit_code is not None or self.is_live()

        try:
            wait_until(ended_or_live, "live", seconds)
        except TimeoutError:
            raise NotLiveError(
                f"{LIVE_PATH} on PORT did not answer 200 within {seconds:g} s{self.last_words()}"
            ) from None
        if self.exit_code is not None:
            raise NotLiveError(
                f"it ended with {self.exit_code} before it was live{self.last_words()}"
            )

    def is_live(self) -> bool:
        """Whether the liveness probe is answered with 200."""
        try:
            return send(self.ports.requests, WebRequest(path=LIVE_PATH), 2).status == 200
        except NoAnswerError:
            return False

    def terminate(self) -> None:
        """SIGTERM to process 1 alone, as the kubelet does."""
        if self.exit_code is None:
            self._begun.thing.send_signal(signal.SIGTERM)

    def wait_ended(self, seconds: float) -> int | None:
        """Its exit code; None where it still runs after so long."""
        try:
            return self._begun.thing.wait(seconds)
        except subprocess.TimeoutExpired:
            return None

    def left(self) -> list[int]:
        """Processes of it that run, beside the one that was started."""
        own = {*self.ports.variables().items()}
        found = [
            pid
            for pid in _pids()
            if pid != self._begun.thing.pid
            and (_session(pid) == self._begun.thing.pid or own <= _environment(pid))
        ]
        return [pid for pid in found if pid != os.getpid()]

    def last_words(self) -> str:
        """The end of what it said, as the end of a sentence."""
        said = self.errors.read_text(errors="replace") + self.output.read_text(errors="replace")
        lines = said.strip().splitlines()[-TAIL_LINES:]
        return "; it said: " + " / ".join(lines) if lines else "; it said nothing"

    def stop(self) -> None:
        """Kill it and all that it has started. Does nothing the second time."""
        self._begun.undo()

    def _end(self, process: subprocess.Popen[bytes]) -> None:
        for pid in [*self.left(), *([process.pid] if process.poll() is None else [])]:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        process.wait()
        # What one of them started while it was being killed.
        while late := self.left():
            for pid in late:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)


def new_ports() -> ProcessPorts:
    """Two ports that nobody listens on."""
    requests = free_port(ADDRESS)
    metrics = next(port for port in iter(lambda: free_port(ADDRESS), 0) if port != requests)
    return ProcessPorts(requests=requests, metrics=metrics)


def _pids() -> list[int]:
    return [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()]


def _session(pid: int) -> int:
    """The session of a process that runs; 0 of one that has ended, or waits to be buried."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(errors="replace").rpartition(")")[2].split()
    except OSError:
        return 0
    return 0 if fields[0] in "ZX" else int(fields[3])


def _environment(pid: int) -> set[tuple[str, str]]:
    """What the process was started with; nothing of those that are not ours to look at."""
    try:
        text = Path(f"/proc/{pid}/environ").read_bytes().decode(errors="replace")
    except OSError:
        return set()
    pairs = (entry.partition("=") for entry in text.split("\0") if "=" in entry)
    return {(name, value) for name, _, value in pairs}
