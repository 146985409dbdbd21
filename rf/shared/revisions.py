"""Plans of other revisions: each runs its own program, in a checkout and a process of its own."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from rf.shared.errors import InputError
from rf.shared.files import temporary_folder
from rf.shared.plan_cache import OFF, PLANS
from rf.shared.plan_document import PlanDocument, PlanDocumentError, read_document
from rf.shared.project import CACHE, PROJECT_ROOT
from rf.shared.secret_digests import KEY_VARIABLE, run_key
from rf.shared.termination import Begun, begin, end_process, uninterrupted

WORKTREE = "worktree"
"""Name of what stands in the project's directory now, committed or not."""

SECONDS = 300
"""How long a revision may take to plan one stack; a plan takes about ten seconds."""

LINES_OF_A_FAILURE = 12

_KEPT_VARIABLES = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "VIRTUAL_ENV", "SYSTEMROOT", OFF)
"""What another revision's program may see of this shell: no credentials."""


class RevisionError(InputError):
    """A revision can't be checked out: it is unknown, or this is no Git repository."""


class UnplannableError(InputError):
    """A revision whose program can't be planned, so that nothing can be said of it; and why."""


@dataclass(frozen=True, kw_only=True)
class Checkout:
    """A revision as files: its name as given, where it stands, and the commit's full name, which
    the files as they are now have none of."""

    revision: str
    directory: Path
    commit: str = ""


@dataclass(frozen=True, kw_only=True)
class Ran:
    """What a revision's `rf` answered: its standard output, or why there is none."""

    output: str = ""
    failure: str = ""


@dataclass(frozen=True, kw_only=True)
class RevisionPlan:
    """A stack's plan at a revision, or why that revision has none."""

    revision: str
    stack: str
    plan: PlanDocument | None
    failure: str = ""

    def document(self) -> PlanDocument:
        """The plan. Raises UnplannableError where there is none."""
        if self.plan is None:
            raise UnplannableError(
                f"{self.stack} can't be planned at {self.revision}:\n{self.failure}"
            )
        return self.plan


@contextmanager
def checked_out(revision: str, repository: Path = PROJECT_ROOT) -> Iterator[Checkout]:
    """The files of a revision, for as long as the context lasts; `worktree` is what is there now.

    Raises RevisionError when Git does not know the revision, or is missing.
    """
    if revision == WORKTREE:
        yield Checkout(revision=revision, directory=repository)
        return
    found = _ran_git(repository, "rev-parse", "--verify", "--quiet", f"{revision}^{{commit}}")
    if found.returncode != 0:
        # Quiet where the revision is unknown; else Git says what is wrong with the repository.
        reason = f": {said}" if (said := found.stderr.strip()) else ""
        raise RevisionError(f"{revision}: Git knows no such revision in {repository}{reason}")
    commit = found.stdout.strip()
    with (
        temporary_folder(f"the folder of {revision}", "rf-revision-") as holder,
        begin(
            f"the checkout of {revision}",
            lambda: holder / "tree",
            lambda tree: _remove_worktree(repository, tree),
        ) as tree,
    ):
        # Cut short, Git would leave a child of its own behind that goes on to write files.
        with uninterrupted():
            result = _ran_git(repository, "worktree", "add", "--detach", str(tree), commit)
        if result.returncode != 0:
            lines = result.stderr.strip().splitlines()
            raise RevisionError(f"{revision}: Git can't check it out: {lines[-1] if lines else ''}")
        _share_kept_plans(repository, tree)
        yield Checkout(revision=revision, directory=tree, commit=commit)


CACHE_MODULES = ("rf/shared/plan_cache.py", "rf/plan_cache.py")
"""Where a revision that keeps plans has the code for it: now, and before it moved."""


def _share_kept_plans(repository: Path, tree: Path) -> None:
    """Let the revision find plans that were made before, wherever it was checked out then.

    Only the folder of plans: whatever else the project keeps is made for its own files.
    """
    if not any((tree / place).is_file() for place in CACHE_MODULES):
        return
    plans = repository / CACHE.name / PLANS
    with contextlib.suppress(OSError):
        plans.mkdir(parents=True, exist_ok=True)
        (tree / CACHE.name).mkdir()
        (tree / CACHE.name / PLANS).symlink_to(plans, target_is_directory=True)


