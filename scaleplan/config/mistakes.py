"""Turns what pydantic found wrong into sentences: key, value, what is allowed, what is nearest."""

from __future__ import annotations

import difflib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from scaleplan.config.section import keys_of, rule_at

NOT_SET = "(not set)"
"""Stands for the value of a required key that the config lacks."""

_LONGEST_VALUE = 120
"""Characters of a wrong value that are shown; the key says where the rest is."""


@dataclass(frozen=True, kw_only=True)
class Mistake:
    """One wrong config value: its key, the value as given, what is allowed, the nearest choice."""

    key: str
    value: str
    allowed: str
    nearest: str | None = None

    def __str__(self) -> str:
        hint = f"; nearest: {self.nearest}" if self.nearest else ""
        return f"{self.key} = {self.value}: allowed is {self.allowed}{hint}"


class InvalidSettings(Exception):  # noqa: N818 - says what is wrong, as callers read it
    """A stack's configuration is wrong. Carries every mistake found, in the order of the keys."""

    def __init__(self, mistakes: Sequence[Mistake]) -> None:
        self.mistakes = tuple(sorted(mistakes, key=lambda mistake: mistake.key))
        count = len(self.mistakes)
        lines = [f"  {mistake}" for mistake in self.mistakes]
        head = f"{count} mistake{'s' if count != 1 else ''} in the configuration:"
        super().__init__("\n".join([head, *lines]))


def nearest(value: object, choices: Sequence[str]) -> str | None:
    """The choice that looks most like the value, or None when none does."""
    by_lower = {choice.lower(): choice for choice in choices}
    closest = difflib.get_close_matches(str(value).lower(), list(by_lower), n=1, cutoff=0.5)
    return by_lower[closest[0]] if closest else None


def shown(value: object) -> str:
    """A value as the config would write it, in JSON, cut where it is long."""
    try:
        text = json.dumps(value, ensure_ascii=False)
    except (TypeError, ValueError):
        text = json.dumps(str(value), ensure_ascii=False)
    return text if len(text) <= _LONGEST_VALUE else text[: _LONGEST_VALUE - 1] + "…"


def mistakes_of(error: ValidationError, model: type[BaseModel], prefix: str) -> list[Mistake]:
    """Every problem of a validation error; keys are written `prefix:section.leaf`."""
    return [_mistake(details, model, prefix) for details in error.errors(include_url=False)]


def _mistake(details: ErrorDetails, model: type[BaseModel], prefix: str) -> Mistake:
    location = details["loc"]
    key = f"{prefix}:{_path(location)}"
    if details["type"] == "extra_forbidden":
        return unknown_key(key, details["input"], _keys_at(model, location[:-1]))
    rule = rule_at(model, location)
    context: dict[str, Any] = details.get("ctx") or {}
    allowed = context.get("allowed") or (rule.allowed if rule else details["msg"])
    if details["type"] == "missing":
        return Mistake(key=key, value=NOT_SET, allowed=f"{allowed}; the key is required")
    value = details["input"]
    if rule is not None and rule.is_text and isinstance(value, (int, float)):
        allowed = f"{allowed}, in quotes"
    choices = context.get("choices") or (rule.choices if rule else [])
    return Mistake(
        key=key,
        value=NOT_SET if value is None and rule is not None and rule.optional else shown(value),
        allowed=allowed,
        nearest=nearest(value, choices) if _misspelt(value, choices) else None,
    )


def _misspelt(value: object, choices: Sequence[str]) -> bool:
    """A choice that is refused for what stands beside it is spelt right."""
    return isinstance(value, str) and value not in choices


def unknown_choice(key: str, value: str, choices: Sequence[str]) -> Mistake:
    """The mistake of a value that is none of the choices."""
    return Mistake(
        key=key, value=value, allowed=", ".join(choices), nearest=nearest(value, choices)
    )


def unknown_key(key: str, value: object, known: Sequence[str]) -> Mistake:
    """The mistake of a key that no section has; `known` are the keys it might have been."""
    last = key.replace(":", ".").rsplit(".", 1)[-1]
    return Mistake(
        key=key,
        value=shown(value),
        allowed="one of the keys " + ", ".join(known),
        nearest=nearest(last, known),
    )


def _path(location: tuple[int | str, ...]) -> str:
    text = ""
    for part in location:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text


def _keys_at(model: type[BaseModel], location: tuple[int | str, ...]) -> list[str]:
    rule = rule_at(model, location)
    return keys_of(rule.section) if rule is not None and rule.section is not None else []
