"""Lays a stack's own values over the row of its size, and that row on a processor family."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from scaleplan.catalog import Architecture, load_catalog
from scaleplan.config.mistakes import Mistake, shown

CLASS_KEYS = ("instanceClass", "nodeClass")
"""Config keys whose value is the name of a machine class."""


def overlay(base: Mapping[str, Any], over: Mapping[str, object]) -> dict[str, Any]:
    """`over` laid on `base`: objects leaf by leaf, everything else replaced whole."""
    merged = dict(base)
    for key, value in over.items():
        below = merged.get(key)
        if isinstance(below, Mapping) and isinstance(value, Mapping):
            merged[key] = overlay(below, value)
        else:
            merged[key] = value
    return merged


def on_architecture(row: Mapping[str, Any], architecture: Architecture) -> dict[str, Any]:
    """A size's row with each class exchanged for its counterpart of the chosen processor family."""
    catalog = load_catalog()

    def exchanged(key: str, value: Any) -> Any:
        if isinstance(value, Mapping):
            return on_architecture(value, architecture)
        return catalog.for_architecture(value, architecture) if key in CLASS_KEYS else value

    return {key: exchanged(key, value) for key, value in row.items()}


def classes_of_other_architecture(
    path: str, config: Mapping[str, object], architecture: Architecture
) -> list[Mistake]:
    """A mistake for each known class in the config that is not of the stack's processor family.

    `path` is what stands before a key: `project:`, or `project:section.` further down.
    """
    catalog = load_catalog()
    known = {entry.name: entry for entry in catalog.classes}
    mistakes: list[Mistake] = []
    for key, value in config.items():
        if isinstance(value, Mapping):
            mistakes += classes_of_other_architecture(f"{path}{key}.", value, architecture)
        elif key in CLASS_KEYS and isinstance(value, str) and value in known:
            entry = known[value]
            if entry.architecture != architecture:
                names = ", ".join(catalog.class_names(entry.kind, architecture))
                allowed = f"a class of architecture {architecture}: {names}"
                mistakes.append(
                    Mistake(
                        key=f"{path}{key}",
                        value=shown(value),
                        allowed=allowed,
                        nearest=entry.counterpart,
                    )
                )
    return mistakes
