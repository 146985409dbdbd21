"""What the engine's preview says of a change, beside what `rf grow` says of it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Set
from dataclasses import dataclass
from typing import Any

from rf.grow.classify import GrowthStep, Kind
from rf.shared.engine.runs import EngineRun, EngineStep

OF_PROVIDERS = ("aws:", "kubernetes:", "random:", "tls:")
"""Packages whose resources are something: components and providers are nothing by themselves."""

REPLACEMENT = ("create-replacement", "delete-replaced", "replace")
"""The engine's words for the parts of one replacement."""

_OPERATIONS = {Kind.CREATE: "create", Kind.DELETE: "delete", Kind.REPLACE: "replace"}
"""What the engine calls each kind; of others the property changes, and it says update."""


@dataclass(frozen=True, kw_only=True)
class ChangeBeside:
    """One resource that either of both changes.

    `engine` is the engine's operation, or empty; `grow` the kind that `rf grow` gives it, or empty.
    `by_engine` and `by_grow` are paths of properties that one of them alone names.
    """

    urn: str
    engine: str
    grow: str
    by_engine: tuple[str, ...] = ()
    by_grow: tuple[str, ...] = ()

    @property
    def agrees(self) -> bool:
        """Whether both say the same of it."""
        operation = _OPERATIONS.get(Kind(self.grow), "update") if self.grow else ""
        return operation == self.engine and not (self.by_engine or self.by_grow)

    def to_json(self) -> dict[str, Any]:
        """All of it."""
        return {
            "urn": self.urn,
            "engine": self.engine,
            "grow": self.grow,
            "agrees": self.agrees,
            "byEngineAlone": list(self.by_engine),
            "byGrowAlone": list(self.by_grow),
        }


def beside(run: EngineRun, step: GrowthStep) -> tuple[ChangeBeside, ...]:
    """Every resource that the engine's run or the growth step changes, by URN.

    A resource that an alias moves is the same to the engine. Positions and names in lists are left
    out of paths: the two write them in different ways.
    """
    by_engine: dict[str, list[EngineStep]] = {}
    for each in run.changes:
        if each.type.startswith(OF_PROVIDERS):
            by_engine.setdefault(each.urn, []).append(each)
    by_grow = {change.urn: change for change in step.changes if change.kind is not Kind.MOVE}
    return tuple(
        _change(
            urn,
            by_engine.get(urn, ()),
            by_grow[urn].kind if urn in by_grow else "",
            {_bare(judged.change.path) for judged in by_grow[urn].properties}
            if urn in by_grow
            else set(),
        )
        for urn in sorted({*by_engine, *by_grow})
    )


def _change(urn: str, steps: Iterable[EngineStep], grow: str, paths: Set[str]) -> ChangeBeside:
    steps = tuple(steps)
    words = {"replace" if step.operation in REPLACEMENT else step.operation for step in steps}
    named = {_bare(path) for step in steps for path in step.changed}
    # Of what is created, deleted, or made anew because it must go first the engine names none.
    compared = bool(named) and bool(grow)
    return ChangeBeside(
        urn=urn,
        engine=", ".join(sorted(words)),
        grow=grow,
        by_engine=tuple(_outside(named, paths)) if compared else (),
        by_grow=tuple(_unnamed(paths, named)) if compared else (),
    )


def _outside(paths: Set[str], others: Set[str]) -> Iterator[str]:
    """Paths that are neither among the others nor below one of them."""
    return (path for path in sorted(paths) if not any(_around(other, path) for other in others))


def _unnamed(paths: Set[str], others: Set[str]) -> Iterator[str]:
    """Paths of which the others name neither themselves, nor what is around or below."""
    return (
        path
        for path in sorted(paths)
        if not any(_around(path, other) or _around(other, path) for other in others)
    )


def _bare(path: str) -> str:
    """A path without positions and names in lists: `a[0].b["c.d"]` and `a[x].b.c.d` as `a.b.c.d`.

    Kubernetes' provider compares what a Secret's `stringData` becomes.
    """
    quoted = re.sub(r'\["([^"]*)"\]', r".\1", path)
    return re.sub(r"^stringData\b", "data", re.sub(r"\[[^\]]*\]", "", quoted))


def _around(outer: str, inner: str) -> bool:
    return inner == outer or inner.startswith(f"{outer}.")
