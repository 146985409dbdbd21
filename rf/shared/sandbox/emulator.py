"""The embedded AWS: moto's server as a process of our own, on a free loopback port."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Collection
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from urllib.error import URLError
from urllib.parse import urlsplit
from urllib.request import urlopen

from rf.shared.errors import FailedError
from rf.shared.termination import Begun, begin, end_process

LOOPBACK = "127.0.0.1"
START_SECONDS = 300.0
"""How long the server may take to answer: 2 s on two idle cores, many on a busy machine. One that
has ended is noticed at once."""

SERVER = Path(__file__).with_name("moto_server.py")
"""What the process runs; stands in its command line, with the port after it."""

FAULT_SECONDS = 2.0

_RAISED = re.compile(r"^Traceback .*\n(?:[ ].*\n)+(\S.*)\n", re.MULTILINE)
"""A traceback in the log; its last line, the exception, is captured."""


class EmulatorError(FailedError):
    """The emulator did not start. Says what its log ends with."""


class Server:
    """A moto server that answers at `endpoint` and writes to `log`, whoever started it."""

    def __init__(self, endpoint: str, log: Path) -> None:
        self.endpoint = endpoint
        self.log = log

    def answers(self) -> bool:
        """Whether it still runs."""
        return _answers(self.endpoint, seconds=1)

    def await_answer(self) -> None:
        """Return once it is ready for requests, which it is unless it was started just now."""

    def log_size(self) -> int:
        """Bytes logged so far; `fault_since` of it reads what a request has caused."""
        return self.log.stat().st_size

    def fault_since(self, offset: int) -> str:
        """The exception that made the server answer 500, e.g. `NotImplementedError: ...`.

        The server logs it just after the answer has left, so this waits a moment for it.
        """
        deadline = time.monotonic() + FAULT_SECONDS
        while time.monotonic() < deadline:
            errors = _RAISED.findall(self._log_from(offset))
            if errors:
                return errors[-1]
            time.sleep(0.005)
        return "no reason was logged"

    def _log_from(self, offset: int) -> str:
        with self.log.open("rb") as log:
            log.seek(offset)
            return log.read().decode(errors="replace")


class Emulator(Server):
    """A moto server of our own. As a context manager it always stops, unless it was detached.

    `account_id` is the account that the emulator plays, so that ARNs agree with the plan's.
    `services` are loaded at the start, others with their first request. The server starts while
    the caller goes on; a request waits for it.
    """

    def __init__(self, account_id: str, services: Collection[str] = ()) -> None:
        super().__init__("", Path())
        self._account_id = account_id
        self._services = services
        self._ready = False
        self._begun: Begun[subprocess.Popen[bytes]] | None = None
        self._log: Begun[Path] | None = None
        self._detached = False

    @property
    def pid(self) -> int:
        """The process to stop when the emulator was kept."""
        if self._begun is None:
            raise EmulatorError("the emulator is not running")
        return self._begun.thing.pid

    def __enter__(self) -> Emulator:
        self._log = begin("the log of the embedded AWS", _empty_log, _remove)
        self.log = self._log.thing
        with ExitStack() as on_failure:
            on_failure.callback(self.stop)
            self._begun = begin("the embedded AWS", self._start, end_process)
            on_failure.pop_all()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if not self._detached:
            self.stop()

    def detach(self, *, keep_log: bool = False) -> None:
        """Leave the server running after the `with` block: for `--keep`.

        Whoever goes on with it as a `Server` needs its log.
        """
        if self._begun is None or self._log is None:
            raise EmulatorError("the emulator is not running")
        self._detached = True
        self._begun.keep(f"the embedded AWS at {self.endpoint}, process {self.pid}")
        if keep_log:
            self._log.keep()
        else:
            self._log.undo()

    def stop(self) -> None:
        """End the server; asks first, then insists. Does nothing when it has ended."""
        if self._begun is not None:
            self._begun.undo()
            end_process(self._begun.thing)
        if self._log is not None:
            self._log.undo()

    def await_answer(self) -> None:
        """Return once it is ready. Raises EmulatorError, with the end of its log, if it fails."""
        if not self._ready:
            self._await_answer()
            self._ready = True

    def _start(self) -> subprocess.Popen[bytes]:
        # The socket takes connections from now on, and none once the process has ended.
        with (
            socket.create_server((LOOPBACK, 0)) as listener,
            self.log.open("wb") as log,
        ):
            port = listener.getsockname()[1]
            self.endpoint = f"http://{LOOPBACK}:{port}"
            handed = listener.fileno()
            return subprocess.Popen(
                [sys.executable, "-P", str(SERVER), str(port), str(handed), *self._services],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=_environment(self._account_id),
                pass_fds=[handed],
                # Ctrl-C is for our process, which then ends this one.
                start_new_session=True,
            )

    def _await_answer(self) -> None:
        if not _answers(self.endpoint, START_SECONDS):
            tail = self._log_from(0)[-600:].strip() or "nothing was logged"
            raise EmulatorError(f"the emulator did not answer on {self.endpoint}: {tail}")


def _empty_log() -> Path:
    handle, name = tempfile.mkstemp(prefix="rf-emulator-", suffix=".log")
    os.close(handle)
    return Path(name)


def _remove(path: Path) -> None:
    path.unlink(missing_ok=True)


def require_loopback(endpoint: str) -> None:
    """Refuse an endpoint that is not this machine: the sandbox must never reach a real account.

    It is a URL, or a host with a port. Raises ValueError.
    """
    host = urlsplit(endpoint if "://" in endpoint else f"//{endpoint}").hostname
    if host not in (LOOPBACK, "localhost", "::1"):
        raise ValueError(f"the sandbox only talks to this machine, not to {endpoint}")


def _answers(endpoint: str, seconds: float) -> bool:
    try:
        # Our own http URL.
        with urlopen(f"{endpoint}/moto-api/", timeout=seconds) as answer:  # noqa: S310
            return answer.status == 200
    except (URLError, OSError):
        return False


def _environment(account_id: str) -> dict[str, str]:
    """The server's environment: the shell's without anything of AWS, plus moto's switches."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith("AWS_")}
    return environment | {
        "MOTO_ACCOUNT_ID": account_id,
        # Attaching a managed policy whose name AWS doesn't know must fail here as it does there.
        "MOTO_IAM_LOAD_MANAGED_POLICIES": "true",
        # Hundreds of machine images that no plan names; loading them takes over a second.
        "MOTO_EC2_LOAD_DEFAULT_AMIS": "false",
    }
