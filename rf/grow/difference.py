"""What differs between two plans: resources that come, go or move."""

from __future__ import annotations

from dataclasses import dataclass

from rf.shared.plan_document import PlanDocument, PlannedResource


@dataclass(frozen=True, kw_only=True)
class Pair:
    """One resource in both plans: `before` and `after` differ in URN where an alias tells."""

    before: PlannedResource
    after: PlannedResource

    @property
    def moved(self) -> bool:
        """Whether it has another URN, and an alias that keeps it the same resource."""
        return self.before.urn != self.after.urn


@dataclass(frozen=True, kw_only=True)
class PlanDifference:
    """Two plans side by side. Components are left out: they are nothing by themselves."""

    created: tuple[PlannedResource, ...]
    deleted: tuple[PlannedResource, ...]
    pairs: tuple[Pair, ...]


def difference_of(before: PlanDocument, after: PlanDocument) -> PlanDifference:
    """Match the resources of two plans by URN, and by the aliases of the later one."""
    pairs: list[Pair] = []
    created: list[PlannedResource] = []
    matched: set[str] = set()
    for urn, resource in after.resources.items():
        earlier = next(
            (name for name in (urn, *resource.aliases) if name in before.resources), None
        )
        if earlier is None:
            created.append(resource)
        else:
            matched.add(earlier)
            pairs.append(Pair(before=before.resources[earlier], after=resource))
    deleted = [each for urn, each in before.resources.items() if urn not in matched]
    return PlanDifference(
        created=tuple(each for each in created if each.custom),
        deleted=tuple(each for each in deleted if each.custom),
        pairs=tuple(pair for pair in pairs if pair.after.custom),
    )
