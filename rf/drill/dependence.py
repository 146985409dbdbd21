"""What of a failover points at the lost region, read from the plans of the recovery site.

Two things do: a change that needs a control plane which is lost, and a resource that names the
region in any of its texts. Both are found in the recorded plans, before anything is lost.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from rf.check.residency.leaks import REGION_NAME, texts_of
from rf.drill.control_planes import control_plane_of
from rf.grow.difference import difference_of
from rf.shared.cards.control_plane import HOME
from rf.shared.plan_document import PlanDocument, PlannedResource


@dataclass(frozen=True, kw_only=True)
class Dependence:
    """A resource that names the lost region, or can't be changed without it.

    `allowed` and `why` say whether the failover goes without it, and how.
    """

    resource: str
    what: str
    allowed: bool
    why: str


@dataclass(frozen=True, kw_only=True)
class SitePlans:
    """A recovery site as it waits, None where nothing stands of it, and as it takes over."""

    region: str
    waiting: PlanDocument | None
    serving: PlanDocument


def dependences_of(plans: SitePlans, lost: str) -> list[Dependence]:
    """All of them, those that the failover needs first."""
    dependences = [*_changes(plans, lost), *_mentions(plans, lost)]
    return sorted(dependences, key=lambda each: (each.allowed, each.resource, each.what))


def _changes(plans: SitePlans, lost: str) -> Iterator[Dependence]:
    """What the failover makes or changes through a control plane that stands in the region."""
    if lost != HOME:
        return
    for what, resource in _changed(plans):
        where = str(resource.inputs.get("region") or plans.region)
        plane = control_plane_of(resource.type, where)
        if plane is not None:
            yield Dependence(
                resource=resource.name,
                what=f"{what}: {resource.type}",
                allowed=False,
                why=f"needs the control plane of {plane.name}; let it exist beforehand",
            )


def _changed(plans: SitePlans) -> Iterator[tuple[str, PlannedResource]]:
    if plans.waiting is None:
        for resource in plans.serving.resources.values():
            if resource.custom:
                yield "made", resource
        return
    difference = difference_of(plans.waiting, plans.serving)
    for resource in difference.created:
        yield "made", resource
    for pair in difference.pairs:
        if pair.before.inputs != pair.after.inputs:
            yield "changed", pair.after
    for resource in difference.deleted:
        yield "deleted", resource


def _mentions(plans: SitePlans, lost: str) -> Iterator[Dependence]:
    for resource in plans.serving.resources.values():
        places = [path for path, text in texts_of(resource.inputs) if _names(text, lost)]
        if not places:
            continue
        where = str(resource.inputs.get("region") or plans.region)
        plane = control_plane_of(resource.type, where)
        reason = _REASONS.get(resource.name)
        if plane is not None and lost == HOME:
            reason = f"{plane.name} stands beforehand: {plane.goes_on}"
        yield Dependence(
            resource=resource.name,
            what=f"names {lost} in {', '.join(places)}",
            allowed=reason is not None,
            why=reason or "it is used by the failover, or by what serves after it",
        )


def _names(text: Any, region: str) -> bool:
    return region in REGION_NAME.findall(str(text))


_REASONS: Mapping[str, str] = {
    "observability-exporters-cloudwatch-files": (
        "CloudFront's own metrics are in us-east-1 alone; the site has no distribution, and misses"
        " nothing else when they can't be read"
    ),
}
"""Resources by logical name that may name the lost region, and why nothing needs it then."""
