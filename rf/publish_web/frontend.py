"""The built frontend on disk: which files it has, and how each is to be served."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatch
from mimetypes import MimeTypes
from pathlib import Path

from rendering.edge.static_bucket_policy import RELEASES_PREFIX
from rf.shared.errors import InputError

INDEX = "index.html"

IMMUTABLE = "public, max-age=31536000, immutable"
"""A year, the plan's longest time to live, for a file whose name changes with its content."""

REVALIDATED = "no-cache"
"""Kept, but asked for every time: a file that may change under its name."""

_HASHED_NAME = re.compile(
    r"[.-](?:(?=[0-9a-f]*[0-9])(?=[0-9a-f]*[a-f])[0-9a-f]{8,}"
    r"|(?=[\w]*[0-9])(?=[\w]*[A-Z])[A-Za-z0-9_]{8})(?:\.[A-Za-z0-9]+)+$"
)
"""What bundlers put before the ending: 8 hex digits or more (webpack), or 8 characters of base64url
(Vite, Rollup, esbuild). Only hashes with a digit and a letter (with a capital in the second form)
are believed, so that no plain word is; a hash that looks like a word is served like any other file,
which costs a question to the edge and no more."""

_BEYOND_THE_BUCKET = re.compile(r"^((api|collab)(/|$)|health/(live|ready)$)")
"""Paths that the edge sends to the pods."""

_TYPES = MimeTypes()
for _ending, _type in {
    ".avif": "image/avif",
    ".ico": "image/x-icon",
    ".js": "text/javascript",
    ".map": "application/json",
    ".mjs": "text/javascript",
    ".wasm": "application/wasm",
    ".webmanifest": "application/manifest+json",
    ".webp": "image/webp",
    ".woff": "font/woff",
    ".woff2": "font/woff2",
}.items():
    _TYPES.add_type(_type, _ending)

_TEXT = ("text/", "application/json", "application/manifest+json", "image/svg+xml")


class FrontendError(InputError):
    """A directory that can't be published as it is, with everything that is wrong."""


@dataclass(frozen=True, kw_only=True)
class FrontendFile:
    """One file: its key in the bucket, where it is on disk, and how it is served.

    `digest` is the MD5 that S3 answers as the ETag of an object encrypted with its own key.
    """

    key: str
    path: Path
    digest: str
    content_type: str
    cache_control: str

    @property
    def hashed(self) -> bool:
        """Whether its name changes with its content."""
        return self.cache_control == IMMUTABLE


def read_frontend(directory: Path, hashed: Sequence[str] = ()) -> list[FrontendFile]:
    """All files of a build, sorted by key. `hashed` are patterns of keys that carry a hash too.

    Raises FrontendError with everything that is wrong: no directory, no index.html, a link that
    leads out of it, a name that the edge would never ask the bucket for.
    """
    if not directory.is_dir():
        raise FrontendError(f"{directory} is no directory: give the one that holds {INDEX}")
    root = directory.resolve()
    paths = sorted(path for path in directory.rglob("*") if path.is_file() or path.is_symlink())
    wrong = [sentence for path in paths for sentence in _wrong_with(path, directory, root)]
    if not (directory / INDEX).is_file():
        wrong.insert(0, f"{directory} has no {INDEX}: is it the directory of the finished build?")
    if wrong:
        raise FrontendError("\n".join(wrong))
    return sorted((_file(path, directory, hashed) for path in paths), key=lambda file: file.key)


def _wrong_with(path: Path, directory: Path, root: Path) -> list[str]:
    key = path.relative_to(directory).as_posix()
    if not path.resolve().is_relative_to(root) or not path.is_file():
        return [f"{key} is a link that leads out of the build or nowhere"]
    if key.startswith(RELEASES_PREFIX):
        return [f"{key}: {RELEASES_PREFIX} holds the record of releases"]
    if _BEYOND_THE_BUCKET.match(key):
        return [f"{key} could never be served: the edge sends /{key.split('/')[0]} to the pods"]
    return []


def _file(path: Path, directory: Path, hashed: Sequence[str]) -> FrontendFile:
    key = path.relative_to(directory).as_posix()
    immutable = bool(_HASHED_NAME.search(path.name)) or any(fnmatch(key, p) for p in hashed)
    return FrontendFile(
        key=key,
        path=path,
        # Not for security: it is what S3 calls an object's ETag.
        digest=hashlib.md5(path.read_bytes(), usedforsecurity=False).hexdigest(),
        content_type=content_type(key),
        cache_control=IMMUTABLE if immutable and key != INDEX else REVALIDATED,
    )


def content_type(key: str) -> str:
    """The media type of a file by its ending; of no known one, bytes."""
    media_type, encoding = _TYPES.guess_type(key)
    if media_type is None or encoding is not None:
        return "application/octet-stream"
    return f"{media_type}; charset=utf-8" if media_type.startswith(_TEXT) else media_type
