"""`python -m rf`."""

from rf.cli import app

if __name__ == "__main__":
    app(prog_name="rf")
