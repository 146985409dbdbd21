"""What a change of one property of a type does: to the resource, and to what it holds."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Protocol

from rf.shared.cards.source import FactSource

Sources = tuple[FactSource, ...]

_NOTHING: Mapping[str, Any] = MappingProxyType({})


class Effect(StrEnum):
    """What a change does, the mildest first.

    `restart` is in place with an interruption, a failover among them (`outage` says how long);
    `promote` makes a replica a database of its own; `dangerous` is done in place and endangers data
    or the way to it; `refused` is what AWS or the provider won't do; `replace` makes it anew.
    """

    IN_PLACE = "in-place"
    RESTART = "restart"
    PROMOTE = "promote"
    DANGEROUS = "dangerous"
    REFUSED = "refused"
    REPLACE = "replace"


IN_PLACE = Effect.IN_PLACE
RESTART = Effect.RESTART
PROMOTE = Effect.PROMOTE
DANGEROUS = Effect.DANGEROUS
REFUSED = Effect.REFUSED
REPLACE = Effect.REPLACE

NO_RULE = "no rule says what this does to data"


class ChangedProperty(Protocol):
    """What a rule looks at: the old and the new value, and whether the new one is only known later.

    `follows` names the resource, made anew, whose output the new value is; empty where none is.
    """

    @property
    def bare_path(self) -> str: ...  # noqa: D102
    @property
    def old(self) -> Any: ...  # noqa: D102
    @property
    def new(self) -> Any: ...  # noqa: D102
    @property
    def follows(self) -> str: ...  # noqa: D102


@dataclass(frozen=True, kw_only=True)
class PropertyRule:
    """What a change of one property does. `effect` holds where nothing more exact does.

    `up` and `down` are for a larger or smaller number, class or version; `to` goes by the new
    value; `appended` is for a list that only grew at its end, `widened` for one that kept all it
    had, `computed` for a value that another resource, made anew, gives. `without` names arguments
    of the resource's provider: the effect where it has one not set; `beside` names other inputs of
    the resource, as they will be: the effect where one of them is true.
    `actions` are commands to run before a larger value is deployed; `{new}` stands for it.
    """

    effect: Effect = Effect.IN_PLACE
    up: Effect | None = None
    down: Effect | None = None
    to: Mapping[str, Effect] = field(default_factory=lambda: _NOTHING)
    appended: Effect | None = None
    widened: Effect | None = None
    computed: Effect | None = None
    without: Mapping[str, Effect] = field(default_factory=lambda: _NOTHING)
    beside: Mapping[str, Effect] = field(default_factory=lambda: _NOTHING)
    outage: str = ""
    why: str = ""
    source: Sources = ()
    actions: tuple[str, ...] = ()

    def effect_of(
        self, change: ChangedProperty, provider: Mapping[str, Any], inputs: Mapping[str, Any]
    ) -> Effect:
        """The effect of this very change, by its direction or its new value."""
        for argument, effect in self.without.items():
            if _text(provider.get(argument, False)) != "true":
                return effect
        for key, effect in self.beside.items():
            if inputs.get(key) is True:
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


@dataclass(frozen=True, kw_only=True)
class Changes:
    """The rules of a type, by the path of the property, or `*` for each that has none of its own.

    `holds` says what is lost with a resource of the type; empty where nothing is.
    """

    holds: str = ""
    source: Sources
    properties: Mapping[str, Effect | PropertyRule]

    def rule_of(self, path: str) -> PropertyRule | None:
        """The rule of the path, of the nearest object around it, or of every property."""
        parts = path.split(".")
        for length in range(len(parts), 0, -1):
            rule = self.properties.get(".".join(parts[:length]))
            if rule is not None:
                return _whole(rule)
        return _whole(self.properties["*"]) if "*" in self.properties else None


@dataclass(frozen=True, kw_only=True)
class Unruled:
    """Nobody has read yet what changes of this type do. Each counts as `effect`."""

    effect: Effect = Effect.IN_PLACE
    holds: str = ""


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


def ruling(
    changes: Changes | Unruled | None,
    of_package: Mapping[str, Effect],
    change: ChangedProperty,
    *,
    stateful: bool,
    provider: Mapping[str, Any] = _NOTHING,
    inputs: Mapping[str, Any] = _NOTHING,
) -> Ruling:
    """The ruling of the deepest rule that covers the property.

    `changes` are the type's, None for a type without a card, `of_package` what properties of that
    name do on every type of the package. `stateful` is whether something is lost with the resource,
    by its type or because it is protected: then a property that no rule covers is dangerous.
    `provider` has the arguments of the provider that makes the change and `inputs` those of the
    resource, both the later plan's.
    """
    known = changes if isinstance(changes, Changes) else None
    rule = known.rule_of(change.bare_path) if known else None
    if rule is None and change.bare_path in of_package:
        rule = PropertyRule(effect=of_package[change.bare_path])
    if rule is None:
        if stateful:
            return Ruling(effect=Effect.DANGEROUS, why=NO_RULE, source="its card")
        return Ruling(effect=changes.effect if isinstance(changes, Unruled) else Effect.IN_PLACE)
    effect = rule.effect_of(change, provider, inputs)
    source = "; ".join(map(str, rule.source or (known.source if known else ())))
    outage = rule.outage if effect in (Effect.RESTART, Effect.REPLACE) else ""
    larger = _direction(change.old, change.new) > 0
    actions = [each.replace("{new}", _text(change.new)) for each in rule.actions if larger]
    return Ruling(effect=effect, outage=outage, why=rule.why, source=source, actions=tuple(actions))


def _whole(rule: Effect | PropertyRule) -> PropertyRule:
    return PropertyRule(effect=rule) if isinstance(rule, Effect) else rule


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
