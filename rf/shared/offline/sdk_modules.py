"""Loads the large provider SDKs piece by piece: a definition runs when its name is first used.

A generated package such as `pulumi_aws` imports every resource of a service with every nested type
of each, though a program uses a few. Where the recorder runs, the definitions of these packages are
compiled and run one by one, from the same source text. A module that can't be taken apart is loaded
in the usual way, and so is everything outside the recorder: a deployment never comes here.
"""

from __future__ import annotations

import importlib
import importlib.util
import marshal
import re
import sys
from collections.abc import Sequence
from functools import cache
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from pathlib import Path
from threading import RLock
from types import ModuleType
from typing import Any

from pulumi import _types

from rf.shared.offline.kept import CompiledCache
from rf.shared.offline.sdk_pieces import Parts, Piece, compiled, taken_apart

PACKAGES = ("pulumi_aws", "pulumi_kubernetes")
"""The SDKs with thousands of types. The others load in milliseconds."""

_ALL = re.compile(r"^__all__ = \[([^\]]*)\]", re.MULTILINE)
_HEAD_CHARACTERS = 4096
"""Where `__all__` of a module with one resource stands."""

LOADING = RLock()
"""Held while a definition runs, and by threads that look types up before they import a module: the
SDKs load modules lazily, and before Python 3.11.9 and 3.12.3 that hands a second thread one that
has not run yet (CPython issue 114763)."""


def install() -> None:
    """From now on load these SDKs piece by piece in this process, as far as they aren't loaded."""
    if any(isinstance(finder, _Finder) for finder in sys.meta_path):
        return
    sys.meta_path.insert(0, _Finder())
    for name, module in list(sys.modules.items()):
        if name.partition(".")[0] in PACKAGES and type(module) is not ModuleType:
            # The SDK has found it already, and will load it when it is first used.
            spec = object.__getattribute__(module, "__spec__")
            if spec is not None and type(spec.loader) is SourceFileLoader:
                spec.loader = _Loader(spec.loader.name, spec.loader.path)


@cache
def _bytecode() -> CompiledCache:
    return CompiledCache("sdk-bytecode", PACKAGES)


def _parts_of(module: ModuleType, source: Path) -> Parts | None:
    """The pieces of a module as its file now is; None if it must be loaded whole."""
    status = source.stat()
    stamp = (status.st_mtime_ns, status.st_size)
    entry: Any = _bytecode().get(module.__name__)
    if entry is None or entry[0] != stamp:
        parts = taken_apart(
            source.read_text(encoding="utf-8"), source, lambda star: _given_by(star, module)
        )
        entry = (stamp, None if parts is None else tuple(parts))
        _bytecode().put(module.__name__, entry)
    return None if entry[1] is None else Parts(*entry[1])


_definitions: dict[str, _Definitions] = {}
"""By the name of the module."""


@cache
def _asks_for_types() -> bool:
    """Have a class's types made ready when the SDK first asks for them.

    False where this version of the SDK asks in another way; all are then made ready at once.
    """
    given = getattr(_types, "_raw_return_hints", None)
    if given is None:
        return False

    @cache
    def hints(cls: type) -> dict[str, Any]:
        for base in cls.__mro__:
            if base.__module__ in _definitions:
                _definitions[base.__module__].have_types(base.__name__)
        return given(cls)

    _types._raw_return_hints = hints
    return True


