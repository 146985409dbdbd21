"""Every type of every configuration has a card, and what is protected has rules of change."""

import pytest

from rf.shared.cards.changes import Changes
from rf.shared.cards.registry import all_cards, card_of, changes_of
from rf.shared.plan import RecordedPlan
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
def test_nothing_that_is_protected_is_without_rules(planned, configuration):
    protected = {each.type for each in _plan(planned, configuration).resources if each.protect}
    rules = {token: changes_of(token) for token in sorted(protected)}
    assert [token for token, known in rules.items() if not isinstance(known, Changes)] == []


def test_every_card_is_of_a_type_that_some_configuration_has(planned):
    """A card of nothing is read by nobody: it goes with the last of its type."""
    used = {
        resource.type
        for configuration in CONFIGURATIONS.values()
        for resource in _plan(planned, configuration).resources
    }
    assert [card.type for card in all_cards() if card.type not in used] == []
