"""A recorded plan as the rules of `policy/` see a stack."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from policy.rules.shared.rule import Resource, StackResources
from rf.shared.plan import RecordedPlan, RecordedResource, reveal


def stack_of(plan: RecordedPlan, *, protects_data: bool) -> StackResources:
    """The plan for the rules; `protects_data` is the stack's protectData."""
    return StackResources(
        size=plan.size,
        protects_data=protects_data,
        resources=tuple(resources_of(plan.resources)),
    )


def resources_of(recorded: Iterable[RecordedResource]) -> Iterable[Resource]:
    """The resources for the rules, secrets revealed: a rule may look, its message may not tell."""
    by_urn = {resource.urn: _resource(resource) for resource in recorded}
    for resource in recorded:
        provider = by_urn.get(resource.provider.rsplit("::", 1)[0])
        yield replace(by_urn[resource.urn], provider=provider)


def _resource(recorded: RecordedResource) -> Resource:
    return Resource(
        urn=recorded.urn,
        type=recorded.type,
        name=recorded.name,
        inputs=reveal(recorded.inputs),
        protect=recorded.protect,
        parent=recorded.parent,
        custom=recorded.custom,
        points_at={
            key: frozenset(urns) for key, urns in recorded.property_dependencies.items() if urns
        },
    )
