"""Texts of jobs that ran code nobody has reviewed, made into comments: as data, never trusted."""

from __future__ import annotations

import re
import stat
from collections.abc import Mapping
from pathlib import Path

MOST_BYTES = 60_000
"""Of a comment or issue: GitHub refuses more than 65,536 characters."""

_READ_AT_MOST = 4_000_000
"""Bytes of a command's output that are read at all."""

_MENTION = re.compile(r"@(?=[A-Za-z0-9])")
_CONTROL = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|[\x00-\x08\x0b-\x1f\x7f\u202a-\u202e\u2066-\u2069]")
_MARKER = re.compile(r"<!--.*?(-->|\Z)", re.DOTALL)


class TextError(Exception):
    """A file is no text that could be shown; says which and why."""


def read_text(path: Path, most_bytes: int = _READ_AT_MOST) -> str:
    """The file's text. Raises TextError where it is too long, no UTF-8, or no plain file.

    A link is refused: an artifact could hold one that leads to a file of this job.
    """
    try:
        status = path.lstat()
    except OSError as error:
        raise TextError(f"{path.name}: it isn't there") from error
    if not stat.S_ISREG(status.st_mode):
        raise TextError(f"{path.name}: no plain file")
    if status.st_size > most_bytes:
        raise TextError(f"{path.name}: {status.st_size:,} bytes, of {most_bytes:,} at the most")
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise TextError(f"{path.name}: no UTF-8") from error


def harmless(text: str) -> str:
    """The text without what acts on others: nobody is notified, nothing is hidden in it.

    Comments go, so that no other comment's marker is in it; an `@` that would notify someone is
    followed by a zero-width space; terminal codes and reversed writing go. GitHub takes scripts out
    itself.
    """
    clean = _CONTROL.sub("", text.replace("\r\n", "\n"))
    # A space in its place: what stood around a comment must not become another one.
    return _MENTION.sub("@\u200b", _MARKER.sub(" ", clean)).strip()


def fenced(text: str, most_bytes: int) -> str:
    """A command's output as a code block of at most these bytes, cut at its beginning.

    Its end says how it ended, so the end is kept; how much is left out is told.
    """
    clean = _CONTROL.sub("", text.replace("\r\n", "\n")).strip("\n")
    longest = max((len(run) for run in re.findall(r"`+", clean)), default=0)
    fence = "`" * max(3, longest + 1)
    room = most_bytes - 2 * len(fence) - 100
    lines = clean.splitlines()
    tail: list[str] = []
    for line in reversed(lines):
        room -= len(line.encode()) + 1
        if room < 0:
            break
        tail.insert(0, line)
    left_out = len(lines) - len(tail)
    if left_out:
        tail.insert(0, f"({left_out} lines before these are left out; the job's log has them)")
    return "\n".join([f"{fence}text", *tail, fence])


def folded_outputs(outputs: Mapping[str, str], most_bytes: int) -> str:
    """Each stack's output under its name, opened by a click, all of them in these bytes."""
    share = most_bytes // max(1, len(outputs)) - 200
    blocks = [
        f"<details><summary>{stack}: {_last_line(text)}</summary>\n\n{fenced(text, share)}\n\n"
        "</details>"
        for stack, text in outputs.items()
    ]
    return "\n\n".join(blocks)


def _last_line(text: str) -> str:
    """How the output ended, short and without markup, for the line that is seen unopened."""
    lines = [line.strip() for line in _CONTROL.sub("", text).splitlines() if line.strip()]
    last = lines[-1] if lines else "no output"
    return re.sub(r"[^A-Za-z0-9 .,:;+~()/_-]", "", last)[:80]
