"""`python -m rf`."""

import sys

from rf.shared.project import PROJECT_ROOT
from rf.shared.standard_output import written_whole
from rf.shared.termination import stopping_cleanly

try:
    from rf.cli import app

    if __name__ == "__main__":
        with stopping_cleanly(), written_whole():
            app(prog_name="rf")
except ModuleNotFoundError as error:
    module = (error.name or "").partition(".")[0]
    if not module or (PROJECT_ROOT / module).exists() or (PROJECT_ROOT / f"{module}.py").exists():
        raise
    command = " ".join(["rf", *sys.argv[1:2]])
    sys.stderr.write(
        f"{command} needs {module}, which is not installed for {sys.executable}: make .venv/.ready,"
        " whose Python is .venv/bin/python, or pip install -r requirements-cli.txt\n"
    )
    sys.exit(2)