class _Finder(MetaPathFinder):
    """Finds modules as Python does, and has those of the large SDKs loaded by `_Loader`."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname.partition(".")[0] not in PACKAGES:
            return None
        spec = PathFinder.find_spec(fullname, path, target)
        if spec is not None and type(spec.loader) is SourceFileLoader:
            spec.loader = _Loader(spec.loader.name, spec.loader.path)
        return spec


class _Loader(SourceFileLoader):
    """Runs what a module does beside defining, and leaves each definition to its first use."""

    def exec_module(self, module: ModuleType) -> None:
        source = Path(self.path)
        parts = _parts_of(module, source)
        if parts is None:
            super().exec_module(module)
            return
        exec(marshal.loads(parts.rest), module.__dict__)  # noqa: S102, S302 - the module's own code
        definitions = _definitions[module.__name__] = _Definitions(module, source, parts)
        module.__dict__.setdefault("__getattr__", definitions.get)
        module.__dict__.setdefault("__dir__", definitions.names)
        if "__all__" not in module.__dict__ and parts.stars:
            # What a star import takes where there is no `__all__`, the names not yet run included.
            public = [name for name in definitions.names() if not name.startswith("_")]
            module.__dict__["__all__"] = public


def _given_by(star: str, module: ModuleType) -> tuple[str, tuple[str, ...]] | None:
    package = module.__spec__.parent if module.__spec__ else None
    name = importlib.util.resolve_name(star, package)
    exported = _exported(name)
    return None if exported is None else (name, exported)


@cache
def _exported(name: str) -> tuple[str, ...] | None:
    """`__all__` of a module, read and not run; None where it has none or is a package."""
    spec = importlib.util.find_spec(name)
    if spec is None or type(spec.loader) is not _Loader or spec.submodule_search_locations:
        return None
    with Path(spec.loader.path).open(encoding="utf-8") as stream:
        text = stream.read(_HEAD_CHARACTERS)
        if "\n__all__ = [" in text and not _ALL.search(text):
            text += stream.read()
    match = _ALL.search(text)
    return tuple(re.findall(r"['\"](\w+)['\"]", match[1])) if match else None


class _Definitions:
    """The definitions of one module that were not used yet."""

    def __init__(self, module: ModuleType, source: Path, parts: Parts) -> None:
        self._module = module
        self._source = source
        self._kept = parts
        self._started: set[str] = set()
        # The last star import of a name wins, as in Python.
        self._elsewhere = {name: star for star, given in parts.stars for name in given}

    def names(self) -> list[str]:
        """Everything the module has: for `dir`."""
        return sorted({*self._module.__dict__, *self._kept.own, *self._elsewhere})

    def get(self, name: str) -> Any:
        """The module's `__getattr__`: run what defines the name."""
        with LOADING:
            if self._ready(name):
                return self._module.__dict__[name]
        raise AttributeError(f"module {self._module.__name__!r} has no attribute {name!r}")

    def _ready(self, name: str) -> bool:
        """Have the name in the module. False if nothing defines it."""
        there = self._module.__dict__
        if name in there:
            return True
        if name in self._kept.own:
            if name not in self._started:  # two definitions may need each other
                self._started.add(name)
                self._run(name)
            return True
        source = self._elsewhere.get(name)
        if source is None:
            return False
        module = importlib.import_module(source)
        there[name] = getattr(module, name)
        leaf = source.rpartition(".")[2]
        if there.get(leaf) is module and self._elsewhere.get(leaf) == source:
            # The import has bound the module; a star import would bind its function of that name.
            there[leaf] = getattr(module, leaf)
        return True

    def have_types(self, name: str) -> None:
        """Have the names that the types of a definition's properties hold."""
        with LOADING:
            if name in self._kept.pieces:
                for each in Piece(*self._kept.pieces[name]).typed:
                    self._ready(each)

    def _run(self, name: str) -> None:
        if name not in self._kept.pieces:
            try:
                self._kept.pieces[name] = tuple(self._compiled(name))
            except SyntaxError:  # a line of a text that looked like a definition
                self._run_whole()
                return
            _bytecode().put(self._module.__name__, _bytecode().get(self._module.__name__))
        piece = Piece(*self._kept.pieces[name])
        for each in piece.first:
            self._ready(each)
        exec(marshal.loads(piece.code), self._module.__dict__)  # noqa: S102, S302 - as above
        for each in piece.then if _asks_for_types() else (*piece.then, *piece.typed):
            self._ready(each)

    def _run_whole(self) -> None:
        there = self._module.__dict__
        given = {name: there[name] for name in self._started if name in there}
        self._started.update(self._kept.own)
        exec(compile(_text_of(self._source), str(self._source), "exec"), there)  # noqa: S102
        there.update(given)

    def _compiled(self, name: str) -> Piece:
        text = _text_of(self._source)
        text = "".join(text[start:end] for start, end in self._kept.own[name])
        return compiled(text, self._source, {*self._kept.own, *self._elsewhere} - {name})


@cache
def _text_of(source: Path) -> str:
    return source.read_text(encoding="utf-8")
