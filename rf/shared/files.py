"""Folders and files that are there whole or not at all, also where a disk is full or a signal
comes."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from rf.shared.termination import Begun, begin, uninterrupted


def temporary_folder(what: str, prefix: str, parent: Path | None = None) -> Begun[Path]:
    """A new folder that goes away with all that is in it, unless it is kept."""
    return begin(
        what,
        lambda: Path(tempfile.mkdtemp(prefix=prefix, dir=parent)),
        lambda folder: shutil.rmtree(folder, ignore_errors=True),
    )


@contextlib.contextmanager
def replaced(path: Path, mode: int = 0o666) -> Iterator[Path]:
    """A new file beside `path` to write, which takes its place at the end; else `path` stays as it
    was, or absent. Its permissions are those of the old file, or `mode` less the umask's. Raises
    OSError."""
    target = path.resolve()
    fresh = target.with_name(f".{target.stem}-{os.getpid()}{target.suffix}")
    what = f"the unfinished {path.name}"
    begun = begin(what, lambda: fresh, lambda new: new.unlink(missing_ok=True))
    with begun:
        fresh.touch(mode)
        if target.exists():
            shutil.copymode(target, fresh)
        yield fresh
        with uninterrupted():
            fresh.replace(target)
            begun.keep()


def write_whole(path: Path, content: bytes) -> bool:
    """Put a cache's file there in one step, so that no reader sees a part of it; its owner's alone.

    False where the folder can't be written: the cache is then not kept, and nothing else changes.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with replaced(path, mode=0o600) as file:
            file.write_bytes(content)
    except OSError:
        return False
    return True


@contextlib.contextmanager
def folders_made(folder: Path) -> Iterator[None]:
    """The folder and those above it that are missing; taken away again where the block fails."""
    missing = [each for each in (folder, *folder.parents) if not each.exists()]

    def remove(_: None) -> None:
        for each in missing:
            # One that somebody has put a file into since stays.
            with contextlib.suppress(OSError):
                each.rmdir()

    begun = begin(f"the folder {folder}", lambda: None, remove)
    if not missing:
        begun.keep()
    with begun:
        folder.mkdir(parents=True, exist_ok=True)
        yield
        begun.keep()


def can_write_in(folder: Path) -> bool:
    """Whether files can be made in this folder, or it can be made where it is not there yet."""
    folder = folder.absolute()
    existing = next(path for path in (folder, *folder.parents) if path.exists())
    return existing.is_dir() and os.access(existing, os.W_OK | os.X_OK)
