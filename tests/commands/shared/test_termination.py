"""A signal at any moment: what was begun is undone, in its order, and one sentence says so."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

from rf.shared import files, revisions, termination
from rf.shared.files import folders_made, replaced, temporary_folder, write_whole
from rf.shared.revisions import RevisionError, checked_out, run_all
from rf.shared.termination import (
    Stopped,
    begin,
    end_process,
    staying,
    stop_if_asked,
    stopping_cleanly,
    uninterrupted,
)
from tests.commands.report.revision_cases import Repository, plan_answer

OURS = {files.__file__, revisions.__file__, termination.__file__, __file__}
"""Where a signal is tried at every line."""


def signalled_at(moment: int, run: Callable[[], None]) -> bool:
    """Run it within `stopping_cleanly` with a SIGTERM at one of its lines, counted from its start;
    whether it came to it."""
    lines = 0

    def command() -> None:
        with stopping_cleanly():
            run()

    def trace(frame: FrameType, event: str, argument: Any) -> Any:
        nonlocal lines
        # The interpreter looks for signals at calls and jumps, so never between the block of this
        # `with` and its end, where a line of it would be counted.
        if frame.f_code.co_filename not in OURS or frame.f_code is command.__code__:
            return None
        if event == "line":
            lines += 1
            if lines == moment:
                # As the interpreter does between two steps of that frame.
                handler = signal.getsignal(signal.SIGTERM)
                assert callable(handler)
                handler(signal.SIGTERM, frame)
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        command()
    except Stopped:
        pass
    finally:
        sys.settrace(before)
    return lines >= moment


def at_every_moment(run: Callable[[], None], whole: Callable[[], None]) -> int:
    """Run it once for each of its lines, with a signal there, and look at what is left each time.
    Returns how many there were."""
    moment = 1
    while signalled_at(moment, run):
        whole()
        moment += 1
    whole()
    return moment - 1


class World:
    """Things made and undone, in order."""

    def __init__(self) -> None:
        self.standing: list[str] = []
        self.undone: list[str] = []

    def make(self, name: str) -> str:
        self.standing.append(name)
        return name

    def undo(self, name: str) -> None:
        # Whatever was made on top goes first.
        assert self.standing[-1] == name
        self.standing.pop()
        self.undone.append(name)

    def begin(self, name: str):
        return begin(name, lambda: self.make(name), self.undo)


def stopped(body: Callable[[], object]) -> Stopped:
    """How a command with this body ends, which a signal must stop."""

    def command() -> None:
        with stopping_cleanly():
            body()

    with pytest.raises(Stopped) as found:
        command()
    return found.value


@pytest.fixture(autouse=True)
def terminable() -> Iterator[None]:
    """A signal beside `stopping_cleanly` does nothing: not to the process that runs the tests.

    Nor is one ignored because a shell or nohup had the suite ignore it.
    """
    numbers = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
    before = {number: signal.signal(number, lambda *_: None) for number in numbers}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)
    assert termination._run == termination._Run(open=termination._run.open)


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130), (signal.SIGHUP, 129)]
)
def test_a_signal_undoes_what_was_begun_and_ends_with_the_shell_s_code(number, code, capsys):
    world = World()

    def body() -> None:
        with world.begin("first"), world.begin("second"):
            signal.raise_signal(number)
        pytest.fail("the command went on")

    assert stopped(body).code == code
    assert world.undone == ["second", "first"]
    said = capsys.readouterr()
    assert said.err == f"Stopped by {number.name}; undone: second, first.\n"
    assert said.out == ""


def test_a_command_that_nobody_stops_says_nothing_and_undoes_what_ends(capsys):
    world = World()
    with stopping_cleanly():
        with world.begin("passing"):
            pass
        world.begin("forgotten")
        world.begin("kept").keep("the kept one")
        world.standing.remove("kept")
    assert world.undone == ["passing", "forgotten"]
    assert capsys.readouterr().err == ""


def test_what_is_kept_and_what_stays_are_told(capsys):
    def body() -> None:
        begin("a", lambda: None, lambda _: None).keep("process 12")
        with staying("half of it"):
            signal.raise_signal(signal.SIGTERM)

    stopped(body)
    assert capsys.readouterr().err == "Stopped by SIGTERM; kept: process 12, half of it.\n"


def test_a_signal_before_anything_is_begun_says_that_there_was_nothing(capsys):
    with pytest.raises(Stopped), stopping_cleanly():
        signal.raise_signal(signal.SIGTERM)
    assert capsys.readouterr().err == "Stopped by SIGTERM; there was nothing to undo.\n"


def test_what_cannot_be_undone_is_told_and_the_rest_is_undone_all_the_same(capsys):
    world = World()

    def refuse(_: None) -> None:
        raise OSError("Permission denied")

    with (
        pytest.raises(Stopped),
        stopping_cleanly(),
        world.begin("first"),
        begin("stubborn", lambda: None, refuse),
    ):
        signal.raise_signal(signal.SIGTERM)
    assert world.undone == ["first"]
    said = capsys.readouterr().err
    assert said == "Stopped by SIGTERM; undone: first; left behind: stubborn (Permission denied).\n"


def test_whatever_the_moment_nothing_is_left_and_the_order_holds():
    world = World()

    def run() -> None:
        with world.begin("first"):
            second = world.begin("second")
            with world.begin("third"):
                pass
            second.undo()

    def whole() -> None:
        assert world.standing == []

    assert at_every_moment(run, whole) > 40


def test_a_second_signal_at_any_moment_of_the_undoing_changes_nothing():
    world = World()

    def run() -> None:
        world.begin("first")
        with world.begin("second"):
            world.begin("third")
            signal.raise_signal(signal.SIGTERM)

    def whole() -> None:
        assert world.standing == []

    assert at_every_moment(run, whole) > 60


def test_a_signal_while_something_is_made_waits_until_it_is_whole():
    steps: list[str] = []

    def make() -> None:
        signal.raise_signal(signal.SIGTERM)
        steps.append("made")

    with pytest.raises(Stopped), stopping_cleanly(), begin("a", make, lambda _: steps.append("un")):
        pytest.fail("the command went on")
    assert steps == ["made", "un"]


def swallowed() -> None:
    """As Pulumi's SDK does it."""
    with suppress(BaseException):
        signal.raise_signal(signal.SIGTERM)


