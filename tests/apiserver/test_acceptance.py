"""A real API server takes every exported object, changes nothing on the second time, and grows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import pytest

from rf.shared.cluster.objects import AppliedObject, RefusedError, label
from rf.shared.project import PROJECT_ROOT
from scaleplan.sizes import Size
from tests.apiserver.conftest import Note
from tests.apiserver.objects.exports import Export, read_export
from tests.apiserver.server.session import Session
from tests.conftest import Planned

pytestmark = pytest.mark.kubernetes

STACKS = sorted(path.suffixes[0][1:] for path in PROJECT_ROOT.glob("Pulumi.*.yaml"))

GROWING_STACK = "prod"
"""It has every layer at every size, Citus too."""

Prepare = Callable[[Export], None]


def described(export: Export) -> str:
    kinds = Counter(each["kind"] for each in export.objects)
    listed = ", ".join(f"{count} {kind}" for kind, count in sorted(kinds.items()))
    return f"{export.title}: {len(export.objects)} objects applied: {listed}"


def warnings_of(answers: dict[str, AppliedObject]) -> dict[str, tuple[str, ...]]:
    """What the server warns of. An export holds no secret, so of Secrets it can say nothing."""
    return {
        name: answer.warnings
        for name, answer in answers.items()
        if answer.warnings and answer.document["kind"] != "Secret"
    }


@pytest.mark.parametrize("stack", STACKS)
def test_every_exported_object_is_accepted_and_the_second_time_nothing_changes(
    serving: Planned, session: Session, prepare: Prepare, note: Note, stack: str
):
    export = read_export(serving(stack))
    prepare(export)
    first = session.apply(export.in_order)
    assert {label(each) for each in export.objects} <= first.keys()
    assert not warnings_of(first)

    second = session.apply(export.in_order)

    alone = session.cluster.alone
    changed = [
        name
        for name in map(label, export.objects)
        if second[name].state(alone=alone) != first[name].state(alone=alone)
    ]
    assert not changed
    note(f"{described(export)}; again: no change")


@pytest.mark.parametrize("stack", STACKS)
def test_every_pod_of_a_template_is_admitted_by_its_namespace(
    serving: Planned, session: Session, prepare: Prepare, note: Note, stack: str
):
    """Pod Security, quotas and limits judge pods, not the templates in Deployments and Jobs."""
    export = read_export(serving(stack))
    prepare(export)
    session.apply(export.in_order)
    refused: list[str] = []
    pods = list(export.pods())
    for pod in pods:
        try:
            session.cluster.try_to_create(pod)
        except RefusedError as error:
            refused.append(str(error))
    assert pods
    assert not refused
    note(f"{export.title}: {len(pods)} pods of templates admitted (dry run)")


def test_each_size_applies_over_the_smaller_one(
    planned: Planned, session: Session, prepare: Prepare, note: Note
):
    """No immutable field changes as a stack grows: the API server would refuse it."""
    for size in Size:
        export = read_export(planned(GROWING_STACK, size=size.value))
        prepare(export)
        session.apply(export.in_order)
        removed = session.remove_others(export)
        note(
            f"growing to {export.title}: {len(export.objects)} objects applied over what was"
            f" there, {len(removed)} deleted"
        )
