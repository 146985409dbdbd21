"""Commands that a signal stops at chosen moments.

`rf` runs as a process of its own, which says where it is and waits there until the test has sent
the signal.
"""

from __future__ import annotations

import errno
import os
import select
import signal
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import IO

import pytest
from typer.testing import CliRunner

from rf.cli import app
from rf.export import writer as export
from rf.shared.plan import RecordedPlan
from rf.shared.project import PROJECT_ROOT
from rf.shared.revisions import checked_out
from tests.commands.report.revision_cases import ANSWERS, Repository, plan_answer
from tests.copies import Original, original

DRIVER = """
import os, runpy, signal, sys
from pathlib import Path
signal.signal(signal.SIGINT, signal.default_int_handler)
signal.signal(signal.SIGTERM, signal.SIG_DFL)
signal.signal(signal.SIGHUP, signal.SIG_DFL)
said, heard = int(sys.argv.pop(1)), int(sys.argv.pop(1))
def hold(where):
    children = Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()
    os.write(said, (" ".join([where, *children]) + "\\n").encode())
    os.read(heard, 1)
sys.modules["held"] = type(sys)("held")
sys.modules["held"].hold = hold
exec(sys.argv.pop(1))
sys.argv[0] = "rf"
runpy.run_module("rf", run_name="__main__", alter_sys=True)
"""
"""Runs `rf` after a patch of the test's, which calls `hold` at the moment that matters.

What a shell or nohup had the suite ignore would be ignored by the command too, and waited for in
vain.
"""


SAID, HEARD = 10, 11
"""Files of the command: what it says to the test, and what it hears."""

LOADED = ("matplotlib.figure", "rf.cli", "rf.shared.offline.record", "scaleplan.settings")
"""What takes longest to load; none of it says `PROGRAM` or `plan_of`, which patches exchange."""


class Running:
    """The command; `moment` waits until it holds, `go_on` lets it continue."""

    def __init__(
        self, loaded: Original, folder: Path, patch: str, *arguments: str, path: str = ""
    ) -> None:
        self.folder = folder
        self.scratch = folder / "scratch"
        self.scratch.mkdir()
        self.events = folder / "events"
        os.mkfifo(self.events)
        # Open for writing too: no reader of it ever meets the end of the file.
        self._events = os.open(self.events, os.O_RDWR)
        self._said, theirs = os.pipe()
        heard, self._heard = os.pipe()
        self._errors = (folder / "errors").open("w+")
        self._output = (folder / "output").open("w+")
        nothing = os.open(os.devnull, os.O_RDONLY)
        self.process = loaded.copy(
            DRIVER,
            [str(SAID), str(HEARD), patch, *arguments],
            folder=PROJECT_ROOT,
            environment={
                **os.environ,
                "TMPDIR": str(self.scratch),
                "PATH": f"{path}{os.pathsep}{os.environ['PATH']}" if path else os.environ["PATH"],
            },
            files={
                0: nothing,
                1: self._output.fileno(),
                2: self._errors.fileno(),
                SAID: theirs,
                HEARD: heard,
            },
        )
        os.close(nothing)
        os.close(theirs)
        os.close(heard)
        self.children: list[int] = []

    def moment(self) -> str:
        """Where it holds; the processes that it has then are remembered."""
        ready, _, _ = select.select([self._said, self._events], [], [])
        line = os.read(ready[0], 4096).decode()
        assert line, f"it ended: {self.errors()}"
        where, *children = line.split()
        self.children += [int(child) for child in children]
        return where

    def go_on(self) -> None:
        os.write(self._heard, b"\n")

    def stopped_by(self, number: signal.Signals) -> int:
        self.process.send_signal(number)
        return self.process.wait()

    def errors(self) -> str:
        return _all_of(self._errors)

    def output(self) -> str:
        return _all_of(self._output)

    def left(self) -> list[str]:
        """Files in its temporary folder, and processes, that are still there."""
        files = [str(path.relative_to(self.scratch)) for path in self.scratch.rglob("*")]
        return files + [str(pid) for pid in self.children if Path(f"/proc/{pid}").exists()]

    def close(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        for end in (self._events, self._said, self._heard):
            os.close(end)
        self._errors.close()
        self._output.close()


def _all_of(file: IO[str]) -> str:
    file.seek(0)
    return file.read()


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Original]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MPLCONFIGDIR", str(tmp_path_factory.mktemp("matplotlib")))
        with original(LOADED) as process:
            yield process


