"""Makes resources real, one at a time, by their cards."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from rf.shared.cards.answers import RequestError, TranslationError
from rf.shared.cards.lifecycle import Created, Inputs, Lifecycle, Task
from rf.shared.cards.registry import card_of, module_of
from rf.shared.errors import FailedError
from rf.shared.sandbox.api import Api


class CreationError(FailedError):
    """A resource that could not be created; the message names its URN."""


class MissingCardError(Exception):
    """A resource type that has no card, or one without a lifecycle."""


PROVIDER_INPUTS = ("region",)
"""Inputs of every resource that say where, not what; the task carries them."""


def lifecycle_of(token: str) -> Lifecycle:
    """How resources of the type are made. Raises MissingCardError, naming the type."""
    card = card_of(token)
    if card is None:
        place = module_of(token).replace(".", "/")
        raise MissingCardError(f"no card of {token}: add one to {place}.py")
    if not isinstance(card.lifecycle, Lifecycle):
        raise MissingCardError(f"{token} is not made here: {card.lifecycle.reason}")
    return card.lifecycle


@dataclass(frozen=True, kw_only=True)
class Request:
    """A registration to make real. `invented` is what the recorder would have answered, `planned`
    are the inputs with their secrets still marked."""

    urn: str
    token: str
    name: str
    inputs: Mapping[str, Any]
    planned: Mapping[str, Any]
    invented: Mapping[str, Any]
    region: str


class SandboxRegistry:
    """Creates resources one at a time, and knows what became of each."""

    def __init__(self, api: Api, account_id: str) -> None:
        self.api = api
        self.account_id = account_id
        self.created: dict[str, Created] = {}
        self.not_emulated: dict[str, tuple[str, ...]] = {}

    def create(self, request: Request) -> Created:
        """Create one resource. Raises CreationError, which names the URN and the reason."""
        missing = dict(self.api.missing)
        try:
            created = self._create(request)
        except KeyError as error:
            raise CreationError(f"{request.urn}: the answer lacks {error}") from error
        except (RequestError, TranslationError, MissingCardError) as error:
            raise CreationError(f"{request.urn}: {error}") from error
        self.created[request.urn] = created
        lacking = [gap for gap, count in self.api.missing.items() if count > missing.get(gap, 0)]
        if lacking:
            self.not_emulated[request.urn] = tuple(gap.operation for gap in lacking)
        return created

    def _create(self, request: Request) -> Created:
        lifecycle = lifecycle_of(request.token)
        with used_up(request.token, request.inputs) as inputs:
            return lifecycle.create(task_of(request, self.api, self.account_id), inputs)


def task_of(request: Request, api: Api, account_id: str) -> Task:
    """What the card of a registration works with."""
    return Task(
        api=api,
        urn=request.urn,
        name=request.name,
        region=request.region,
        account_id=account_id,
        invented=request.invented,
    )


@contextmanager
def used_up(token: str, inputs: Mapping[str, Any]) -> Iterator[Inputs]:
    """The inputs for one act of a type's card, without the provider's own.

    Raises TranslationError for those that the card leaves behind.
    """
    left = Inputs(inputs)
    left.drop(*PROVIDER_INPUTS)
    yield left
    if left:
        names = ", ".join(sorted(left))
        raise TranslationError(f"the card of {token} leaves out {names}")


def default_tags_of(arguments: Mapping[str, Any]) -> Mapping[str, str]:
    """The default tags of a provider with these arguments, whose nested ones are JSON text."""
    return json.loads(arguments.get("defaultTags") or "{}").get("tags") or {}


def tagged(
    inputs: Mapping[str, Any], outputs: Mapping[str, Any], default_tags: Mapping[str, str]
) -> dict[str, Any]:
    """The inputs with the provider's default tags, as the provider sends them where its type bears
    any: then `tagsAll` is among the outputs."""
    if "tagsAll" not in outputs or not default_tags:
        return dict(inputs)
    return {**inputs, "tags": {**default_tags, **(inputs.get("tags") or {})}}
