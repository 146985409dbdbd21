"""Results of a function of settings, kept by the single settings that it read to reach them.

A search changes one setting at a time, which most checks and most lines of a bill never read: they
would come to the same again. What a function reads needs no declaration here: it is watched.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from operator import attrgetter
from types import FunctionType, MethodType
from typing import Any, Generic, NoReturn, TypeVar, cast

from scaleplan.config.section import Section
from scaleplan.settings import Settings

R = TypeVar("R")


class ReadMemo(Generic[R]):
    """A function of settings that is called once for all settings that agree on what it reads.

    The function must be pure, read settings by their attributes alone, and keep no section in its
    result. Grows with every new result, so it belongs to one search.
    """

    def __init__(self, function: Callable[[Settings], R]) -> None:
        self._function = function
        self._root: _Read | _Result[R] | None = None

    def __call__(self, settings: Settings) -> R:
        """The function's result. Raises what the function raises, and keeps nothing then."""
        node = self._root
        while type(node) is _Read:
            node = node.next.get(node.value_in(settings))
        if node is not None:
            return cast("_Result[R]", node).value
        reads: dict[tuple[str, ...], Any] = {}
        result = self._function(cast("Settings", _Watched(settings, (), reads)))
        self._keep(reads, result)
        return result

    def _keep(self, reads: Mapping[tuple[str, ...], Any], result: R) -> None:
        # What is read first is always the same, what is read next follows from its value, and so
        # on: the reads of a pure function are a path in a tree.
        end = _Result(result)
        paths = iter(reads)
        first = next(paths, None)
        if first is None:
            self._root = end
            return
        if self._root is None:
            self._root = _Read(first)
        node = self._root
        for path, value in zip(paths, reads.values(), strict=False):
            below = cast("_Read", node).next.get(value)
            if below is None:
                below = cast("_Read", node).next[value] = _Read(path)
            node = below
        *_, last = reads.values()
        cast("_Read", node).next[last] = end


class _Result(Generic[R]):
    __slots__ = ("value",)

    def __init__(self, value: R) -> None:
        self.value = value


class _Read:
    """The setting to look at next, and where each of its values leads to."""

    __slots__ = ("next", "value_in")

    def __init__(self, path: tuple[str, ...]) -> None:
        self.value_in = attrgetter(".".join(path))
        self.next: dict[object, _Read | _Result[Any]] = {}


class _Watched:
    """A section that notes which settings are read of it, also through copies with others."""

    def __init__(
        self,
        section: Section,
        path: tuple[str, ...],
        reads: dict[tuple[str, ...], Any],
        own: Mapping[str, Any] | None = None,
    ) -> None:
        self._section = section
        self._path = path
        self._reads = reads
        self._own = own or {}

    def __getattr__(self, name: str) -> Any:
        if name in self._own:
            return self._own[name]
        fields = self._section.__dict__
        if name in fields:
            value, path = fields[name], (*self._path, name)
            if isinstance(value, Section):
                return _Watched(value, path, self._reads)
            self._reads[path] = value
            return value
        # What the section works out of its fields reads them through here too.
        defined = getattr(type(self._section), name)
        if isinstance(defined, property) and defined.fget is not None:
            return defined.fget(self)
        if isinstance(defined, FunctionType):
            return MethodType(defined, self)
        raise TypeError(f"{name}: neither a field nor worked out of fields, so it is not watched")

    def model_copy(self, *, update: Mapping[str, Any]) -> _Watched:
        """As pydantic's: the same section with others' values, which were made of watched ones."""
        return _Watched(self._section, self._path, self._reads, {**self._own, **update})

    def __eq__(self, other: object) -> NoReturn:
        raise TypeError("compare single settings: what a whole section is equal to is not watched")

    __hash__ = None  # pyright: ignore[reportAssignmentType]
