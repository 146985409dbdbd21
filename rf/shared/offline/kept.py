"""What is worked out of installed packages, kept between processes as Python keeps `.pyc` files."""

from __future__ import annotations

import atexit
import marshal
import sys
import zlib
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from importlib.util import cache_from_source
from pathlib import Path
from typing import Any

from rf.shared.files import write_whole

_FORMAT = 1

_CHECKSUM_BYTES = 4

FOLDER = Path(cache_from_source(__file__)).parent
"""Beside this module's own bytecode."""


class CompiledCache:
    """Plain data and code by name, for this Python and for these packages as they are installed.

    It is written when the process ends. Of two processes that end at the same time one may lose
    what it added, and works it out again.
    """

    def __init__(self, name: str, packages: Sequence[str], folder: Path = FOLDER) -> None:
        self._path = folder / f"{name}.{sys.implementation.cache_tag}.bin"
        versions = [(package, _version(package)) for package in packages]
        self._head = repr((_FORMAT, sys.version, sys.prefix, versions))
        self._entries = _parsed(self._path, self._head)
        self._new: dict[str, Any] = {}
        atexit.register(self.write)

    def get(self, key: str) -> Any:
        """What is kept under the key, or None."""
        return self._new.get(key, self._entries.get(key))

    def put(self, key: str, value: Any) -> None:
        """Keep a value of tuples, lists, dicts, text, numbers and bytes."""
        self._new[key] = value

    def write(self) -> None:
        """Write what was added, if anything was."""
        if not self._new:
            return
        content = marshal.dumps((self._head, {**_parsed(self._path, self._head), **self._new}))
        write_whole(self._path, _checksum(content) + content)
        self._entries, self._new = {**self._entries, **self._new}, {}


def _parsed(path: Path, head: str) -> dict[str, Any]:
    """The entries of a file; none if it is damaged, or of another Python or version."""
    try:
        whole = path.read_bytes()
    except OSError:
        return {}
    content = memoryview(whole)[_CHECKSUM_BYTES:]
    if _checksum(content) != whole[:_CHECKSUM_BYTES]:
        return {}
    try:
        file_head, entries = marshal.loads(content)  # noqa: S302 - trusted as far as a .pyc file is
    except (ValueError, EOFError, TypeError):
        return {}
    return entries if file_head == head else {}


def _checksum(content: bytes | memoryview) -> bytes:
    return zlib.crc32(content).to_bytes(_CHECKSUM_BYTES, "big")


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return ""
