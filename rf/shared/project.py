"""Where the project stands on this machine, and the folder of what can be made anew."""

from __future__ import annotations

import contextlib
import os
import tempfile
from pathlib import Path

PROJECT_ROOT = Path(__file__).resolve().parents[2]
"""Where `Pulumi.yaml` and `__main__.py` stand, wherever the command was started."""

PROGRAM = PROJECT_ROOT / "__main__.py"

CACHE = PROJECT_ROOT / ".cache"
"""What was fetched or worked out once; git ignores it, and deleting it loses only time."""


def can_write_in(folder: Path) -> bool:
    """Whether files can be made in this folder, or it can be made where it is not there yet."""
    folder = folder.absolute()
    there = next(path for path in (folder, *folder.parents) if path.exists())
    return there.is_dir() and os.access(there, os.W_OK | os.X_OK)


def write_whole(path: Path, content: bytes) -> bool:
    """Put the file there in one step, so that no reader sees a part of it; its owner's alone.

    False where the folder can't be written: a cache is then not kept, and nothing else changes.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=f"{path.name}.", suffix=".new", dir=path.parent)
    except OSError:
        return False
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(content)
        Path(name).replace(path)
    except OSError:
        with contextlib.suppress(OSError):
            Path(name).unlink()
        return False
    return True