def _remove_worktree(repository: Path, tree: Path) -> None:
    """Take the files and Git's note of them away, also where Git has got no further than half."""
    shutil.rmtree(tree, ignore_errors=True)
    # Without its files Git forgets a worktree whatever state it is in; the second --force is for
    # one that is locked, as each is while it is being made.
    _ran_git(repository, "worktree", "remove", "--force", "--force", str(tree))


def stacks_of(checkout: Checkout) -> list[str]:
    """Names of the stacks that the revision has a file of."""
    files = checkout.directory.glob("Pulumi.*.yaml")
    return sorted(path.name.split(".", 2)[1] for path in files)


def plans_at(
    checkouts: Sequence[Checkout], stack: str, options: Sequence[str] = ()
) -> list[RevisionPlan]:
    """A stack's plan by each revision's own program; a failure is told, not raised."""
    arguments = ("preview", "--stack", stack, "--json", *options)
    ran = run_all({str(place): (each, arguments) for place, each in enumerate(checkouts)})
    return [_plan(each, stack, ran[str(place)]) for place, each in enumerate(checkouts)]


def run_all(commands: Mapping[str, tuple[Checkout, Sequence[str]]]) -> dict[str, Ran]:
    """Run `rf` of each checkout with these arguments, as many at once as there are cores."""
    answers: dict[str, Ran] = {}
    waiting = list(commands)
    running: dict[str, Begun[subprocess.Popen[str]]] = {}
    try:
        while waiting or running:
            while waiting and len(running) < (os.cpu_count() or 1):
                name = waiting.pop(0)
                checkout, arguments = commands[name]
                running[name] = begin(
                    f"`rf {arguments[0]}` at {checkout.revision}",
                    partial(_start, checkout, arguments),
                    end_process,
                )
            name, begun = next(iter(running.items()))
            answers[name] = _answer(begun.thing)
            begun.undo()
            del running[name]
    finally:
        for begun in running.values():
            begun.undo()
    return answers


def _start(checkout: Checkout, arguments: Sequence[str]) -> subprocess.Popen[str]:
    # Its own directory comes first on the path, so that it imports its own `rf`.
    return subprocess.Popen(
        [sys.executable, "-m", "rf", *arguments],
        cwd=checkout.directory,
        env={
            **{name: os.environ[name] for name in _KEPT_VARIABLES if name in os.environ},
            KEY_VARIABLE: run_key().hex(),
        },
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # Ctrl-C is for our process, which then ends this one.
        start_new_session=True,
    )


def _answer(process: subprocess.Popen[str]) -> Ran:
    try:
        output, errors = process.communicate(timeout=SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        return Ran(failure=f"gave no answer within {SECONDS} s")
    if process.returncode != 0 and not output:
        lines = errors.strip().splitlines()[-LINES_OF_A_FAILURE:]
        return Ran(failure="\n".join(lines) or f"ended with exit code {process.returncode}")
    return Ran(output=output)


def _plan(checkout: Checkout, stack: str, ran: Ran) -> RevisionPlan:
    plan, failure = None, ran.failure
    if not failure:
        try:
            plan = read_document(ran.output)
        except PlanDocumentError as error:
            failure = f"what it printed {error}"
    return RevisionPlan(revision=checkout.revision, stack=stack, plan=plan, failure=failure)


def git_lines(directory: Path, *arguments: str) -> list[str] | None:
    """What Git lists with `-z` in that directory; None when it fails."""
    result = _ran_git(directory, *arguments)
    return result.stdout.split("\0")[:-1] if result.returncode == 0 else None


def _ran_git(repository: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(
            ["git", "-C", str(repository), *arguments],
            capture_output=True,
            text=True,
            check=False,
            stdin=subprocess.DEVNULL,
            # Ctrl-C is for our process, which uses Git to undo what was begun.
            start_new_session=True,
        )
    except FileNotFoundError:
        raise RevisionError("git is missing: another revision's files come from it") from None
