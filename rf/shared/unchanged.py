"""Which stacks two revisions plan alike, told from Git's trees: nothing is planned for that."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from pathlib import Path

from rf.shared.plan_cache import FILES, FOLDERS
from rf.shared.revisions import Checkout, git_lines, stacks_of

UNREAD = (".github/", "benchmarks/", "docs/", "findings/", "tests/")
"""Folders that no command reads for a plan or a bill; whatever else differs counts."""

_STACK_FILE = re.compile(r"Pulumi\.([^./]+)\.yaml")


def unchanged_stacks(before: Checkout, after: Checkout) -> frozenset[str]:
    """The stacks of both whose plan and bill can't differ: neither the program, nor the stack's
    file, nor that of a stack that it names. Empty where Git can't tell."""
    differing = _differing(before, after)
    if differing is None:
        return frozenset()
    changed = {_STACK_FILE.fullmatch(path) for path in differing if not _is_unread(path)}
    if None in changed:
        return frozenset()
    names = {match.group(1) for match in changed if match is not None}
    texts = {
        name: (after.directory / f"Pulumi.{name}.yaml").read_text("utf-8", "replace")
        for name in {*stacks_of(before)} & {*stacks_of(after)}
    }
    return frozenset(name for name in texts if not _named_by(name, texts) & names)


def _differing(before: Checkout, after: Checkout) -> Collection[str] | None:
    """Paths whose content is another, or that only one of both has; None where Git fails."""
    commits = [each.commit for each in (before, after) if each.commit]
    if not commits:  # the same files, twice
        return ()
    repository = next((each.directory for each in (before, after) if not each.commit), None)
    compared = ("diff", "--name-only", "--no-renames", "--no-ext-diff", "-z", *commits, "--")
    paths = git_lines(repository or before.directory, *compared)
    if paths is None or repository is None:
        return paths
    # Files that Git does not follow are planned with as well, also those that it ignores.
    for arguments in (
        ("--exclude-standard",),
        ("--", *FOLDERS, *(f":(glob){pattern}" for pattern in (*FILES, "Pulumi.*.yaml"))),
    ):
        new = git_lines(repository, "ls-files", "--others", "-z", *arguments)
        if new is None:
            return None
        paths += new
    return paths


def _is_unread(path: str) -> bool:
    parts = Path(path).parts
    documentation = len(parts) == 1 and path.endswith(".md")
    return documentation or path.startswith(UNREAD) or "__pycache__" in parts


def _named_by(stack: str, texts: Mapping[str, str]) -> set[str]:
    """The stack, and every stack whose name stands in its file or in that of one so named."""
    names, waiting = {stack}, [stack]
    while waiting:
        text = texts.get(waiting.pop(), "")
        named = {
            other
            for other in texts
            if re.search(rf"(?<![\w-]){re.escape(other)}(?![\w-])", text) and other not in names
        }
        names |= named
        waiting += named
    return names