@pytest.fixture
def run(loaded: Original, tmp_path: Path) -> Iterator:
    started: list[Running] = []

    def start(patch: str, *arguments: str, path: str = "") -> Running:
        started.append(Running(loaded, tmp_path, patch, *arguments, path=path))
        return started[-1]

    yield start
    for running in started:
        running.close()


# --- rf report, rf grow --base: checkouts and processes of other revisions ----------------------


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    folder = tmp_path / "repository"
    folder.mkdir()
    return Repository(folder)


def holding_git(folder: Path, *moments: str) -> str:
    """A folder with a `git` that says when it is asked for one of these, and waits to be let on."""
    place = folder / "bin"
    place.mkdir()
    os.mkfifo(folder / "git-goes-on")
    program = place / "git"
    program.write_text(
        "#!/bin/sh\n"
        'for word in "$@"; do case "$word" in '
        f'{"|".join(moments)}) echo "$word" > {folder}/events; read _ < {folder}/git-goes-on;; '
        "esac; done\n"
        f'PATH="${{PATH#*:}}" exec git "$@"\n'
    )
    program.chmod(0o755)
    return str(place)


def waiting_revision(repository: Repository) -> str:
    """A revision whose `rf` says that it runs, and never ends by itself: nobody opens the other
    end of what it reads."""
    repository.commit(plan=plan_answer([]))
    events = repository.directory.parent / "events"
    os.mkfifo(repository.directory.parent / "never")
    text = (
        "import os\n"
        f"os.write(os.open({str(events)!r}, os.O_WRONLY), f'runs {{os.getpid()}}\\n'.encode())\n"
        f"os.open({str(repository.directory.parent / 'never')!r}, os.O_RDONLY)\n"
    )
    waiting = repository.commit_files({"rf/__main__.py": text})
    # What stands in the folder differs from it, else nothing needs to be planned.
    repository.commit_files({"rf/__main__.py": ANSWERS})
    return waiting


def of(repository: Repository) -> str:
    """The patch that has `rf` look at this repository."""
    return (
        "from functools import partial\n"
        f"here = Path({str(repository.directory)!r})\n"
        "import rf.grow.steps as g, rf.report.facts as r\n"
        "g.checked_out = partial(g.checked_out, repository=here)\n"
        "r.gather = partial(r.gather, repository=here)\n"
    )


@pytest.mark.parametrize(
    ("command", "number", "code"),
    [
        ("report", signal.SIGTERM, 143),
        ("report", signal.SIGINT, 130),
        ("report", signal.SIGHUP, 129),
        ("grow", signal.SIGTERM, 143),
    ],
)
def test_while_revisions_plan(run, repository, command, number, code):
    revision = waiting_revision(repository)
    running = run(of(repository), command, "--stack", "prod", "--base", revision)
    assert running.moment() == "runs"
    assert running.stopped_by(number) == code
    assert running.left() == []
    assert len(repository.worktrees()) == 1
    said = running.errors().strip().replace(revision, "base")
    assert said.startswith(f"Stopped by {number.name}; undone: `rf ")
    assert "the checkout of base" in said
    assert "\n" not in said
    assert running.output() == ""


def reporting(run, repository, *, path):
    """A report of prod against a revision that never ends; `path` leads to its git."""
    arguments = ("report", "--stack", "prod", "--base", waiting_revision(repository))
    return run(of(repository), *arguments, path=path)


def test_while_git_makes_the_checkout(run, repository, tmp_path):
    running = reporting(run, repository, path=holding_git(tmp_path, "add"))
    assert running.moment() == "add"
    running.process.send_signal(signal.SIGTERM)
    (tmp_path / "git-goes-on").write_text("\n")
    assert running.process.wait() == 143
    assert running.left() == []
    assert len(repository.worktrees()) == 1


def test_a_second_signal_while_the_checkout_is_taken_back(run, repository, tmp_path):
    running = reporting(run, repository, path=holding_git(tmp_path, "remove"))
    assert running.moment() == "runs"
    running.process.send_signal(signal.SIGTERM)
    assert running.moment() == "remove"
    running.process.send_signal(signal.SIGTERM)
    running.process.send_signal(signal.SIGINT)
    (tmp_path / "git-goes-on").write_text("\n")
    assert running.process.wait() == 143
    assert running.left() == []
    assert len(repository.worktrees()) == 1


