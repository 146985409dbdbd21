"""Running servers: as no root, on free ports, waited for and stopped."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rf.shared.termination import Begun, begin, end_process

DEADLINE_SECONDS = 300.0
"""After this a server hangs. On a busy machine one that takes a second to start took twenty."""

STOP_SECONDS = 30.0
"""What a server has to end in before it is killed; it may have been frozen."""

UNPRIVILEGED_ID = 65534
"""`nobody`: PostgreSQL and PgBouncer refuse to run as root."""


def wait_until(
    condition: Callable[[], Any],
    what: str,
    seconds: float = DEADLINE_SECONDS,
    interval_seconds: float = 0.02,
) -> Any:
    """The condition's first true value. Raises TimeoutError, which says what never came true."""
    deadline = time.monotonic() + seconds
    while not (value := condition()):
        if time.monotonic() > deadline:
            raise TimeoutError(f"after {seconds:g} s still not: {what}")
        time.sleep(interval_seconds)
    return value


def free_port(*addresses: str) -> int:
    """A port that nobody listens on, at any of these addresses."""
    while True:
        with ExitStack() as stack:
            probe = stack.enter_context(closing(socket.socket()))
            probe.bind((addresses[0], 0))
            port: int = probe.getsockname()[1]
            try:
                for address in addresses[1:]:
                    stack.enter_context(closing(socket.socket())).bind((address, port))
            except OSError:
                continue
            return port


def unprivileged(command: list[str], dies_with_us: str | None = None) -> list[str]:
    """The command under a user that is not root, killed by a signal if this process dies first."""
    options: list[str] = []
    if os.geteuid() == 0:
        options += [f"--reuid={UNPRIVILEGED_ID}", f"--regid={UNPRIVILEGED_ID}", "--clear-groups"]
    if dies_with_us:
        options.append(f"--pdeathsig={dies_with_us}")
    return ["setpriv", *options, *command] if options else command


_OF_WHOEVER_RUNS_US = ("PG", "ETCD", "AWS_", "KUBE", "PULUMI_", "HELM_")
"""Variables that would point a server or a client to somebody's files, accounts or servers."""


def _environment() -> dict[str, str]:
    environment = {
        key: value for key, value in os.environ.items() if not key.startswith(_OF_WHOEVER_RUNS_US)
    }
    return environment | {"HOME": "/nonexistent"}


def give_away(*paths: Path) -> None:
    """Let the servers' user own these."""
    if os.geteuid() == 0:
        for path in paths:
            os.chown(path, UNPRIVILEGED_ID, UNPRIVILEGED_ID)


def write_private(path: Path, content: bytes) -> Path:
    """A file that its owner, the servers' user, alone can read."""
    path.touch(mode=0o600)
    path.write_bytes(content)
    give_away(path)
    return path


@dataclass
class Process:
    """A server that runs until `stop`; what it says goes to `log`. `environment` adds to ours."""

    command: list[str]
    log: Path
    stop_signal: signal.Signals
    as_nobody: bool = True
    environment: Mapping[str, str] = field(default_factory=dict)
    _begun: Begun[subprocess.Popen[bytes]] = field(init=False)

    def __post_init__(self) -> None:
        last_signal = self.stop_signal.name.removeprefix("SIG")
        command = (
            unprivileged(self.command, dies_with_us=last_signal)
            if self.as_nobody
            else ["setpriv", f"--pdeathsig={last_signal}", *self.command]
        )
        what = f"a server, {Path(self.command[0]).name}"
        self._begun = begin(
            what,
            lambda: self._start(command),
            lambda running: end_process(running, self.stop_signal, STOP_SECONDS),
        )

    def _start(self, command: list[str]) -> subprocess.Popen[bytes]:
        with self.log.open("ab") as output:
            return subprocess.Popen(
                command,
                cwd="/",
                env={**_environment(), **self.environment},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                # Ctrl-C is for our process, which then stops the servers in their order.
                start_new_session=True,
            )

    @property
    def _running(self) -> subprocess.Popen[bytes]:
        return self._begun.thing

    @property
    def pid(self) -> int:
        """The process to look at; `stop` ends it."""
        return self._running.pid

    def wait_ready(
        self,
        ready: Callable[[], bool],
        seconds: float = DEADLINE_SECONDS,
        interval_seconds: float = 0.02,
    ) -> None:
        """Raises RuntimeError with the log's end when it exits, or is not ready in time."""

        def ended_or_ready() -> bool:
            return self._running.poll() is not None or ready()

        try:
            what = f"{self.command[0]} is ready"
            wait_until(ended_or_ready, what, seconds, interval_seconds)
        except TimeoutError as error:
            raise RuntimeError(f"{error}\n{self.log_tail()}") from error
        if self._running.poll() is not None:
            raise RuntimeError(f"{self.command[0]} ended\n{self.log_tail()}")

    def log_tail(self) -> str:
        """The last lines that it has said."""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-30:])

    def signal(self, number: signal.Signals) -> None:
        """Send it a signal: SIGKILL is a crash, SIGSTOP a freeze."""
        self._running.send_signal(number)

    def stop(self) -> None:
        """End it; asks first, then insists. Does nothing when it has ended."""
        self._begun.undo()


def printed_port(process: Process) -> str:
    """The port that a server prints in a line of its own once it listens."""

    def port() -> str:
        return next((line for line in process.log.read_text().splitlines() if line.isdigit()), "")

    process.wait_ready(lambda: bool(port()))
    return port()


def run(
    command: list[str], environment: Mapping[str, str] | None = None, *, as_nobody: bool = True
) -> str:
    """What a program writes. Raises RuntimeError with what it said when it fails.

    `environment` adds to ours.
    """
    result = subprocess.run(
        unprivileged(command) if as_nobody else command,
        cwd="/",
        env={**_environment(), **(environment or {})},
        capture_output=True,
        text=True,
        check=False,
    )
    if result.returncode:
        raise RuntimeError(f"{command[0]} failed\n{result.stdout}{result.stderr}")
    return result.stdout


def listens(address: str, port: int) -> bool:
    """Whether somebody takes connections there."""
    with closing(socket.socket()) as probe:
        return probe.connect_ex((address, port)) == 0
