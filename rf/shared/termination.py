"""A command that is told to stop: what it has begun is undone, and one sentence says what.

`python -m rf` runs every command within `stopping_cleanly`; whatever outlives a function call (a
folder, a process, a checkout, half a file) comes into being through `begin`. A signal raises
`Stopped` in the main thread, between two steps of whatever runs there, so three things hold:

- what `begin` makes is on the list of open things as soon as it exists, and comes off it only when
  it was undone or kept: no moment between "made" and "noted" is open to a signal;
- making and undoing are never cut short: a signal that arrives meanwhile takes effect afterwards;
- what the unwinding itself misses is undone at the end, newest first.
"""

from __future__ import annotations

import contextlib
import signal
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from types import FrameType, TracebackType
from typing import Any, Generic, NoReturn, TypeVar

T = TypeVar("T")

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
"""Ctrl-C, a supervisor's request, and a terminal that is gone."""

END_SECONDS = 5.0
"""How long a process that was asked to end may take before it is killed."""


class Stopped(SystemExit):
    """A signal asked the command to stop. The exit code is the shell's: 128 and its number."""

    def __init__(self, number: signal.Signals) -> None:
        super().__init__(128 + number)
        self.number = number


class Begun(Generic[T]):
    """Something made by `begin`. As a context manager it is undone at the end, unless kept."""

    def __init__(self, what: str, thing: T, undo: Callable[[T], object]) -> None:
        self.what = what
        self.thing = thing
        self._undo = undo

    def __enter__(self) -> T:
        return self.thing

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with uninterrupted():
            if isinstance(error, Stopped):
                _undo_after(self)
            self.undo()

    def undo(self) -> None:
        """Undo it now. Does nothing where that was done already, or it was kept."""
        with uninterrupted():
            if self not in _run.open:
                return
            stopping = _run.asked is not None
            _run.open.remove(self)
            try:
                self._undo(self.thing)
            except Exception as error:
                if not stopping:
                    raise
                # The others are undone all the same.
                _run.left.append(f"{self.what} ({error})")
            else:
                if stopping:
                    _run.undone.append(self.what)

    def keep(self, said: str = "") -> None:
        """Let it stay. `said` names what outlives the command, should it be stopped later."""
        if self in _run.open:
            _run.open.remove(self)
            if said:
                _run.kept.append(said)


@dataclass
class _Run:
    """What the running command has open, and what it was asked."""

    open: list[Begun[Any]] = field(default_factory=list[Begun[Any]])
    uninterrupted: int = 0
    asked: signal.Signals | None = None
    raised: bool = False
    undone: list[str] = field(default_factory=list[str])
    left: list[str] = field(default_factory=list[str])
    kept: list[str] = field(default_factory=list[str])
    advice: list[str] = field(default_factory=list[str])

    announced: bool = False

    def tell(self) -> None:
        """Say what was undone, once, where a signal asked to stop."""
        if self.asked is None or self.announced:
            return
        self.announced = True
        # The terminal may be what is gone.
        with contextlib.suppress(OSError, ValueError):
            sys.stderr.write(f"{self._sentence(self.asked)}\n")
            sys.stderr.flush()

    def forget(self) -> None:
        """Be as before a command; what was begun around it stays open."""
        self.asked, self.raised, self.announced = None, False, False
        for names in (self.undone, self.left, self.kept, self.advice):
            names.clear()

    def _sentence(self, number: signal.Signals) -> str:
        parts = [f"Stopped by {number.name}"]
        if self.undone:
            parts.append(f"undone: {_listed(self.undone)}")
        if self.left:
            parts.append(f"left behind: {_listed(self.left)}")
        if self.kept:
            parts.append(f"kept: {_listed(self.kept)}")
        if len(parts) == 1:
            parts.append("there was nothing to undo")
        return "; ".join([*parts, *self.advice]) + "."


_run = _Run()


def begin(what: str, make: Callable[[], T], undo: Callable[[T], object]) -> Begun[T]:
    """Make something that must not outlive the command unasked, and note how to undo it.

    `what` names it in the sentence. What `make` raises comes through, and nothing was begun. Once
    the command was told to stop, an error of `undo` is told in the sentence instead of raised.
    For the main thread alone: a signal acts there.
    """
    with uninterrupted():
        begun = Begun(what, make(), undo)
        _run.open.append(begun)
    return begun