def test_a_signal_that_a_library_swallowed_is_raised_at_the_next_look_and_at_the_end():
    def body() -> None:
        swallowed()
        stop_if_asked()
        pytest.fail("the command went on")

    stopped(swallowed)
    stopped(body)


def test_another_error_on_the_way_out_does_not_hide_the_signal():
    def body() -> None:
        try:
            signal.raise_signal(signal.SIGTERM)
        finally:
            raise OSError(errno.EIO, "the terminal is gone")

    stopped(body)


def test_a_signal_that_was_ignored_still_is():
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with stopping_cleanly():
            signal.raise_signal(signal.SIGHUP)
            assert signal.getsignal(signal.SIGTERM) != signal.getsignal(signal.SIGHUP)
    finally:
        signal.signal(signal.SIGHUP, before)


def test_what_was_begun_before_is_not_undone_with_the_command():
    world = World()
    outer = world.begin("of a test session")
    with pytest.raises(Stopped), stopping_cleanly(), uninterrupted():
        signal.raise_signal(signal.SIGTERM)
    assert world.standing == ["of a test session"]
    outer.undo()


def test_a_process_that_does_not_end_when_asked_is_killed():
    script = (
        "import signal, sys; signal.signal(15, signal.SIG_IGN); print(flush=True); sys.stdin.read()"
    )
    held, keeps_open = os.pipe()
    process = subprocess.Popen([sys.executable, "-c", script], stdin=held, stdout=subprocess.PIPE)
    assert process.stdout is not None
    process.stdout.readline()
    end_process(process, seconds=0)
    os.close(held)
    os.close(keeps_open)
    assert process.returncode == -signal.SIGKILL


# --- Files and folders -----------------------------------------------------------------------


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_file_is_the_old_one_or_the_new_one_whatever_the_moment(tmp_path: Path):
    path = tmp_path / "plan.png"
    path.write_text("old")

    def run() -> None:
        with replaced(path) as fresh:
            fresh.write_text("ne")
            fresh.write_text("new")

    def whole() -> None:
        assert names(tmp_path) == ["plan.png"]
        assert path.read_text() in ("old", "new")

    assert at_every_moment(run, whole) > 30


def test_a_cache_s_file_is_its_owner_s_and_whole_or_absent_whatever_the_moment(tmp_path: Path):
    path = tmp_path / "kept" / "prod.plan"

    def run() -> None:
        write_whole(path, b"new")

    def whole() -> None:
        if path.exists():
            assert (path.read_bytes(), path.stat().st_mode & 0o777) == (b"new", 0o600)
            path.unlink()
        assert not path.parent.exists() or names(path.parent) == []

    assert at_every_moment(run, whole) > 30


