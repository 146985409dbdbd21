"""A Git repository whose revisions answer as `rf` does, with answers that were committed."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

ANSWERS = '''"""Prints what this revision committed as the answer of a command about a stack."""
import pathlib, sys
arguments = sys.argv[1:]
stack = arguments[arguments.index("--stack") + 1]
answer = pathlib.Path("answers", f"{arguments[0]}-{stack}.json")
if not answer.is_file():
    sys.exit(f"No such command '{arguments[0]}'.")
text = answer.read_text()
if text.startswith("error: "):
    sys.exit(text)
print(text)
'''


class Repository:
    """Commits revisions; each has a plan, and perhaps other answers, a stack."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self._git("init", "--quiet", "--initial-branch=main")
        self._write("rf/__init__.py", "")
        self._write("rf/__main__.py", ANSWERS)

    def commit(self, **answers: Mapping[str, Any] | str | None) -> str:
        """A revision with these answers (`plan`, `cost`, `check`, `policy` of the stack prod; None
        takes one away), the rest as before. Returns its name."""
        self._write("Pulumi.prod.yaml", "config: {}\n")
        for what, answer in answers.items():
            name = f"answers/{'preview' if what == 'plan' else what}-prod.json"
            if answer is None:
                (self.directory / name).unlink()
            else:
                self._write(name, answer if isinstance(answer, str) else json.dumps(answer))
        return self._save()

    def commit_files(self, files: Mapping[str, str]) -> str:
        """A revision with these files written over the last one's."""
        for name, text in files.items():
            self._write(name, text)
        return self._save()

    def worktrees(self) -> list[str]:
        """Lines of `git worktree list`: one for the repository itself."""
        return self._git("worktree", "list").splitlines()

    def _save(self) -> str:
        self._git("add", "--all")
        who = ("-c", "user.name=test", "-c", "user.email=test@example.com")
        self._git(*who, "commit", "--quiet", "--allow-empty", "--message", "change")
        return self._git("rev-parse", "HEAD")

    def _write(self, name: str, text: str) -> None:
        path = self.directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def _git(self, *arguments: str) -> str:
        result = subprocess.run(
            ["git", "-C", str(self.directory), *arguments],
            capture_output=True,
            text=True,
            check=True,
        )
        return result.stdout.strip()


def plan_answer(resources: Sequence[Mapping[str, Any]], size: str = "large") -> dict[str, Any]:
    """What `preview --json` prints of these resources."""
    return {
        "format": 1,
        "project": "researchflow",
        "stack": "prod",
        "size": size,
        "resources": list(resources),
        "outputs": {},
    }


def cost_answer(usd: str) -> dict[str, Any]:
    """What `cost --json` prints, in part."""
    return {"total": {"low": usd, "atLoad": usd, "high": usd}}


def check_answer(margin: float, limit: float) -> dict[str, Any]:
    """What `check --json` prints of one term."""
    term = {"name": "clients", "margin": margin, "limit": limit, "passes": margin >= 0}
    return {"checks": [{"name": "connections", "passes": margin >= 0, "terms": [term]}]}
