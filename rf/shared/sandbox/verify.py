"""Reads the emulated world back and holds it against the plan, property by property."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from rf.shared.cards.answers import RequestError
from rf.shared.cards.card import Card
from rf.shared.cards.lifecycle import Lifecycle, Standing, Task
from rf.shared.cards.registry import all_cards, card_of
from rf.shared.cards.verification import Verification, WorldRows
from rf.shared.offline.invention import ACCOUNT_ID
from rf.shared.plan import RecordedPlan, RecordedResource, reveal
from rf.shared.sandbox.api import Api
from rf.shared.sandbox.comparisons import Check, ReadBack, judged
from rf.shared.sandbox.reader import Reader

WHOLE_WORLD = "all"
"""Name in a check of everything in the emulator, whichever stack made it."""


def verify(api: Api, plan: RecordedPlan, skipped: Iterable[str] = ()) -> list[Check]:
    """All checks of the plan's resources and of the world, in the plan's order.

    `skipped` are URNs whose creation the emulator lacks: there is nothing to read back.
    """
    reader = Reader(api, plan)
    left_out = set(skipped)
    checks: list[Check] = []
    for resource in sorted(plan.resources, key=lambda r: (r.type, r.urn)):
        card = card_of(resource.type)
        if card is not None and resource.urn not in left_out:
            checks += _check_resource(reader, resource, card)
    reader.region = api.region
    for card in all_cards():
        if isinstance(card.verification, Verification) and card.verification.world is not None:
            checks += _check_world(reader, card.verification.world)
    return checks


def _check_world(reader: Reader, rows: WorldRows) -> Iterator[Check]:
    try:
        for kind, subject, expected, actual in rows(reader):
            yield judged(kind, WHOLE_WORLD, (subject, expected, actual))
    except RequestError as error:
        yield Check("world", WHOLE_WORLD, "readable", True, str(error), ReadBack.DIFFERS)


def _check_resource(reader: Reader, resource: RecordedResource, card: Card) -> Iterator[Check]:
    verification, lifecycle = card.verification, card.lifecycle
    if not isinstance(verification, Verification) or not isinstance(lifecycle, Lifecycle):
        return
    inputs = reveal(resource.inputs)
    reader.region = inputs.get("region") or reader.api.region
    task = Task(
        api=reader.api,
        urn=resource.urn,
        name=resource.name,
        region=reader.region,
        account_id=ACCOUNT_ID,
        invented={},
    )
    standing = Standing(id=resource.resource_id, inputs=inputs, outputs=reveal(resource.outputs))
    try:
        reading = lifecycle.read(task, standing)
        if reading is None:
            yield Check(
                verification.kind, resource.name, "exists", True, "it is gone", ReadBack.DIFFERS
            )
            return
        for comparison in verification.comparisons(reader, standing.id, inputs, reading):
            yield judged(verification.kind, resource.name, comparison)
    except RequestError as error:
        yield Check(verification.kind, resource.name, "exists", True, str(error), ReadBack.DIFFERS)
