"""How long a first `pulumi up` takes by its graph, and how many operations at once that needs.

Run: `.venv/bin/python -m benchmarks.deployment [STACK]`. It needs no account: the recorded plan
says what waits for what, `CREATION_SECONDS` how long each kind of resource takes. The minutes are
no promise (AWS' own vary by half) but a comparison: which chain is the longest, and from how many
operations at once on nothing waits for a free place.
"""

from __future__ import annotations

import heapq
import sys
from collections import defaultdict, deque
from collections.abc import Mapping
from dataclasses import dataclass

from rf.local.pulumi import PROVIDER
from rf.shared.plan import RecordedPlan
from rf.shared.stacks import plan_of

CREATION_SECONDS: Mapping[str, int] = {
    # 15 to 20 minutes with a standby, 5 to 10 without: hashicorp/terraform#498. A replica is made
    # from a snapshot, and takes no less.
    "aws:rds/instance:Instance": 900,
    "aws:elasticache/replicationGroup:ReplicationGroup": 720,
    "aws:mq/broker:Broker": 900,
    # 8 min 33 s for a small one: DevopsArtFactory/terraform-provisioning#46.
    "aws:eks/cluster:Cluster": 600,
    "aws:eks/nodeGroup:NodeGroup": 150,
    "aws:eks/addon:Addon": 60,
    "aws:ec2/natGateway:NatGateway": 120,
    "aws:ec2/vpcEndpoint:VpcEndpoint": 90,
    "aws:lb/loadBalancer:LoadBalancer": 180,
    "aws:acm/certificateValidation:CertificateValidation": 120,
    "aws:cloudfront/distribution:Distribution": 300,
    "kubernetes:helm.sh/v3:Release": 90,
    "kubernetes:apps/v1:Deployment": 60,
    "kubernetes:batch/v1:Job": 60,
}
"""What takes more than some seconds. Orders of magnitude, as those who deploy report them."""

OTHER_SECONDS = 2
"""A call or two at an API."""

UNLIMITED = sys.maxsize

SLOTS = (4, 8, 16, 32, 64, UNLIMITED)


@dataclass(frozen=True)
class Schedule:
    """When each resource is there, in seconds from the start, by URN."""

    ends: Mapping[str, float]

    @property
    def minutes(self) -> float:
        """Until the last one is there."""
        return max(self.ends.values(), default=0) / 60


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
    seconds = {
        resource.urn: 0
        if not resource.custom or resource.type.startswith(PROVIDER)
        else CREATION_SECONDS.get(resource.type, OTHER_SECONDS)
        for resource in plan.resources
    }
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
            heapq.heappush(running, (now + seconds[urn], urn))
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
    chain = [urn]
    while needs[chain[-1]]:
        chain.append(max(sorted(needs[chain[-1]]), key=lambda need: schedule.ends[need]))
    return chain[::-1]


def main() -> None:
    """Print minutes by the number of operations at once, and the longest chain."""
    plan = plan_of(sys.argv[1] if len(sys.argv) > 1 else "prod")
    for slots in SLOTS:
        title = "without a limit" if slots == UNLIMITED else f"{slots} at once"
        print(f"{title:>16}  {scheduled(plan, slots).minutes:5.1f} min")
    free = scheduled(plan)
    names = {resource.urn: resource for resource in plan.resources}
    milestones = [
        urn
        for urn, resource in names.items()
        if resource.type in ("kubernetes:batch/v1:Job", "kubernetes:helm.sh/v3:Release")
    ]
    print("\nthere after, without a limit")
    for urn in sorted(milestones, key=lambda urn: free.ends[urn]):
        print(f"{free.ends[urn] / 60:12.1f} min  {names[urn].name}")
    print("\nthe longest chain")
    for urn in chain_to(plan, free, max(sorted(free.ends), key=lambda urn: free.ends[urn])):
        if names[urn].custom:
            print(f"{free.ends[urn] / 60:12.1f} min  {names[urn].type} {names[urn].name}")


if __name__ == "__main__":
    main()
