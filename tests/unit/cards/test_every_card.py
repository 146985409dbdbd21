"""What holds of every card: each facet is there or says why not, and what it names exists."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator
from functools import cache
from types import SimpleNamespace

import pytest
from botocore.loaders import Loader

from rf.preflight.check_access import roles_of
from rf.shared.cards import registry
from rf.shared.cards.card import Card
from rf.shared.cards.changes import Changes, Effect, PropertyRule
from rf.shared.cards.creation import Creation
from rf.shared.cards.prices import Free, Priced, Unpriced
from rf.shared.cards.registry import all_cards, card_of, changes_of, module_of
from rf.shared.cards.source import FactSource
from rf.shared.cards.values import ClosedValues
from rf.shared.cards.without import Without

MODELS = Loader()

CARDS = {card.type: card for card in all_cards()}

every_card = pytest.mark.parametrize("card", CARDS.values(), ids=CARDS)


def _reasons(card: Card) -> Iterator[str]:
    """Why it lacks what it lacks, and why it costs nothing."""
    facets = [getattr(card, each.name) for each in dataclasses.fields(card)]
    if isinstance(card.price, Priced):
        facets.append(card.price.count)
    yield from (each.reason for each in facets if isinstance(each, Without | Free | Unpriced))


@every_card
def test_a_facet_that_is_not_there_has_a_reason(card: Card) -> None:
    for facet in dataclasses.fields(card):
        assert getattr(card, facet.name) not in (None, ()), facet.name
    for reason in _reasons(card):
        assert len(reason.split()) > 1, "a word is no reason"


def test_nothing_is_left_out_without_a_reason() -> None:
    with pytest.raises(ValueError, match="says why"):
        Without("")


def _sources(changes: Changes) -> Iterator[FactSource]:
    yield from changes.source
    for rule in changes.properties.values():
        if isinstance(rule, PropertyRule):
            yield from rule.source


@every_card
def test_what_a_change_does_was_read_somewhere_and_of_some_version(card: Card) -> None:
    assert card.changes.source
    assert card.changes.properties
    for source in _sources(card.changes):
        assert source.name.strip()
        assert source.version.strip()


def _rules(rule: Effect | PropertyRule) -> Iterator[PropertyRule]:
    """A rule, and what it says of versions beside."""
    whole = PropertyRule(effect=rule) if isinstance(rule, Effect) else rule
    yield from (each for each in (whole, whole.major, whole.skipping) if each is not None)


@every_card
def test_what_is_refused_has_another_way_of_two_steps(card: Card) -> None:
    without_way = [
        path
        for path, rule in card.changes.properties.items()
        for each in _rules(rule)
        if each.may_be_refused and len(each.way) < 2
    ]
    assert without_way == []


@every_card
def test_the_wait_for_a_new_one_was_reported_by_somebody_or_is_called_assumed(card: Card) -> None:
    if isinstance(card.creation, Creation):
        assert card.creation.minutes_of({}) > 0
        assert card.creation.source
        for source in card.creation.source:
            assert source.name.strip()
            assert source.page.strip()


@cache
def _operations(service: str) -> frozenset[str]:
    return frozenset(MODELS.load_service_model(service, "service-2")["operations"])


@every_card
def test_operations_that_close_values_are_the_apis(card: Card) -> None:
    if isinstance(card.values, ClosedValues):
        for each in card.values.operations:
            service, _, operation = each.partition(":")
            assert operation in _operations(service), each


@every_card
def test_permissions_are_words_of_iam_each_once(card: Card) -> None:
    permissions = () if isinstance(card.permissions, Without) else card.permissions
    actions = [each for each in permissions if isinstance(each, str)]
    assert [each for each in actions if not re.fullmatch(r"[a-z][a-z0-9-]*:[A-Z]\w+", each)] == []
    assert len(set(permissions)) == len(permissions)


def test_a_role_of_a_service_is_named_as_iam_names_it() -> None:
    roles = {each for token in CARDS for each in roles_of(token)}
    assert len(roles) > 10
    for role in roles:
        assert re.fullmatch(r"([a-z0-9-]+\.)+amazonaws\.com", role.principal)
        assert role.name.startswith("AWSServiceRoleFor")


@every_card
def test_a_card_is_found_by_its_token(card: Card) -> None:
    assert card_of(card.type) is card


def _module(monkeypatch: pytest.MonkeyPatch, *cards: object) -> None:
    """The module of EKS' cards, with these in it."""
    import rf.aws.eks

    monkeypatch.setattr(rf.aws.eks, "CARDS", cards)


@pytest.fixture
def _anew() -> Iterator[None]:
    registry._cards_of.cache_clear()
    yield
    registry._cards_of.cache_clear()


@pytest.mark.usefixtures("_anew")
def test_a_card_in_a_module_that_its_token_does_not_name_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    _module(monkeypatch, SimpleNamespace(type="aws:rds/instance:Instance"))
    with pytest.raises(ValueError, match=r"belongs to rf\.aws\.rds, not to rf\.aws\.eks"):
        card_of("aws:eks/cluster:Cluster")


@pytest.mark.usefixtures("_anew")
def test_two_cards_of_a_type_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    card = SimpleNamespace(type="aws:eks/cluster:Cluster")
    _module(monkeypatch, card, card)
    with pytest.raises(ValueError, match="two cards of aws:eks/cluster:Cluster"):
        card_of("aws:eks/cluster:Cluster")


def test_a_component_belongs_to_no_module_and_an_unknown_type_has_no_card() -> None:
    assert module_of("researchflow:data:Queue") == ""
    assert card_of("researchflow:data:Queue") is None
    assert card_of("aws:sagemaker/notebookInstance:NotebookInstance") is None
    assert changes_of("aws:sagemaker/notebookInstance:NotebookInstance") is None
