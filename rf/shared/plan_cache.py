"""Recorded plans kept between commands: a plan takes seconds, and most ask for one already made.

An entry is found by everything a plan depends on, so it needs no expiry; what is no entry of this
folder's own key, or damaged, is not read. Values invented by the recorder are kept. Where a config
holds a secret of somebody's own, nothing is kept. `RESEARCHFLOW_NO_CACHE=1` plans anew.
"""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import json
import marshal
import os
import secrets
import sys
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from functools import cached_property
from pathlib import Path
from typing import Any

from rf.shared.files import write_whole
from rf.shared.plan import RecordedPlan, RecordedResource, Secret
from rf.shared.project import CACHE, PROJECT_ROOT
from scaleplan.observability.alerts import SECRET_KEYS

OFF = "RESEARCHFLOW_NO_CACHE"
"""The environment variable that, when it is not empty, has every plan made anew."""

PLANS = "plans"
"""Name of the folder of kept plans."""

FOLDERS = (
    "components",
    "rendering",
    "rf/aws",
    "rf/kubernetes",
    "rf/local",
    "rf/shared/account",
    "rf/shared/cards",
    "rf/shared/offline",
    "rf/shared/schemas",
    "scaleplan",
    "wiring",
)
"""Folders whose files a plan is made by: the program, what it reads, the recorder and its rules."""

FILES = (
    *("*.py", "Pulumi.yaml", "requirements*.txt", "*.lock", "pylock*.toml"),
    *(
        "rf/__init__.py",
        "rf/shared/__init__.py",
        "rf/shared/errors.py",
        "rf/shared/files.py",
        "rf/shared/plan.py",
        "rf/shared/plan_cache.py",
        "rf/shared/project.py",
        "rf/shared/stacks.py",
        "rf/shared/termination.py",
    ),
)
"""Files beside those folders that do so, as patterns. Stack files count by what is read in them."""

MOST_ENTRIES = 128
"""The oldest go first. Six stacks, three sizes each with and without unknowns are 36."""

_FIELDS = tuple(each.name for each in fields(RecordedResource))
_INSTALLED = (".dist-info", ".egg-info")
_DIGEST_BYTES = 32


@dataclass(frozen=True, kw_only=True)
class PlanQuestion:
    """What is asked to be planned, with all that comes from stack files and the command line.

    `read` is what is asked of the stack whose outputs this one reads.
    """

    project: str
    stack: str
    config: Mapping[str, object]
    unknowns: bool
    read: PlanQuestion | None = None

    def has_own_secrets(self) -> bool:
        """Whether a secret key holds more than what stands for one that nobody can decrypt."""
        own = any(self.config.get(key) not in (None, "", held) for key, held in SECRET_KEYS.items())
        return own or (self.read is not None and self.read.has_own_secrets())

    def to_json(self) -> dict[str, Any]:
        """All of it."""
        read = None if self.read is None else self.read.to_json()
        return {
            "project": self.project,
            "stack": self.stack,
            "config": self.config,
            "unknowns": self.unknowns,
            "read": read,
        }


