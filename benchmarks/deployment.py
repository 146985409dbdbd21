"""How long a first `pulumi up` takes by its graph, and how many operations at once that needs.

Run: `.venv/bin/python -m benchmarks.deployment [STACK]`. It needs no account: the recorded plan
says what waits for what, each type's card how long one waits for it. The minutes are no promise
(AWS' own vary by half) but a comparison: which chain is the longest, how much longer it is than the
one that AWS itself forces, and from how many operations at once on nothing waits for a free place.
"""

from __future__ import annotations

import heapq
import sys
from collections import defaultdict, deque
from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import chain

from rf.shared.cards.creation import Creation
from rf.shared.cards.registry import card_of
from rf.shared.plan import RecordedPlan, RecordedResource
from rf.shared.stacks import plan_of

UNLIMITED = sys.maxsize

SLOTS = (4, 8, 16, 32, 64, UNLIMITED)


@dataclass(frozen=True)
class Schedule:
    """When each resource is there, in minutes from the start, by URN."""

    ends: Mapping[str, float]

    @property
    def minutes(self) -> float:
        """Until the last one is there."""
        return max(self.ends.values(), default=0)


def minutes_of(resource: RecordedResource) -> float:
    """How long one waits for it alone; a component is there at once."""
    card = card_of(resource.type)
    if card is None or not isinstance(card.creation, Creation):
        return 0
    return card.creation.minutes_of(resource.inputs)


def forced_by_aws(plan: RecordedPlan) -> RecordedPlan:
    """AWS' own resources, each waiting only for values that AWS gives when another is there.

    No way of writing the program is quicker: an order that somebody chose is not in it, nor what
    the cluster's objects take.
    """
    known = {resource.urn for resource in plan.resources if resource.type.startswith("aws:")}
    return replace(
        plan,
        resources=tuple(
            replace(
                resource,
                parent="",
                provider="",
                dependencies=tuple(
                    known.intersection(chain.from_iterable(resource.property_dependencies.values()))
                ),
            )
            for resource in plan.resources
            if resource.urn in known
        ),
    )


def needs_of(plan: RecordedPlan) -> dict[str, set[str]]:
    """What each resource waits for: what its inputs come from, its provider and its parent."""
    known = {resource.urn for resource in plan.resources}
    return {
        resource.urn: {
            *resource.dependencies,
            resource.provider.rsplit("::", 1)[0],
            resource.parent,
        }
        & known - {resource.urn}
        for resource in plan.resources
    }


def awaited_by(plan: RecordedPlan, urn: str) -> set[str]:
    """All that a resource waits for, directly or not."""
    needs = needs_of(plan)
    found: set[str] = set()
    waiting = [urn]
    while waiting:
        further = needs[waiting.pop()] - found
        found |= further
        waiting += further
    return found


def scheduled(plan: RecordedPlan, slots: int = UNLIMITED) -> Schedule:
    """Make each resource as soon as all it needs is there and one of the slots is free.

    The engine takes them in the order in which they become ready, and so does this.
    """
    needs = needs_of(plan)
    minutes = {resource.urn: minutes_of(resource) for resource in plan.resources}
    missing = {urn: len(needed) for urn, needed in needs.items()}
    dependents: dict[str, list[str]] = defaultdict(list)
    for urn, needed in needs.items():
        for need in needed:
            dependents[need].append(urn)
    ready = deque(sorted(urn for urn, count in missing.items() if not count))
    running: list[tuple[float, str]] = []
    ends: dict[str, float] = {}
    now = 0.0
    while ready or running:
        while ready and len(running) < slots:
            urn = ready.popleft()
            heapq.heappush(running, (now + minutes[urn], urn))
        now, urn = heapq.heappop(running)
        ends[urn] = now
        for dependent in sorted(dependents[urn]):
            missing[dependent] -= 1
            if not missing[dependent]:
                ready.append(dependent)
    return Schedule(ends)


def chain_to(plan: RecordedPlan, schedule: Schedule, urn: str) -> list[str]:
    """The resources that were waited for last, from the first one on, and the resource itself."""
    needs = needs_of(plan)
    links = [urn]
    while needs[links[-1]]:
        links.append(max(sorted(needs[links[-1]]), key=lambda need: schedule.ends[need]))
    return links[::-1]


def main() -> None:
    """Print minutes by the number of operations at once, and the longest chain."""
    plan = plan_of(sys.argv[1] if len(sys.argv) > 1 else "prod")
    forced = forced_by_aws(plan)
    shortest = scheduled(forced)
    for slots in SLOTS:
        title = "without a limit" if slots == UNLIMITED else f"{slots} at once"
        minutes = scheduled(plan, slots).minutes
        print(
            f"{title:>16}  {minutes:5.1f} min  {minutes / shortest.minutes:.3f} of what AWS forces"
        )
    free = scheduled(plan)
    names = {resource.urn: resource for resource in plan.resources}
    milestones = [
        urn
        for urn, resource in names.items()
        if resource.type in ("kubernetes:batch/v1:Job", "kubernetes:helm.sh/v3:Release")
    ]
    print("\nthere after, without a limit")
    for urn in sorted(milestones, key=lambda urn: free.ends[urn]):
        print(f"{free.ends[urn]:12.1f} min  {names[urn].name}")
    _print_longest("the longest chain", plan, free)
    _print_longest("the chain that AWS forces", forced, shortest)


def _print_longest(title: str, plan: RecordedPlan, schedule: Schedule) -> None:
    print(f"\n{title}")
    names = {resource.urn: resource for resource in plan.resources}
    last = max(sorted(schedule.ends), key=lambda urn: schedule.ends[urn])
    for urn in chain_to(plan, schedule, last):
        if names[urn].custom:
            print(f"{schedule.ends[urn]:12.1f} min  {names[urn].type} {names[urn].name}")


if __name__ == "__main__":
    main()
