"""What people wait for, at another revision and as the files are now, side by side.

Run: `make bench BASE=REV`, with `ROWS="help mistake"` for some rows only. Each row's command runs
at both in turn, so that a busy minute slows both; first once without being counted, so that
Python's bytecode is there. Printed are median, minimum and maximum of CPU and wall seconds, the
largest memory of one process, and the ratios of the runs, pair by pair. Nothing is judged.

Beside them stands a floor: the SDK's own mocks with as many resources of each package as the plan
of prod, and nothing else.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

if __package__ in {None, ""}:
    # Started by its path, Python looks for modules beside this file only.
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from rf.shared.project import PROJECT_ROOT

RUNS = 5
RUNS_OF_LONG_ROWS = 2
LONG_SECONDS = 60
"""A row whose first, uncounted run takes longer, of either, is a long one."""

MIB = 1024
"""KiB, in which Linux counts memory."""


@dataclass(frozen=True, kw_only=True)
class Row:
    """One command. `arguments` are Python's; `{base}` in them is the other revision.

    With `fresh` each run has an environment, caches and a checkout of its own. With `cold` the
    checkout's caches are empty before each run. `codes` are those of a run that did its work.
    """

    title: str
    arguments: tuple[str, ...]
    codes: tuple[int, ...] = (0,)
    cold: bool = False
    fresh: bool = False


def _rf(*arguments: str) -> tuple[str, ...]:
    return ("-m", "rf", *arguments)


_PREVIEW = _rf("preview", "--stack", "prod", "--json")
_REPORT = _rf("report", "--all-stacks", "--base", "{base}~1", "--head", "{base}")

ROWS: Mapping[str, Row] = {
    "set-up": Row(title="set-up of a fresh clone, and its first `rf up`", arguments=(), fresh=True),
    "preview-cold": Row(title="`rf preview --stack prod`, cold", arguments=_PREVIEW, cold=True),
    "preview-warm": Row(title="`rf preview --stack prod`, warm", arguments=_PREVIEW),
    "policy-warm": Row(
        title="`rf policy --stack prod`, warm",
        arguments=_rf("policy", "--stack", "prod"),
        codes=(0, 1),
    ),
    "size": Row(title="`rf size --users 800`", arguments=_rf("size", "--users", "800"), cold=True),
    "sweep": Row(
        title="`rf size --sweep`", arguments=_rf("size", "--sweep", "sweep.png"), cold=True
    ),
    "grow": Row(
        title="`rf grow small medium large`",
        arguments=_rf("grow", "small", "medium", "large"),
        codes=(0, 1),
        cold=True,
    ),
    "report": Row(title="`rf report --all-stacks`", arguments=_REPORT, codes=(0, 1), cold=True),
    "usage": Row(title="a usage error", arguments=_rf("preview", "--stak", "prod"), codes=(2,)),
    "help": Row(title="`rf --help`", arguments=_rf("--help")),
    "mistake": Row(
        title="a mistake in the configuration",
        arguments=_rf("preview", "--stack", "prod", "--set", "worker.maxReplicas=oops"),
        codes=(2,),
    ),
    "test": Row(
        title="the default tests",
        arguments=("-m", "pytest", "-q", "-n", "2", "--dist", "loadgroup"),
        cold=True,
    ),
}

USUAL = tuple(name for name in ROWS if name != "test")
"""The tests take too long to be measured with each of the others: only where they are named."""

FLOOR = """
import json, sys
import pulumi, pulumi_aws as aws, pulumi_kubernetes as kubernetes
import pulumi_random as random, pulumi_tls as tls

class Mocks(pulumi.runtime.Mocks):
    def new_resource(self, args):
        return f"{args.name}-id", args.inputs
    def call(self, args):
        return {}

pulumi.runtime.set_mocks(Mocks())
MADE = {
    "aws": lambda name: aws.sqs.Queue(name),
    "kubernetes": lambda name: kubernetes.core.v1.ConfigMap(name, data={"key": "value"}),
    "random": lambda name: random.RandomPassword(name, length=16),
    "tls": lambda name: tls.PrivateKey(name, algorithm="ECDSA"),
}

@pulumi.runtime.test
def program():
    made = [
        MADE[package](f"{package}-{number}").urn
        for package, count in json.loads(sys.argv[1]).items()
        for number in range(count)
    ]
    return pulumi.Output.all(*made)