class PlanCache:
    """The plans kept in a folder. Any number of processes may use it at once."""

    def __init__(
        self,
        folder: Path = CACHE / PLANS,
        root: Path = PROJECT_ROOT,
        environment: Mapping[str, str] = os.environ,
    ) -> None:
        self._folder = folder
        self._root = root
        self._environment = environment

    def get(self, question: PlanQuestion) -> RecordedPlan | None:
        """The plan, if it was made before and nothing that it depends on has changed."""
        if not self._is_used(question):
            return None
        path = self._path(question)
        try:
            whole = path.read_bytes()
        except OSError:
            return None
        content = memoryview(whole)[_DIGEST_BYTES:]
        if not hmac.compare_digest(
            self._digest(path.name.encode(), content), whole[:_DIGEST_BYTES]
        ):
            return None
        with contextlib.suppress(OSError):
            os.utime(path)
        return _unpacked(marshal.loads(zlib.decompress(content)))  # noqa: S302 - signed by our key

    def put(self, question: PlanQuestion, plan: RecordedPlan) -> None:
        """Keep a plan, unless it holds somebody's secret or what can't be kept as plain data."""
        if not self._is_used(question):
            return
        try:
            content = zlib.compress(marshal.dumps(_packed(plan)), level=1)
        except ValueError:
            return
        path = self._path(question)
        if write_whole(path, self._digest(path.name.encode(), content) + content):
            self._forget_oldest()

    def _is_used(self, question: PlanQuestion) -> bool:
        return not self._environment.get(OFF) and not question.has_own_secrets() and bool(self._key)

    def _path(self, question: PlanQuestion) -> Path:
        text = json.dumps(question.to_json(), sort_keys=True, default=repr)
        digest = self._digest(self._surroundings, text.encode())
        return self._folder / f"{digest.hex()}.plan"

    def _digest(self, *parts: bytes | memoryview) -> bytes:
        keyed = hashlib.blake2b(key=self._key, digest_size=_DIGEST_BYTES)
        for part in parts:
            keyed.update(len(part).to_bytes(8, "big"))
            keyed.update(part)
        return keyed.digest()

    @cached_property
    def _key(self) -> bytes:
        """This folder's own key, readable by its owner alone; empty where none can be kept."""
        path = self._folder / "key"
        try:
            if not path.exists():
                _create_key(path)
            key = path.read_bytes()
            private = not path.stat().st_mode & 0o077
        except OSError:
            return b""
        return key if private and len(key) == _DIGEST_BYTES else b""

    @cached_property
    def _surroundings(self) -> bytes:
        """Digest of the program, the recorder, and what both run on."""
        whole = hashlib.blake2b(repr((sys.version, sys.platform)).encode())
        for name in _installed():
            whole.update(name.encode())
        for path in ingredients(self._root):
            content = path.read_bytes()
            whole.update(f"\n{path.relative_to(self._root)} {len(content)}\n".encode())
            whole.update(content)
        return whole.digest()

    def _forget_oldest(self) -> None:
        with contextlib.suppress(OSError):
            entries = sorted(
                self._folder.glob("[!.]*.plan"), key=lambda path: path.stat().st_mtime, reverse=True
            )
            for path in entries[MOST_ENTRIES:]:
                path.unlink(missing_ok=True)


def ingredients(root: Path) -> Iterator[Path]:
    """Every file of the project whose change may change a plan, but for the stack files."""
    for folder in FOLDERS:
        for path in sorted((root / folder).rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts:
                yield path
    for pattern in FILES:
        yield from sorted(root.glob(pattern))


def _installed() -> Sequence[str]:
    """Names and versions of the installed packages."""
    files: set[str] = set()
    for folder in sys.path:
        with contextlib.suppress(OSError):
            files.update(path.name for path in Path(folder).iterdir() if path.suffix in _INSTALLED)
    return sorted(files)


def _create_key(path: Path) -> None:
    """Made whole under another name first: of two processes, one's key stays."""
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_name(f"key.{os.getpid()}.new")
    write_whole(new, secrets.token_bytes(_DIGEST_BYTES))
    try:
        with contextlib.suppress(FileExistsError):
            os.link(new, path)
    finally:
        new.unlink(missing_ok=True)


def _packed(plan: RecordedPlan) -> tuple[Any, ...]:
    """The plan as plain data; paths of its secrets beside it."""
    secret_paths: list[tuple[Any, ...]] = []
    resources = [
        [
            _plain(getattr(each, name), (index, place), secret_paths)
            for place, name in enumerate(_FIELDS)
        ]
        for index, each in enumerate(plan.resources)
    ]
    outputs = _plain(plan.outputs, ("outputs",), secret_paths)
    return plan.project, plan.stack, plan.size, resources, outputs, secret_paths, plan.to_json()


def _plain(value: Any, path: tuple[Any, ...], secret_paths: list[tuple[Any, ...]]) -> Any:
    match value:
        case Secret():
            secret_paths.append(path)
            return _plain(value.value, path, secret_paths)
        case Mapping():
            return {key: _plain(item, (*path, key), secret_paths) for key, item in value.items()}
        case list():
            return [_plain(item, (*path, index), secret_paths) for index, item in enumerate(value)]
        case tuple():
            before = len(secret_paths)
            items = tuple(_plain(item, path, secret_paths) for item in value)
            if len(secret_paths) > before:
                raise ValueError("a secret in a tuple has no place to be put back")
            return items
        case _:
            return value


def _unpacked(packed: tuple[Any, ...]) -> RecordedPlan:
    project, stack, size, resources, outputs, secret_paths, text = packed
    for path in reversed(secret_paths):  # a secret inside another was found after it
        place: Any = {"outputs": outputs} if path[0] == "outputs" else resources
        for key in path[:-1]:
            place = place[key]
        place[path[-1]] = Secret(place[path[-1]])
    plan = RecordedPlan(
        project=project,
        stack=stack,
        size=size,
        resources=tuple(
            RecordedResource(**dict(zip(_FIELDS, each, strict=True))) for each in resources
        ),
        outputs=outputs,
    )
    plan.know_text(text)
    return plan