# --- rf up, rf drill: the embedded AWS ----------------------------------------------------------

ONE_BUCKET = """
import pulumi, pulumi_aws as aws
from held import hold
hold("program")
aws.s3.Bucket("files", bucket="researchflow-tiny", opts=pulumi.ResourceOptions(
    provider=aws.Provider("aws", region="eu-west-1")))
"""


def up_of(tmp_path: Path) -> str:
    """The patch that has `rf up` bring a program of one bucket up."""
    program = tmp_path / "program" / "__main__.py"
    program.parent.mkdir()
    program.write_text(ONE_BUCKET)
    return (
        "import rf.shared.project as p\n"
        f"p.PROGRAM = Path({str(program)!r})\n"
        "import rf.shared.stacks as s\n"
        "s.stack_config = lambda *_, **__: {}\n"
        "s.references_of = lambda *_: {}\n"
        "from rf.shared.offline.record import record\n"
        "s.plan_of = lambda stack, **_: record(p.PROGRAM, s.project_name(), stack)\n"
        "import rf.up.bring_up as c\n"
        "from rf.shared.sandbox.emulator import Emulator\n"
        "awaited = Emulator._await_answer\n"
        "def first_held(self):\n"
        "    hold('starting')\n"
        "    awaited(self)\n"
        "Emulator._await_answer = first_held\n"
        "def verified(*_):\n"
        "    hold('verifying')\n"
        "    return []\n"
        "c.verify = verified\n"
        "written = c.write_export\n"
        "def exported(plan, folder):\n"
        "    written(plan, folder)\n"
        "    hold('exported')\n"
        "c.write_export = exported\n"
    )


@pytest.mark.parametrize("moment", range(5))
def test_up_takes_its_server_and_folders_along(run, tmp_path, moment):
    running = run(up_of(tmp_path), "up", "--stack", "tiny")
    moments = ["program", "program", "starting", "verifying", "exported"]
    assert running.moment() == moments[0]
    for expected in moments[1 : moment + 1]:
        running.go_on()
        assert running.moment() == expected
    assert len(running.children) >= (0 if moment == 0 else 1)
    assert running.stopped_by(signal.SIGTERM) == 143
    assert running.left() == []
    said = running.errors()
    assert "violation" not in said
    undone = "there was nothing to undo" if moment == 0 else "the embedded AWS"
    assert undone in said
    assert ("the folder of the Kubernetes objects" in said) == (moment == 4)


DRILL = """
import rf.drill.drill as c
c.FOLDER = Path({folder!r})
c._check_question = lambda _: None
def brought_up(server, progress, folder, **_):
    progress.save(folder / "progress.json")
    hold("brought-up")
c.bring_up = brought_up
"""


def test_a_drill_takes_its_server_and_its_folder_along(run, tmp_path):
    patch = DRILL.format(folder=str(tmp_path / "drills"))
    running = run(patch, "drill", "--stack", "dev", "--lose", "primary")
    assert running.moment() == "brought-up"
    assert running.children
    assert running.stopped_by(signal.SIGTERM) == 143
    assert running.left() == []
    assert list((tmp_path / "drills").iterdir()) == []
    assert "the embedded AWS, the log of the embedded AWS, the drill's folder" in running.errors()


REAL_SERVERS = """
import rf.drill.measuring as m
import rf.drill.drill as c
from rf.drill.result import DrillResult
from rf.shared.servers.processes import Process
import signal
def programs(folder):
    Process([sys.executable, "-c", "import signal; signal.pause()"], folder / "log", signal.SIGTERM,
            as_nobody=False)
    hold("serving")
m.runnable_programs = programs
c.run_drill = lambda *_: m.measure(None, None, None, lambda _: None)
"""


def test_a_drill_on_real_servers_ends_them_and_takes_their_folder_along(run):
    running = run(REAL_SERVERS, "drill", "--stack", "dev", "--lose", "primary")
    assert running.moment() == "serving"
    assert running.children
    assert running.stopped_by(signal.SIGTERM) == 143
    assert running.left() == []
    assert "a server, python" in running.errors()


# --- What writes files --------------------------------------------------------------------------

NO_RESOURCES = """
from rf.shared.plan import RecordedPlan
from rf.shared.revisions import checked_out
import rf.shared.stacks as s
s.plan_of = lambda *_, **__: RecordedPlan(
    project="p", stack="dev", size="small", resources=(), outputs={}
)
"""

