"""Processes that are copies of one that has loaded its modules, where their start isn't tested.

Half of what a short command takes is Python's start and the loading of the libraries. Here one
process has done that; each command is a copy of it (`fork`), with arguments, folder, environment
and files of its own, the signals that it gets and its exit code.
"""

from __future__ import annotations

import array
import atexit
import json
import os
import select
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any, NoReturn

from rf.shared.project import PROJECT_ROOT

_MOST_BYTES = 1 << 20
_MOST_FILES = 16


class Copy:
    """A process that runs the given text as its program. `pid` is its own."""

    def __init__(self, pid: int, ended: int) -> None:
        self.pid = pid
        self._ended = ended
        self._code: int | None = None

    def wait(self) -> int:
        """Its exit code; of one that a signal ended, the signal's number below zero."""
        if self._code is None:
            self._code = int(os.read(self._ended, 16))
            os.close(self._ended)
        return self._code

    def send_signal(self, number: int) -> None:
        """Send it a signal, unless it has ended."""
        if self._code is None and not select.select([self._ended], [], [], 0)[0]:
            os.kill(self.pid, number)


class Original:
    """The process that copies are made of."""

    def __init__(self, line: socket.socket) -> None:
        self._line = line

    def copy(
        self,
        program: str,
        arguments: Sequence[str],
        *,
        folder: Path,
        environment: Mapping[str, str],
        files: Mapping[int, int],
    ) -> Copy:
        """Run `program` in a copy. `files` are ours by the number that each has there."""
        ended, theirs = os.pipe()
        asked = {
            "program": program,
            "arguments": list(arguments),
            "folder": str(folder),
            "environment": dict(environment),
            "numbers": list(files),
        }
        handed = [theirs, *files.values()]
        rights = (socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", handed))
        self._line.sendmsg([json.dumps(asked).encode()], [rights])
        os.close(theirs)
        return Copy(int(self._line.recv(16)), ended)


@contextmanager
def original(modules: Sequence[str]) -> Iterator[Original]:
    """A process that has loaded these modules, and nothing else happened in it."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    ours.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _MOST_BYTES)
    program = "import sys; from tests.copies import serve; serve(int(sys.argv[1]), sys.argv[2:])"
    process = subprocess.Popen(
        [sys.executable, "-c", program, str(theirs.fileno()), *modules],
        cwd=PROJECT_ROOT,
        pass_fds=[theirs.fileno()],
        stdin=subprocess.DEVNULL,
    )
    theirs.close()
    with ours:
        yield Original(ours)
    process.wait()


def serve(line: int, modules: Sequence[str]) -> None:
    """What the original does: make a copy for each message, until nobody is left to send one."""
    for module in modules:
        import_module(module)
    with socket.socket(fileno=line) as messages:
        while True:
            message, files, _, _ = socket.recv_fds(messages, _MOST_BYTES, _MOST_FILES)
            if not message:
                break
            # Between the copy and us stands who waits for it, so that others can be asked for.
            if os.fork() == 0:
                _attend(messages, json.loads(message), files)
            for file in files:
                os.close(file)
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass


def _attend(messages: socket.socket, asked: Mapping[str, Any], files: Sequence[int]) -> NoReturn:
    ended, *given = files
    pid = os.fork()
    if pid == 0:
        messages.close()
        os.close(ended)
        _run(asked, given)
    messages.send(str(pid).encode())
    messages.close()
    for file in given:
        os.close(file)
    _, status = os.waitpid(pid, 0)
    os.write(ended, str(os.waitstatus_to_exitcode(status)).encode())
    os._exit(0)


def _run(asked: Mapping[str, Any], given: Sequence[int]) -> NoReturn:
    """Be the command: as Python's own start and end, without taking its memory apart."""
    high = [os.dup(file) for file in given]  # clear of the numbers that they are to have
    for file, number in zip(high, asked["numbers"], strict=True):
        os.dup2(file, number)
    for file in {*given, *high} - set(asked["numbers"]):
        os.close(file)
    os.chdir(asked["folder"])
    os.environ.clear()
    os.environ.update(asked["environment"])
    tempfile.tempdir = None
    sys.argv = ["-c", *asked["arguments"]]
    code = 1
    try:
        exec(asked["program"], {"__name__": "__main__"})
        code = 0
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    except BaseException as error:  # noqa: BLE001 - as Python itself, which then ends with 1
        sys.excepthook(type(error), error, error.__traceback__)
    finally:
        atexit._run_exitfuncs()
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
