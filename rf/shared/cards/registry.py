"""Cards by token. A module of cards is loaded when the first of its types is asked for.

`aws:rds/instance:Instance` stands in `rf/aws/rds.py`, a Kubernetes kind in the module of its API
group (`kubernetes:karpenter.sh/v1:NodePool` in `rf/kubernetes/karpenter.py`), and what lives in the
stack's state alone in that of its package (`rf/local/random.py`). Each module has its `CARDS`.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator, Mapping
from functools import cache

from rf.shared.cards.card import Card
from rf.shared.cards.changes import IN_PLACE, REPLACE, Changes
from rf.shared.cards.force_new import FORCE_NEW_SOURCE, OF_EVERY_KIND, forced_new
from rf.shared.cards.source import kubernetes, provider

FOLDERS = ("rf.aws", "rf.kubernetes", "rf.local")

OF_PACKAGE: Mapping[str, Changes] = {
    "aws": Changes(
        source=(provider("internal/provider (region and tags of every type)"),),
        properties={"name": REPLACE, "namePrefix": REPLACE, "region": REPLACE, "tags": IN_PLACE},
    ),
    "kubernetes": Changes(
        source=(FORCE_NEW_SOURCE, kubernetes('"Object Names and IDs", "Labels and Selectors"')),
        properties={
            **dict.fromkeys(OF_EVERY_KIND, REPLACE),
            "kind": REPLACE,
            "apiVersion": IN_PLACE,
            "metadata.labels": IN_PLACE,
            "metadata.annotations": IN_PLACE,
            "metadata": IN_PLACE,
        },
    ),
}
"""What a change of these properties does to any type of a package, where its card says nothing."""


def card_of(token: str) -> Card | None:
    """The card of a type; None for a type that has none."""
    module = module_of(token)
    return _cards_of(module).get(token) if module else None


def all_cards() -> Iterator[Card]:
    """Every card there is, by module and within a module as it has them."""
    for folder in FOLDERS:
        package = importlib.import_module(folder)
        for name in sorted(module.name for module in pkgutil.iter_modules(package.__path__)):
            yield from _cards_of(f"{folder}.{name}").values()


def changes_of(token: str) -> Changes | None:
    """What changes of a type do: its card's rules, those of the provider's table for a kind of
    Kubernetes that has no card, and None where neither tells."""
    card = card_of(token)
    if card is not None:
        return card.changes
    forced = forced_new(token) if token.startswith("kubernetes:") else {}
    return Changes(source=(FORCE_NEW_SOURCE,), properties=forced) if forced else None


def holds(token: str) -> str:
    """What is lost with a resource of the type; empty where nothing is, or no card tells."""
    card = card_of(token)
    return card.holds if card else ""


@cache
def module_of(token: str) -> str:
    """The module in which a type's card has to stand; empty for what has none, as components."""
    package, _, rest = token.partition(":")
    place = rest.split(":")[0].split("/")[0]
    match package:
        case "aws":
            return f"rf.aws.{place.lower()}"
        case "kubernetes":
            return f"rf.kubernetes.{place.split('.')[0]}"
        case "random" | "tls" | "pulumi":
            return f"rf.local.{package}"
        case _:
            return ""


@cache
def _cards_of(module: str) -> Mapping[str, Card]:
    try:
        loaded = importlib.import_module(module)
    except ModuleNotFoundError as error:
        if error.name != module:
            raise
        return {}
    cards: dict[str, Card] = {}
    for card in loaded.CARDS:
        if card.type in cards:
            raise ValueError(f"two cards of {card.type}")
        if module_of(card.type) != module:
            raise ValueError(f"{card.type} belongs to {module_of(card.type)}, not to {module}")
        cards[card.type] = card
    return cards