@contextlib.contextmanager
def uninterrupted() -> Iterator[None]:
    """A signal that arrives in here takes effect at the end."""
    _run.uninterrupted += 1
    try:
        yield
    finally:
        _run.uninterrupted -= 1
        if not _run.uninterrupted and _run.asked is not None and not _run.raised:
            _stop()


@contextlib.contextmanager
def staying(said: str) -> Iterator[None]:
    """Where a signal stops what is in here, the sentence says that this stays."""
    try:
        yield
    except Stopped:
        _run.kept.append(said)
        raise


@contextlib.contextmanager
def advising(said: str) -> Iterator[None]:
    """Where a signal stops what is in here, the sentence ends with how to go on."""
    try:
        yield
    except Stopped:
        _run.advice.append(said)
        raise


def stop_if_asked() -> None:
    """Raise Stopped where it was raised before and a library has swallowed it.

    Pulumi's SDK does so while it looks for a resource's place in the source
    (pulumi/runtime/resource.py, _get_source_position_for_frame).
    """
    if _run.asked is not None and not _run.uninterrupted:
        _stop()


def stopping_cleanly() -> contextlib.AbstractContextManager[None]:
    """SIGINT, SIGTERM and SIGHUP undo what is begun in here, say so on stderr and raise Stopped.

    A signal that was ignored before, as SIGHUP under nohup, still is. Within another one, and in
    another thread, it does nothing.
    """
    return _Stopping()


def end_process(
    process: subprocess.Popen[Any],
    number: signal.Signals = signal.SIGTERM,
    seconds: float = END_SECONDS,
) -> None:
    """Ask a process to end, and kill it if it takes longer. Does nothing when it has ended."""
    # First of all its pipes, or it may wait for us to read what it still has to say.
    for pipe in (process.stdin, process.stdout, process.stderr):
        if pipe is not None:
            with contextlib.suppress(OSError):
                pipe.close()
    end_beside_readers(process, number, seconds)


def end_beside_readers(
    process: subprocess.Popen[Any],
    number: signal.Signals = signal.SIGTERM,
    seconds: float = END_SECONDS,
) -> None:
    """As `end_process`, of one whose pipes others read: closing one would wait for its reader."""
    if process.poll() is not None:
        return
    process.send_signal(number)
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


class _Stopping(contextlib.AbstractContextManager[None]):
    # A class, so that no frame but this module's is between the signal and the undoing.

    def __init__(self) -> None:
        self._before: dict[signal.Signals, Any] = {}
        self._outer: list[Begun[Any]] = []

    def __enter__(self) -> None:
        if threading.current_thread() is not threading.main_thread():
            return
        self._outer = list(_run.open)
        for number in _SIGNALS:
            handler = signal.getsignal(number)
            if handler not in (signal.SIG_IGN, _on_signal):
                self._before[number] = handler
                signal.signal(number, _on_signal)
        if _run.asked is not None:
            self.__exit__(None, None, None)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if not self._before:
            return
        _run.uninterrupted += 1
        for begun in reversed([each for each in _run.open if each not in self._outer]):
            begun.undo()
        _run.tell()
        for number, handler in self._before.items():
            signal.signal(number, handler)
        _run.uninterrupted -= 1
        requested = _run.asked
        _run.tell()
        _run.forget()
        if requested is not None:
            raise Stopped(requested) from None


_AT_THE_EDGE = (_Stopping.__enter__.__code__, _Stopping.__exit__.__code__)
"""They look themselves whether a signal came."""


def _on_signal(number: int, frame: FrameType | None) -> None:
    again = _run.asked is not None
    if not again:
        _run.asked = signal.Signals(number)
    code = frame.f_code if frame is not None else None
    # A further signal matters only where a library has swallowed the first, never in here.
    ours = again and code is not None and code.co_filename == __file__
    if not (_run.uninterrupted or ours or code in _AT_THE_EDGE):
        _stop()


def _stop() -> NoReturn:
    if _run.asked is None:
        raise RuntimeError("nobody asked the command to stop")
    _run.raised = True
    raise Stopped(_run.asked)


def _undo_after(begun: Begun[Any]) -> None:
    """Undo what was begun later than this and is still open, newest first."""
    if begun in _run.open:
        for later in reversed(_run.open[_run.open.index(begun) + 1 :]):
            later.undo()


def _listed(names: list[str]) -> str:
    counted = Counter(names)
    return ", ".join(f"{name} ({count})" if count > 1 else name for name, count in counted.items())
