"""Every type of every configuration has a card, and a rule of change of each property it sets."""

from collections.abc import Iterator
from typing import Any

import pytest

from rf.shared.cards.changes import NO_RULE
from rf.shared.cards.diff import ruling_of
from rf.shared.cards.property_changes import PropertyChange
from rf.shared.cards.registry import all_cards, card_of
from rf.shared.plan import RecordedPlan, RecordedResource, reveal
from tests.configurations import CONFIGURATIONS, Configuration

every_configuration = pytest.mark.parametrize(
    "configuration", CONFIGURATIONS.values(), ids=CONFIGURATIONS
)


def _plan(planned, each: Configuration) -> RecordedPlan:
    return planned(each.stack, size=each.size, overrides=each.overrides, unknowns=each.unknowns)


@every_configuration
def test_every_type_of_a_plan_has_a_card(planned, configuration):
    types = {each.type for each in _plan(planned, configuration).resources if each.custom}
    assert types
    assert [token for token in sorted(types) if card_of(token) is None] == []


@every_configuration
def test_a_rule_speaks_of_each_property_that_is_set(planned, configuration):
    """What a change does has been read before anybody makes it."""
    unruled = {
        (resource.type, path)
        for resource in _plan(planned, configuration).resources
        if resource.custom
        for path in (*_properties(reveal(resource.inputs)), *_following(resource))
        if ruling_of(resource.type, PropertyChange(path=path, old="a", new="b")).why == NO_RULE
    }
    assert not unruled, "add a rule with its source to the type's card"


def _following(resource: RecordedResource) -> list[str]:
    """What changes whole when another resource is made anew."""
    return [key for key, urns in resource.property_dependencies.items() if urns]


def _properties(value: Any, path: str = "") -> Iterator[str]:
    """The path of each value, without positions in lists."""
    items = value if isinstance(value, list) else []
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _properties(item, f"{path}.{key}" if path else key)
    elif any(isinstance(item, dict) for item in items):
        for item in items:
            yield from _properties(item, path)
    else:
        yield path


def test_every_card_is_of_a_type_that_some_configuration_has(planned):
    """A card of nothing is read by nobody: it goes with the last of its type."""
    used = {
        resource.type
        for configuration in CONFIGURATIONS.values()
        for resource in _plan(planned, configuration).resources
    }
    assert [card.type for card in all_cards() if card.type not in used] == []