HALF_AN_EXPORT = (
    NO_RESOURCES
    + """
import rf.export.writer as e
def half(folder, texts):
    (folder / "plan.json").write_text("{")
    hold("writing")
e._write = half
"""
)


def test_an_export_leaves_neither_files_nor_the_folders_it_made(run, tmp_path):
    out = tmp_path / "exports" / "of" / "dev"
    running = run(HALF_AN_EXPORT, "export", "--stack", "dev", "--out", str(out))
    assert running.moment() == "writing"
    assert running.stopped_by(signal.SIGTERM) == 143
    assert not (tmp_path / "exports").exists()
    assert "undone: the unfinished dev, the folder" in running.errors()


HALF_A_CHART = """
from matplotlib.figure import Figure
def half(self, path, **_):
    Path(path).write_bytes(b"half")
    hold("drawing")
Figure.savefig = half
import rf.size.view as c
from rf.size.sweep import Point
from tests.commands.size.test_size_sweep import POINTS
c.sweep = lambda *_: (point for point in POINTS)
"""


def test_a_chart_that_is_half_drawn_leaves_the_old_one(run, tmp_path):
    chart = tmp_path / "charts" / "sweep.png"
    chart.parent.mkdir()
    chart.write_bytes(b"old")
    running = run(HALF_A_CHART, "size", "--stack", "dev", "--sweep", str(chart))
    assert running.moment() == "drawing"
    assert running.stopped_by(signal.SIGTERM) == 143
    assert [path.name for path in chart.parent.iterdir()] == ["sweep.png"]
    assert chart.read_bytes() == b"old"
    assert "undone: the unfinished sweep.png" in running.errors()


# --- Commands that make nothing: they stop at once, and say so ----------------------------------

HELD_PLAN = """
import rf.shared.stacks as s
s.plan_of = lambda *_, **__: hold("planning")
import rf.preflight.checks as p
p.rows_of = lambda *_, **__: hold("planning")
"""


@pytest.mark.parametrize("command", ["preview", "policy", "preflight"])
def test_a_command_that_makes_nothing_says_so_and_has_the_same_code(run, command):
    running = run(HELD_PLAN, command, "--stack", "dev")
    assert running.moment() == "planning"
    assert running.stopped_by(signal.SIGTERM) == 143
    assert running.errors() == "Stopped by SIGTERM; there was nothing to undo.\n"


# --- A full disk --------------------------------------------------------------------------------


class Full:
    """A disk on which only a few more files find room."""

    def __init__(self, room: int) -> None:
        self.room = room

    def in_place_of_write_text(self) -> Callable[..., None]:
        """What stands for Path.write_text."""

        def write_text(path: Path, text: str, **_: str) -> None:
            if not self.room:
                path.write_bytes(text.encode()[:1])
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))
            self.room -= 1
            path.write_bytes(text.encode())

        return write_text


@pytest.mark.parametrize("room", [0, 1])
def test_an_export_on_a_full_disk_leaves_the_old_one_alone(tmp_path, monkeypatch, room):
    plan = RecordedPlan(project="p", stack="dev", size="small", resources=(), outputs={})
    out = tmp_path / "out"
    export.write_export(plan, out)
    before = {path.name: path.read_bytes() for path in out.iterdir()}
    for target in (out, tmp_path / "new" / "out"):
        full = Full(room)
        monkeypatch.setattr(Path, "write_text", full.in_place_of_write_text())
        with pytest.raises(export.ExportError, match="No space left"):
            export.write_export(plan, target)
    assert [path.name for path in tmp_path.iterdir()] == ["out"]
    assert {path.name: path.read_bytes() for path in out.iterdir()} == before


def test_a_full_disk_is_one_sentence_and_exit_code_1(monkeypatch, repository):
    def full(**_: object) -> str:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "/tmp")

    revision = repository.commit(plan=plan_answer([]))
    monkeypatch.setattr("tempfile.mkdtemp", full)
    here = partial(checked_out, repository=repository.directory)
    monkeypatch.setattr("rf.grow.steps.checked_out", here)
    result = CliRunner().invoke(app, ["grow", "--stack", "prod", "--base", revision])
    assert result.exit_code == 1
    said = "/tmp: No space left on device; what was begun was taken back"
    assert result.output.strip() == said
    assert len(repository.worktrees()) == 1
