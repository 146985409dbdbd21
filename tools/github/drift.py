"""One issue a stack about drift: opened, kept up to date, closed when it is gone."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tools.github.api import BOT, GitHub
from tools.github.texts import MOST_BYTES, TextError, fenced, read_text

CHANGES = 7
"""Exit code of `pulumi preview --expect-no-changes` that saw some (Pulumi, "CLI exit codes")."""

_ROOM_FOR_HEADINGS = 2_000


def tell_drift(github: GitHub, stack: str, code: int | None, output: Path, url: str) -> str:
    """Bring the stack's issue up to date with how its look ended, and return what was done.

    `code` is the look's exit code, None where it did not end; `output` its file; `url` its run.
    Raises GitHubError.
    """
    marker = f"<!-- researchflow: drift {stack} -->"
    issue = _issue(github, marker)
    if code == 0:
        if issue is None:
            return "no drift"
        where = f"issues/{issue['number']}"
        github.post(f"{where}/comments", body=f"Nothing differs any more. [Run]({url})")
        github.patch(where, state="closed", state_reason="completed")
        return f"closed {issue['number']}"
    title, text = _title_and_text(stack, code, output)
    body = f"{marker}\n\n{text}\n\n[Run]({url})\n"
    if issue is None:
        opened = github.post("issues", title=title, body=body)
        return f"opened {opened['number']}"
    github.patch(f"issues/{issue['number']}", title=title, body=body)
    return f"changed {issue['number']}"


def _title_and_text(stack: str, code: int | None, output: Path) -> tuple[str, str]:
    try:
        printed = fenced(read_text(output), MOST_BYTES - _ROOM_FOR_HEADINGS)
    except TextError as error:
        printed = f"There is no output that could be shown: {error}."
    if code != CHANGES:
        ended = "did not end" if code is None else f"ended with exit code {code}"
        why = f"The look for drift {ended}, so nobody knows whether there is any."
        return f"Drift of {stack} is unknown", f"{why}\n\n{printed}"
    why = (
        "What stands differs from what `main` says: something was changed by hand, or `main` is not"
        " deployed. `docs/deployment.md` says what to do."
    )
    return f"Drift of {stack}", f"{why}\n\n{printed}"


def _issue(github: GitHub, marker: str) -> Mapping[str, Any] | None:
    for each in github.listed("issues", state="open"):
        mine = (each.get("user") or {}).get("login") == BOT and "pull_request" not in each
        if mine and (each.get("body") or "").partition("\n")[0].strip() == marker:
            return each
    return None
