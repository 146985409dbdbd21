"""The command `rf`, and `python -m rf`."""

from __future__ import annotations

import sys

from rf.shared.project import PROJECT_ROOT
from rf.shared.standard_output import written_whole
from rf.shared.termination import stopping_cleanly


def main() -> None:
    """Run one command. Raises SystemExit with its exit code."""
    if not (PROJECT_ROOT / "Pulumi.yaml").exists():
        _refuse("rf is about a checkout of this project, and is installed from one: --editable")
    try:
        from rf.cli import app  # noqa: PLC0415 - what is missing is told below

        with stopping_cleanly(), written_whole():
            app(prog_name="rf")
    except ModuleNotFoundError as error:
        module = (error.name or "").partition(".")[0]
        ours = (PROJECT_ROOT / module).exists() or (PROJECT_ROOT / f"{module}.py").exists()
        if not module or ours:
            raise
        _refuse(
            f"{' '.join(['rf', *sys.argv[1:2]])} needs {module}, which is not installed for"
            f" {sys.executable}: make .venv/.ready, whose Python is .venv/bin/python, or pip"
            " install -r requirements-cli.txt"
        )


def _refuse(sentence: str) -> None:
    sys.stderr.write(f"{sentence}\n")
    sys.exit(2)


if __name__ == "__main__":
    main()
