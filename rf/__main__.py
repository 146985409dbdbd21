"""`python -m rf`."""

import sys

from rf.shared.termination import stopping_cleanly

try:
    from rf.cli import app
except ModuleNotFoundError as error:
    if error.name is not None and error.name.partition(".")[0] in {"rf", "scaleplan", "rendering"}:
        raise
    sys.exit(
        f"the package {error.name} is missing in {sys.executable}: `make test` sets up .venv with"
        " all of them; then run `.venv/bin/python -m rf doctor`"
    )

if __name__ == "__main__":
    with stopping_cleanly():
        app(prog_name="rf")
