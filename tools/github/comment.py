"""The comment of a pull request: whose it is, and the same one brought up to date each time."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tools.github.api import BOT, GitHub
from tools.github.texts import MOST_BYTES, TextError, folded_outputs, harmless, read_text

REPORT = ".github/workflows/report.yml"
PREVIEW = ".github/workflows/preview.yml"

BASE = "main"
"""Branch whose pull requests are commented."""

_NAME = re.compile(r"[a-z][a-z0-9-]{0,39}")
_ROOM_FOR_HEADINGS = 2_000


class NotOursError(Exception):
    """The event is none that may lead to a comment; says why. Nothing was written."""


@dataclass(frozen=True, kw_only=True)
class FinishedRun:
    """What GitHub itself says of the run that ended; nothing of it is the run's own word.

    `owner` and `branch` are where the head stands, perhaps in a fork; `workflow` is a file's path.
    """

    workflow: str
    owner: str
    branch: str
    head: str
    forked: bool
    url: str


def finished_run(event: Mapping[str, Any], repository: str) -> FinishedRun:
    """The run of a `workflow_run` event. Raises NotOursError where it isn't a pull request's."""
    run = event.get("workflow_run") or {}
    if run.get("event") != "pull_request":
        raise NotOursError("no run of a pull request")
    # By its file: any pull request can bring a workflow of the same name.
    workflow = str(run.get("path", "")).partition("@")[0]
    if workflow not in (REPORT, PREVIEW):
        raise NotOursError(f"{workflow or 'no file'}: no workflow whose output is shown")
    home = run.get("head_repository") or {}
    if not home:
        raise NotOursError("the fork is gone")
    return FinishedRun(
        workflow=workflow,
        owner=str(home["owner"]["login"]),
        branch=str(run["head_branch"]),
        head=str(run["head_sha"]),
        forked=home["full_name"] != repository,
        url=str(run["html_url"]),
    )


def pull_request(github: GitHub, run: FinishedRun) -> int:
    """Number of the open pull request whose head is exactly the commit that ran.

    The artifact is not asked: whoever wrote the code could name any number. Raises NotOursError
    where there is none, as when a newer commit was pushed meanwhile.
    """
    where = f"{run.owner}:{run.branch}"
    for each in github.listed("pulls", state="open", base=BASE, head=where):
        if each["head"]["sha"] == run.head and each["head"]["ref"] == run.branch:
            return int(each["number"])
    raise NotOursError(f"no open pull request has {run.head} as its head any more")


def comment_text(run: FinishedRun, directory: Path) -> str:
    """What the run left in the directory, as a comment under its marker.

    Raises NotOursError for a preview that a fork claims to have made: only branches of this
    repository have one.
    """
    if run.workflow == PREVIEW:
        if run.forked:
            raise NotOursError("a fork has no preview")
        return _preview_text(run, directory)
    top = (
        "<!-- researchflow: report -->\n\n<sub>Printed by this pull request's own code, which had"
        f" no credentials: read it with the change, not instead of it. [Run]({run.url})</sub>\n\n"
    )
    room = MOST_BYTES - len(top.encode())
    try:
        text = harmless(read_text(directory / "report.md"))
    except TextError as error:
        text = f"There is no report that could be shown: {error}."
    if len(text.encode()) > room:
        text = f"There is no report that could be shown: it has more than {room:,} bytes."
    if not text:
        text = "There is no report: the run says why."
    return f"{top}{text}\n"


def _preview_text(run: FinishedRun, directory: Path) -> str:
    top = f"<!-- researchflow: preview -->\n\n## pulumi preview\n\n<sub>[Run]({run.url})</sub>\n\n"
    outputs: dict[str, str] = {}
    for path in sorted(directory.glob("*.txt")):
        if not _NAME.fullmatch(path.stem):
            continue
        try:
            outputs[path.stem] = read_text(path)
        except TextError as error:
            outputs[path.stem] = f"no output that could be shown: {error}"
    if not outputs:
        raise NotOursError("no stack was previewed")
    return f"{top}{folded_outputs(outputs, MOST_BYTES - _ROOM_FOR_HEADINGS)}\n"


def put_comment(github: GitHub, number: int, text: str) -> str:
    """Change the comment that a workflow made under the text's marker before, or make it.

    Returns which of the two. A comment of anybody else stays, whatever its first line.
    """
    marker = text.partition("\n")[0]
    for each in github.listed(f"issues/{number}/comments"):
        mine = (each.get("user") or {}).get("login") == BOT
        if mine and (each.get("body") or "").partition("\n")[0].strip() == marker:
            github.patch(f"issues/comments/{each['id']}", body=text)
            return "changed"
    github.post(f"issues/{number}/comments", body=text)
    return "made"