def test_a_full_disk_leaves_the_old_file_and_its_permissions_stay(tmp_path: Path):
    path = tmp_path / "prices.yaml"
    path.write_text("old")
    path.chmod(0o640)

    def write(fresh: Path) -> None:
        fresh.write_text("ne")
        raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(OSError, match="No space"), replaced(path) as fresh:
        write(fresh)
    assert (names(tmp_path), path.read_text()) == (["prices.yaml"], "old")
    with replaced(path) as fresh:
        fresh.write_text("new")
    assert (path.read_text(), path.stat().st_mode & 0o777) == ("new", 0o640)


def test_folders_that_were_made_go_again_and_others_stay(tmp_path: Path):
    there = tmp_path / "there"
    there.mkdir()

    def run() -> None:
        with folders_made(there / "a" / "b"), temporary_folder("x", "x", there):
            pass

    def whole() -> None:
        assert names(there) in ([], ["a"])
        if names(there):
            assert names(there / "a") == ["b"]
            (there / "a" / "b").rmdir()
            (there / "a").rmdir()

    assert at_every_moment(run, whole) > 40


# --- Checkouts of revisions ------------------------------------------------------------------


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    folder = tmp_path / "repository"
    folder.mkdir()
    return Repository(folder)


@pytest.fixture
def scratch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where temporary files go."""
    folder = tmp_path / "scratch"
    folder.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(folder))
    return folder


def test_a_checkout_is_gone_from_git_and_from_disk_whatever_the_moment(
    repository: Repository, scratch: Path
):
    revision = repository.commit(plan=plan_answer([]))

    def run() -> None:
        with checked_out(revision, repository.directory):
            pass

    def whole() -> None:
        assert len(repository.worktrees()) == 1
        assert not (repository.directory / ".git" / "worktrees").exists()
        assert names(scratch) == []

    assert at_every_moment(run, whole) > 60


def test_a_checkout_that_git_cannot_finish_is_gone_too_and_git_s_reason_is_told(
    repository: Repository, scratch: Path
):
    revision = repository.commit(plan=plan_answer([]))
    hook = repository.directory / ".git" / "hooks" / "post-checkout"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\necho fatal: No space left on device >&2\nexit 1\n")
    hook.chmod(0o755)
    with (
        pytest.raises(RevisionError, match="can't check it out: fatal: No space left on device"),
        checked_out(revision, repository.directory),
    ):
        pytest.fail("it was not checked out")
    assert len(repository.worktrees()) == 1
    assert names(scratch) == []


def test_a_checkout_that_was_locked_when_git_was_killed_is_taken_back(
    repository: Repository, scratch: Path
):
    revision = repository.commit(plan=plan_answer([]))
    with checked_out(revision, repository.directory) as checkout:
        # As Git leaves it where it is killed while it makes one.
        (note,) = (repository.directory / ".git" / "worktrees").iterdir()
        (note / "locked").write_text("initializing")
        (checkout.directory / ".git").unlink()
    assert len(repository.worktrees()) == 1


def test_processes_of_revisions_end_newest_first_and_are_named(repository: Repository, capsys):
    waits = "import sys\nprint('x' * 200_000, flush=True)\nsys.stdin.read()\n"
    revision = repository.commit_files({"rf/__main__.py": waits, "Pulumi.prod.yaml": ""})
    started: list[subprocess.Popen[str]] = []
    start = revisions._start

    def start_and_be_stopped(*arguments: Any) -> subprocess.Popen[str]:
        started.append(start(*arguments))
        if len(started) == 2:
            signal.raise_signal(signal.SIGTERM)
        return started[-1]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(revisions, "_start", start_and_be_stopped)
        patch.setattr("os.cpu_count", lambda: 2)
        with (
            pytest.raises(Stopped),
            stopping_cleanly(),
            checked_out(revision, repository.directory) as checkout,
        ):
            run_all(dict.fromkeys(("one", "two"), (checkout, ("preview",))))
    assert [process.returncode is not None for process in started] == [True, True]
    short = capsys.readouterr().err.replace(revision, "base")
    assert short == (
        "Stopped by SIGTERM; undone: `rf preview` at base (2), the checkout of base,"
        " the folder of base.\n"
    )
