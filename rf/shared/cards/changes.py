"""What a change of one property of a type does: to the resource, and to what it holds."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Protocol

from rf.shared.cards.magnitudes import direction, is_another_major, skips_a_minor
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

NO_RULE = "no rule says what this does, so nobody has read about it"


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
    value, `was` by the old one before it; `appended` is for a list that only grew at its end,
    `widened` for one that kept all it had, `computed` for a value that another resource, made anew,
    gives. `without` names arguments of the resource's provider: the effect where it has one not
    set; `beside` names other inputs of the resource, as they will be: the effect where one of them
    is true. `major` is the rule of a version whose first number grows, `skipping` of one that
    leaves out a minor version.
    `actions` are commands to run before a larger value is deployed; `{new}` stands for it. `way` is
    what to do instead, in its order, where the change is refused. `again` says when it can change
    once more, where that takes a while.
    """

    effect: Effect = Effect.IN_PLACE
    up: Effect | None = None
    down: Effect | None = None
    to: Mapping[str, Effect] = field(default_factory=lambda: _NOTHING)
    was: Mapping[str, Effect] = field(default_factory=lambda: _NOTHING)
    appended: Effect | None = None
    widened: Effect | None = None
    computed: Effect | None = None
    without: Mapping[str, Effect] = field(default_factory=lambda: _NOTHING)
    beside: Mapping[str, Effect] = field(default_factory=lambda: _NOTHING)
    major: PropertyRule | None = None
    skipping: PropertyRule | None = None
    outage: str = ""
    why: str = ""
    source: Sources = ()
    actions: tuple[str, ...] = ()
    way: tuple[str, ...] = ()
    again: str = ""

    @property
    def may_be_refused(self) -> bool:
        """Whether some change of the property is refused by this rule itself."""
        given = (self.effect, self.up, self.down, self.appended, self.widened, self.computed)
        chosen = (self.to, self.was, self.without, self.beside)
        return Effect.REFUSED in given or any(Effect.REFUSED in each.values() for each in chosen)

    def for_change(self, change: ChangedProperty) -> PropertyRule:
        """The rule of this very change: `major` or `skipping`, where it is such a one."""
        if self.major is not None and is_another_major(change.old, change.new):
            return self.major
        if self.skipping is not None and skips_a_minor(change.old, change.new):
            return self.skipping
        return self

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
        exact = self.was.get(_text(change.old)) or self.to.get(_text(change.new))
        if exact is None and change.follows:
            exact = self.computed
        if exact is None and self.appended and _only_appended(change.old, change.new):
            exact = self.appended
        if exact is None and self.widened and _only_widened(change.old, change.new):
            exact = self.widened
        return exact or self._by_direction(direction(change.old, change.new))

    def _by_direction(self, sign: int) -> Effect:
        if sign == 0 and (self.up or self.down) and not self.to:
            # Neither larger nor smaller, as a text that is no number: the worse of the two.
            return max(filter(None, (self.up, self.down, self.effect)), key=_severity)
        return (self.up if sign > 0 else self.down if sign < 0 else None) or self.effect


@dataclass(frozen=True, kw_only=True)
class Changes:
    """The rules of a type, by the path of the property, or `*` for each that has none of its own.

    `holds` says what is lost with a resource of the type; empty where nothing is. `alone` says why
    the next one can't stand beside it; empty where it can.
    """

    holds: str = ""
    alone: str = ""
    source: Sources
    properties: Mapping[str, Effect | PropertyRule]

    def place_of(self, path: str) -> str | None:
        """Where the rule of the path stands: at the path itself, at the nearest object around it,
        or at `*`."""
        parts = path.split(".")
        around = (".".join(parts[:length]) for length in range(len(parts), 0, -1))
        return next((place for place in (*around, "*") if place in self.properties), None)

    def rule_of(self, path: str) -> PropertyRule | None:
        """The rule of the path, of the nearest object around it, or of every property."""
        place = self.place_of(path)
        return _whole(self.properties[place]) if place is not None else None


@dataclass(frozen=True, kw_only=True)
class Ruling:
    """What one change does, how long it interrupts, why it matters, and who says so.

    `actions` are commands to run before it is deployed, `way` what to do instead of it, `again`
    says when the next change can follow.
    """

    effect: Effect
    outage: str = ""
    why: str = ""
    source: str = ""
    actions: tuple[str, ...] = ()
    way: tuple[str, ...] = ()
    again: str = ""


def ruling(
    changes: Changes | None,
    of_package: Changes | None,
    change: ChangedProperty,
    *,
    provider: Mapping[str, Any] = _NOTHING,
    inputs: Mapping[str, Any] = _NOTHING,
    made_anew: bool = False,
) -> Ruling:
    """The ruling of the deepest rule that covers the property.

    `changes` are the type's, None for a type without a card, `of_package` what properties of that
    name do on every type of the package. What no rule covers nobody has read about, so it counts as
    dangerous. `provider` has the arguments of the provider that makes the change and `inputs` those
    of the resource, both the later plan's. `made_anew` is whether the program has the engine make
    the resource anew for it.
    """
    found = next(
        (
            (known, rule.for_change(change))
            for known in (changes, of_package)
            if known is not None and (rule := known.rule_of(change.bare_path)) is not None
        ),
        None,
    )
    if found is None:
        return Ruling(effect=REPLACE if made_anew else DANGEROUS, why=NO_RULE, source="its card")
    known, rule = found
    effect = REPLACE if made_anew else rule.effect_of(change, provider, inputs)
    larger = direction(change.old, change.new) > 0
    actions = [each.replace("{new}", _text(change.new)) for each in rule.actions if larger]
    return Ruling(
        effect=effect,
        outage=rule.outage if effect in (RESTART, REPLACE) else "",
        why=rule.why,
        source="; ".join(map(str, rule.source or known.source)),
        actions=tuple(actions),
        way=rule.way if effect is REFUSED else (),
        again=rule.again,
    )


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
