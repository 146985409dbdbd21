"""Reads the emulated world back and holds it against the plan, property by property."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import rf.shared.sandbox.checks  # noqa: F401 - registers every check
from rf.shared.plan import RecordedPlan, RecordedResource, reveal
from rf.shared.sandbox.api import Api, RequestError
from rf.shared.sandbox.comparisons import (
    CHECKS_BY_TYPE,
    CHECKS_OF_WORLD,
    Check,
    CheckWorld,
    ReadBack,
    Reader,
    judged,
)

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
        if resource.type in CHECKS_BY_TYPE and resource.urn not in left_out:
            checks += _check_resource(reader, resource)
    reader.region = api.region
    for check in CHECKS_OF_WORLD:
        checks += _check_world(reader, check)
    return checks


def _check_world(reader: Reader, check: CheckWorld) -> Iterator[Check]:
    try:
        for kind, subject, expected, actual in check(reader):
            yield judged(kind, WHOLE_WORLD, (subject, expected, actual))
    except RequestError as error:
        yield Check("world", WHOLE_WORLD, "readable", True, str(error), ReadBack.DIFFERS)


def _check_resource(reader: Reader, resource: RecordedResource) -> Iterator[Check]:
    kind, check = CHECKS_BY_TYPE[resource.type]
    inputs = reveal(resource.inputs)
    reader.region = inputs.get("region") or reader.api.region
    try:
        for comparison in check(reader, resource.resource_id, inputs):
            yield judged(kind, resource.name, comparison)
    except RequestError as error:
        yield Check(kind, resource.name, "exists", True, str(error), ReadBack.DIFFERS)
