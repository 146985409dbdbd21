"""Standard output that takes no more: its disk is full, or whoever read it is gone."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from rf.shared.errors import FailedError, is_disk_full


@contextmanager
def written_whole() -> Iterator[None]:
    """End the command with exit code 1 where what it says can't be written: in one sentence where
    no space is left, silently where the reader of a pipe has gone."""
    try:
        try:
            yield
        finally:
            sys.stdout.flush()
    except OSError as error:
        if is_disk_full(error):
            sys.stderr.write(f"standard output: {error.strerror}\n")
        elif not isinstance(error, BrokenPipeError):
            raise
        # Or Python tries once more at its end, and says so with a traceback.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(FailedError.exit_code)