program()
"""


class UnknownRevisionError(Exception):
    """Git does not know the revision to compare with."""


class RunFailedError(Exception):
    """A command did not do its work, so its time says nothing; the text has what it printed."""


@dataclass(frozen=True, kw_only=True)
class Run:
    """CPU and wall seconds of a command and all that it started, MiB of its largest process."""

    cpu: float
    wall: float
    peak: float


@dataclass(frozen=True, kw_only=True)
class Tree:
    """The files of one side; `python` is the environment's interpreter."""

    name: str
    directory: Path
    python: str
    base: str = ""


@dataclass(frozen=True, kw_only=True)
class Compared:
    """A row's runs, pair by pair. A floor has no base."""

    title: str
    base: Sequence[Run] = field(default_factory=tuple)
    head: Sequence[Run]

    def ratios(self) -> list[float]:
        """CPU as the files are now over CPU at the base, of each pair."""
        return [head.cpu / base.cpu for base, head in zip(self.base, self.head, strict=False)]


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print; 0 done, 1 a command did not do its work, 2 bad usage."""
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--base", default="HEAD", help="revision to compare with (%(default)s)")
    parser.add_argument("--rows", nargs="*", choices=ROWS, metavar="ROW", help=" ".join(ROWS))
    asked = parser.parse_args(arguments)
    names = asked.rows or USUAL
    try:
        with trees(asked.base) as (base, head):
            for name in names:
                _say(f"measuring {name}")
                print_row(compare(ROWS[name], base, head))
            if {"preview-cold", "preview-warm"} & set(names):
                print_row(floor(head))
    except UnknownRevisionError as error:
        _say(str(error))
        return 2
    except RunFailedError as error:
        _say(str(error))
        return 1
    return 0


@contextlib.contextmanager
def trees(revision: str) -> Iterator[tuple[Tree, Tree]]:
    """Clones of the repository: at the revision, and with the files as they are now.

    Both are clones, so that neither has caches or anything else that the other lacks. Raises
    UnknownRevisionError.
    """
    try:
        commit = _git(PROJECT_ROOT, "rev-parse", "--verify", f"{revision}^{{commit}}")
    except subprocess.CalledProcessError:
        raise UnknownRevisionError(f"BASE = {revision}: Git knows no such revision") from None
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        made = []
        for name, start in (("base", commit), ("head", _git(PROJECT_ROOT, "rev-parse", "HEAD"))):
            directory = Path(folder) / name
            _git(PROJECT_ROOT, "clone", "--quiet", str(PROJECT_ROOT), str(directory))
            _git(directory, "checkout", "--quiet", "--detach", start)
            made.append(Tree(name=name, directory=directory, python=sys.executable, base=commit))
        _lay_over(made[1].directory)
        yield made[0], made[1]


def compare(row: Row, base: Tree, head: Tree) -> Compared:
    """Run a row at both in turn. Raises RunFailedError."""
    # A fresh clone has no bytecode, and its set-up is long for certain.
    first = [] if row.fresh else [run_row(row, tree) for tree in (base, head)]
    long = row.fresh or any(each.wall > LONG_SECONDS for each in first)
    runs: dict[str, list[Run]] = {base.name: [], head.name: []}
    for _ in range(RUNS_OF_LONG_ROWS if long else RUNS):
        for tree in (base, head):
            runs[tree.name].append(run_row(row, tree))
    return Compared(title=row.title, base=runs[base.name], head=runs[head.name])


def floor(tree: Tree) -> Compared:
    """The SDK's mocks with as many resources of each package as prod's plan has."""
    command = [tree.python, *_PREVIEW]
    plan = subprocess.run(command, cwd=tree.directory, capture_output=True, check=True)
    counts = Counter(
        resource["type"].partition(":")[0] for resource in json.loads(plan.stdout)["resources"]
    )
    packages = {name: counts[name] for name in ("aws", "kubernetes", "random", "tls")}
    told = ", ".join(f"{count} {name}" for name, count in packages.items())
    command = [tree.python, "-c", FLOOR, json.dumps(packages)]
    runs = [measured(command, tree.directory, _environment(), (0,)) for _ in range(RUNS + 1)][1:]
    return Compared(title=f"the SDK's mocks alone ({told})", head=runs)


def run_row(row: Row, tree: Tree) -> Run:
    """One run. Raises RunFailedError."""
    if row.fresh:
        return _run_fresh(row, tree)
    if row.cold:
        shutil.rmtree(tree.directory / ".cache", ignore_errors=True)
    command = [tree.python, *(each.replace("{base}", tree.base) for each in row.arguments)]
    return measured(command, tree.directory, _environment(), row.codes)


def _run_fresh(row: Row, tree: Tree) -> Run:
    """Everything that a newcomer's first `make up` does and fetches."""
    with tempfile.TemporaryDirectory(prefix="bench-fresh-") as folder:
        clone = Path(folder) / "clone"
        shutil.copytree(
            tree.directory,
            clone,
            symlinks=True,
            ignore=shutil.ignore_patterns(".cache", "__pycache__"),
        )
        empty = {
            "PIP_CACHE_DIR": str(Path(folder) / "pip"),
            "UV_CACHE_DIR": str(Path(folder) / "uv"),
        }
        python = getattr(sys, "_base_executable", sys.executable)
        command = ["make", "up", f"PYTHON={python}"]
        return measured(command, clone, _environment() | empty, row.codes)


