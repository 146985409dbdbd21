"""Every property that differs between a resource's old inputs and its new ones."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from rf.shared.secret_digests import MaskedSecret

ABSENT = "(not set)"
"""Stands for a property that one of the two plans has not."""

ANOTHER_SECRET = "[another secret]"  # noqa: S105 - stands for a secret, holds none
"""Stands for the new value of a secret that changes: neither is known here."""


@dataclass(frozen=True, kw_only=True)
class PropertyChange:
    """One property: its path as `vpcConfig.subnetIds` or `containers[worker].image`, old and new.

    `follows` names the replaced resource whose new identity alone changes it.
    """

    path: str
    old: Any
    new: Any
    follows: str = ""

    @property
    def bare_path(self) -> str:
        """The path without positions in lists, as rules name it."""
        return _without_positions(self.path)


def property_changes(
    before: Mapping[str, Any], after: Mapping[str, Any]
) -> tuple[PropertyChange, ...]:
    """Every property that differs, at the deepest path that names it alone."""
    return tuple(_changes("", before, after))


def _changes(path: str, old: Any, new: Any) -> Iterator[PropertyChange]:
    if old == new:
        return
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        for key in sorted({*old, *new}):
            deeper = f"{path}.{key}" if path else key
            yield from _changes(deeper, old.get(key, ABSENT), new.get(key, ABSENT))
        return
    names = _names(old), _names(new)
    if names[0] and names[1]:
        left, right = ({item["name"]: item for item in items} for items in (old, new))
        changes = [
            change
            for name in dict.fromkeys((*names[0], *names[1]))
            for change in _changes(
                f"{path}[{name}]", left.get(name, ABSENT), right.get(name, ABSENT)
            )
        ]
        # The same objects in another order are a change too, of the list itself.
        yield from changes or [PropertyChange(path=path, old=old, new=new)]
        return
    if _are_lists_of_objects(old, new):
        for position, (left, right) in enumerate(zip(old, new, strict=True)):
            yield from _changes(f"{path}[{position}]", left, right)
        return
    secrets = isinstance(old, MaskedSecret) and isinstance(new, MaskedSecret)
    yield PropertyChange(path=path, old=old, new=ANOTHER_SECRET if secrets else new)


def _names(items: Any) -> list[str]:
    """Names of a list's objects where each has one of its own, as Kubernetes' environment and
    containers do; none for another list. Their order says nothing."""
    if not isinstance(items, list) or not all(isinstance(item, Mapping) for item in items):
        return []
    names = [item.get("name") for item in items]
    alike = len(set(map(str, names))) == len(names) and all(isinstance(n, str) for n in names)
    return [str(name) for name in names] if alike else []


def _are_lists_of_objects(old: Any, new: Any) -> bool:
    return (
        isinstance(old, list)
        and isinstance(new, list)
        and len(old) == len(new)
        and all(isinstance(item, Mapping) for item in (*old, *new))
    )


def _without_positions(path: str) -> str:
    return "".join(part.split("]", 1)[-1] for part in path.split("["))
