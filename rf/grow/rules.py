"""The rules of `rules.yaml`: what a change of one property of one type does."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict, model_validator

from rf.grow.difference import PropertyChange


class Effect(StrEnum):
    """What a change does; `rules.yaml` says what each word means."""

    IN_PLACE = "in-place"
    RESTART = "restart"
    PROMOTE = "promote"
    DANGEROUS = "dangerous"
    REFUSED = "refused"
    REPLACE = "replace"


NO_RULE = "no rule says what this does to data"


class PropertyRule(BaseModel):
    """One rule. `effect` holds where nothing more exact does.

    `without` names arguments of the resource's provider: the effect where it has one not set.
    `actions` are commands to run before a larger value is deployed; `{new}` stands for it.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    effect: Effect = Effect.IN_PLACE
    up: Effect | None = None
    down: Effect | None = None
    to: Mapping[str, Effect] = {}
    appended: Effect | None = None
    widened: Effect | None = None
    computed: Effect | None = None
    without: Mapping[str, Effect] = {}
    outage: str = ""
    why: str = ""
    source: str = ""
    actions: tuple[str, ...] = ()

    @model_validator(mode="before")
    @classmethod
    def _a_word_is_a_rule(cls, rule: Any) -> Any:
        return {"effect": rule} if isinstance(rule, str) else rule

    def effect_of(self, change: PropertyChange, provider: Mapping[str, Any]) -> Effect:
        """The effect of this very change, by its direction or its new value."""
        for argument, effect in self.without.items():
            if _text(provider.get(argument, False)) != "true":
                return effect
        exact = self.to.get(_text(change.new))
        if exact is None and change.follows:
            exact = self.computed
        if exact is None and self.appended and _only_appended(change.old, change.new):
            exact = self.appended
        if exact is None and self.widened and _only_widened(change.old, change.new):
            exact = self.widened
        return exact or self._by_direction(_direction(change.old, change.new))

    def _by_direction(self, direction: int) -> Effect:
        if direction == 0 and (self.up or self.down) and not self.to:
            # Neither larger nor smaller, as a text that is no number: the worse of the two.
            return max(filter(None, (self.up, self.down, self.effect)), key=_severity)
        return (self.up if direction > 0 else self.down if direction < 0 else None) or self.effect


class TypeRules(BaseModel):
    """The rules of one type; `holds` says what is lost with it, and only stateful types hold."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    holds: str = ""
    source: str
    properties: Mapping[str, PropertyRule]


class Rules(BaseModel):
    """The whole file."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    stateful: Mapping[str, TypeRules]
    stateless: Mapping[str, TypeRules]
    packages: Mapping[str, Mapping[str, PropertyRule]]

    def holds(self, token: str) -> str:
        """What a stateful type holds; empty for another."""
        rules = self.stateful.get(token)
        return rules.holds if rules else ""


@dataclass(frozen=True, kw_only=True)
class Ruling:
    """What one change does, how long it interrupts, why it matters, and who says so.

    `actions` are commands to run before it is deployed.
    """

    effect: Effect
    outage: str = ""
    why: str = ""
    source: str = ""
    actions: tuple[str, ...] = ()


@cache
def load_rules() -> Rules:
    """Read the file. Raises pydantic.ValidationError when it is wrong."""
    text = files("rf.grow").joinpath("rules.yaml").read_text(encoding="utf-8")
    return Rules.model_validate(yaml.load(text, yaml.CSafeLoader))


def ruling_of(
    token: str,
    change: PropertyChange,
    *,
    stateful: bool,
    provider: Mapping[str, Any] = MappingProxyType({}),
) -> Ruling:
    """The ruling of the deepest rule that covers the property.

    `stateful` is whether something is lost with the resource, by its type or because it is
    protected: then a property that no rule covers is dangerous. `provider` has the arguments of the
    provider that makes the change, the later plan's.
    """
    rules = load_rules()
    known = rules.stateful.get(token) or rules.stateless.get(token)
    rule = _covering(known.properties, change.bare_path) if known else None
    if rule is None:
        package = rules.packages.get(token.split(":", 1)[0], {})
        rule = _covering(package, change.bare_path, exact=True)
    if rule is None:
        if stateful:
            return Ruling(effect=Effect.DANGEROUS, why=NO_RULE, source="rf/grow/rules.yaml")
        return Ruling(effect=Effect.IN_PLACE)
    effect = rule.effect_of(change, provider)
    source = rule.source or (known.source if known else "")
    outage = rule.outage if effect in (Effect.RESTART, Effect.REPLACE) else ""
    larger = _direction(change.old, change.new) > 0
    actions = [each.replace("{new}", _text(change.new)) for each in rule.actions if larger]
    return Ruling(effect=effect, outage=outage, why=rule.why, source=source, actions=tuple(actions))


def _covering(
    properties: Mapping[str, PropertyRule], path: str, *, exact: bool = False
) -> PropertyRule | None:
    """The rule of the path, of the nearest object around it, or of every property."""
    parts = path.split(".")
    for length in range(len(parts), 0, -1):
        rule = properties.get(".".join(parts[:length]))
        if rule is not None:
            return rule
        if exact:
            return None
    return properties.get("*")


def _severity(effect: Effect) -> int:
    return list(Effect).index(effect)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _only_appended(old: Any, new: Any) -> bool:
    return isinstance(old, list) and isinstance(new, list) and new[: len(old)] == old


def _only_widened(old: Any, new: Any) -> bool:
    return isinstance(old, list) and isinstance(new, list) and all(item in new for item in old)


def _direction(old: Any, new: Any) -> int:
    """1 where `new` is larger, -1 where it is smaller, 0 where neither can be said."""
    left, right = _numbers(old), _numbers(new)
    if left is None or right is None or left == right:
        return 0
    return 1 if right > left else -1


def _numbers(value: Any) -> tuple[float, ...] | None:
    """A number, a version as `16.4` or a size as `200Gi`, to be compared; else None."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return (float(value),)
    if isinstance(value, str) and re.fullmatch(r"v?\d+(\.\d+)*(Gi|Mi|Ti)?", value):
        return tuple(float(part) for part in re.findall(r"\d+", value))
    return None
