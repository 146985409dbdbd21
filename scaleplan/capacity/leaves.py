"""Single settings of a configuration: which there are, what they are now, and changing one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from pydantic import ValidationError
from pydantic.alias_generators import to_camel

from scaleplan.config.overlay import CLASS_KEYS, on_architecture
from scaleplan.config.section import fields_of, rule_of
from scaleplan.model import load_plan
from scaleplan.settings import Settings
from scaleplan.sizes import Section, Size, SizeProfile

_LEFT_ALONE = frozenset({"minReplicas", "minPoolSize", "backupRetentionDays", "diskGib"})
"""Leaves that no check reads, or that only lower a floor."""


@dataclass(frozen=True)
class Leaf:
    """A setting by its path in Python and in a stack file, with its bounds where it is a number."""

    path: tuple[str, ...]
    key: str
    lowest: float | None
    highest: float | None


@cache
def leaves() -> tuple[Leaf, ...]:
    """Every setting that a size gives and that can be tried."""
    return tuple(_leaves(SizeProfile, (), ()))


def value_at(settings: SizeProfile, leaf: Leaf) -> Any:
    """The setting's present value."""
    value: Any = settings
    for name in leaf.path:
        value = getattr(value, name)
    return value


def changed(settings: Settings, leaf: Leaf, value: Any) -> Settings | None:
    """The settings with one leaf changed; None where that breaks a rule of the section."""
    try:
        return settings.model_copy(update={leaf.path[0]: _laid(settings, leaf.path, value)})
    except ValidationError:
        return None


def with_size(settings: Settings, size: Size) -> Settings:
    """The same stack at another size, as the plan has it."""
    row = load_plan().sizes[size].model_dump(mode="json", by_alias=True)
    own_row = on_architecture(row, settings.architecture)
    profile = SizeProfile.model_validate(own_row, strict=False)
    sections = {name: getattr(profile, name) for name in SizeProfile.model_fields}
    return settings.model_copy(update={"size": size, **sections})


def _leaves(model: type[Section], path: tuple[str, ...], keys: tuple[str, ...]) -> Iterator[Leaf]:
    names = {to_camel(name): name for name in model.model_fields}
    for key, field in fields_of(model).items():
        rule = rule_of(field.annotation, field.metadata)
        here, named = (*path, names[key]), (*keys, key)
        if rule.section is not None:
            yield from _leaves(rule.section, here, named)  # pyright: ignore[reportArgumentType]
        elif key not in _LEFT_ALONE and (rule.type in (int, bool) or key in CLASS_KEYS):
            yield Leaf(here, ".".join(named), rule.bound("ge"), rule.bound("le"))


def _laid(section: Any, path: tuple[str, ...], value: Any) -> Any:
    """The section below `path[0]` with the leaf replaced, validated anew."""
    below = getattr(section, path[0])
    if len(path) == 1:
        return value
    changed_below = below.model_copy(update={path[1]: _laid(below, path[1:], value)})
    return type(below).model_validate(dict(changed_below))