def measured(
    command: Sequence[str], directory: Path, environment: Mapping[str, str], codes: Sequence[int]
) -> Run:
    """Run a command to its end. Raises RunFailedError for another exit code than `codes`."""
    with tempfile.TemporaryFile() as printed:
        started = time.perf_counter()
        process = subprocess.Popen(
            command, cwd=directory, env=environment, stdout=printed, stderr=subprocess.STDOUT
        )
        # Of the process and, as each was waited for, of all that it started.
        _, status, used = os.wait4(process.pid, 0)
        wall = time.perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode not in codes:
            printed.seek(0)
            tail = printed.read().decode(errors="replace")[-2000:]
            raise RunFailedError(f"{' '.join(command)}: exit code {process.returncode}\n{tail}")
    return Run(cpu=used.ru_utime + used.ru_stime, wall=wall, peak=used.ru_maxrss / MIB)


HEADER = (
    "| what | CPU s, base | CPU s, now | wall s, base | wall s, now | MiB, base | MiB, now"
    " | CPU ratio, median (each pair) |\n|---|---|---|---|---|---|---|---|"
)


def line(compared: Compared) -> str:
    """A row of the table, in Markdown."""
    cells = [compared.title]
    for measure in ("cpu", "wall", "peak"):
        sides = (compared.base, compared.head)
        cells += [_spread([getattr(run, measure) for run in runs]) for runs in sides]
    ratios = compared.ratios()
    each = " ".join(f"{ratio:.2f}" for ratio in ratios)
    cells.append(f"{median(ratios):.2f} ({each})" if ratios else "")
    return f"| {' | '.join(cells)} |"


def _spread(values: Sequence[float]) -> str:
    """`median (minimum to maximum)`."""
    if not values:
        return ""
    digits = 0 if min(values) >= 100 else 2
    shown = [f"{value:.{digits}f}" for value in (median(values), min(values), max(values))]
    return f"{shown[0]} ({shown[1]} to {shown[2]})"


_printed_header = False


def print_row(compared: Compared) -> None:
    """Print a row as soon as it is there, after the header of the first."""
    global _printed_header  # noqa: PLW0603
    if not _printed_header:
        print(HEADER)
        _printed_header = True
    print(line(compared), flush=True)


def _environment() -> dict[str, str]:
    """This shell's, except that bytecode may be written: a command is measured with it."""
    return {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}


def _lay_over(directory: Path) -> None:
    """Give a clone of HEAD the files as they are now: changed, new and removed ones."""
    changed = _git(PROJECT_ROOT, "diff", "--name-only", "-z", "HEAD").split("\0")
    new = _git(PROJECT_ROOT, "ls-files", "-z", "--others", "--exclude-standard").split("\0")
    for name in filter(None, [*changed, *new]):
        source, target = PROJECT_ROOT / name, directory / name
        target.unlink(missing_ok=True)
        if source.is_file():
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, target)


def _git(directory: Path, *arguments: str) -> str:
    command = ["git", *arguments]
    found = subprocess.run(command, cwd=directory, capture_output=True, text=True, check=True)
    return found.stdout.strip()


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
