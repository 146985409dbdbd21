"""The sandbox's server of a drill, which outlives a drill that stopped; and its end."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from rf.drill.progress import NoProgressError, Progress
from rf.shared.offline.invention import ACCOUNT_ID
from rf.shared.sandbox.emulator import SERVER, Emulator, Server
from rf.shared.termination import begin, staying, uninterrupted

PROGRESS_FILE = "progress.json"
"""How far a drill has come, in the folder of its stack and loss."""


@dataclass
class Held:
    """A running server. `keep`: it outlives this command, since the drill stopped."""

    server: Server
    keep: bool = False


@contextlib.contextmanager
def server_of(progress: Progress, folder: Path) -> Iterator[Held]:
    """The sandbox's server: that of the drill that stopped, or a new one.

    It ends with the drill, and the drill's folder goes, unless `keep` says that the drill stopped
    and may be resumed. One that was resumed may be resumed again, whatever ends it.
    """
    if progress.endpoint:
        held = Held(Server(progress.endpoint, Path(progress.log)))
        if not held.server.answers():
            raise NoProgressError(
                f"the sandbox of that drill no longer runs at {progress.endpoint}; "
                "start without --resume"
            )
        with staying(f"the drill, for --resume, and its embedded AWS at {progress.endpoint}"):
            yield held
        if not held.keep:
            _end(progress)
        return
    begun = begin("the drill's folder", lambda: folder, _remove_folder)
    with begun, Emulator(ACCOUNT_ID) as emulator:
        held = Held(emulator)
        progress.endpoint, progress.pid, progress.log = (
            emulator.endpoint,
            emulator.pid,
            str(emulator.log),
        )
        yield held
        if held.keep:
            with uninterrupted():
                emulator.detach(keep_log=True)
                begun.keep()


def forget(folder: Path) -> None:
    """Take away what an earlier drill left: its progress, and its server if it still runs."""
    path = folder / PROGRESS_FILE
    if path.exists():
        with contextlib.suppress(ValueError, KeyError, TypeError, AttributeError):
            earlier = json.loads(path.read_text(encoding="utf-8"))
            if Server(earlier["endpoint"], Path(earlier["log"])).answers():
                _end_process(int(earlier["pid"]), str(earlier["endpoint"]))
            Path(earlier["log"]).unlink(missing_ok=True)
    _remove_folder(folder)


def _remove_folder(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)


def _end(progress: Progress) -> None:
    _end_process(progress.pid, progress.endpoint)
    Path(progress.log).unlink(missing_ok=True)


def _end_process(pid: int, endpoint: str) -> None:
    """End a server that a drill started; a process that took its number since is left alone."""
    try:
        command = Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace").split("\0")
    except OSError:
        return
    if str(SERVER) in command and endpoint.rsplit(":", 1)[-1] in command:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGTERM)
