"""What is done to a stack on a cluster, step by step, and what stood there after each."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

from rendering.cluster.node_pools import POOL_LABEL
from rf.shared.cluster.controllers import HELD, LINGERS
from rf.shared.cluster.objects import Document
from rf.shared.cluster.snapshot import Snapshot
from rf.shared.plan import RecordedPlan
from rf.shared.servers.processes import wait_until
from scaleplan.applications.pods import (
    ROLLOUT_SURGE_PODS,
    SYSTEM_POOL,
    PodDemand,
    pods_at_maxima,
)
from scaleplan.applications.workloads import APPLICATIONS_POOL, WORKERS_POOL
from scaleplan.catalog import load_catalog
from scaleplan.cluster.machines import room_of
from scaleplan.cluster.nodes import place
from scaleplan.settings import Settings
from tests.cluster.standing import APPLICATIONS, Standing, elsewhere, stand

ROOM = "room"
"""The workload that takes what is left of the system nodes."""

MORE_THAN_FIT = 500
"""Pods of any kind: more than all system nodes hold."""


@dataclass(frozen=True, kw_only=True)
class Least:
    """A stack at its autoscalers' minima: at rest, and with its first zone drained."""

    settings: Settings
    at_rest: Snapshot
    lost_zone: str
    drained: Snapshot


@dataclass(frozen=True, kw_only=True)
class Most:
    """A stack at its autoscalers' maxima.

    `at_rest`; `surging`: everything rolls out at once, its Jobs run too; `filled`: then so many
    pods of the largest kind more as `expected_room` says, and two; `rolled_out`: all that is over;
    `lingering`: the applications rolled out anew, their old pods still at their work.
    """

    settings: Settings
    at_rest: Snapshot
    surging: Snapshot
    expected_room: int
    filled: Snapshot
    rolled_out: Snapshot
    lingering: Snapshot
    preempted: list[str]
    refused_by_quota: list[str]


def least_of(plan: RecordedPlan, settings: Settings, directory: Path) -> Least:
    """Raises MissingServersError; TimeoutError where the cluster never comes to rest."""
    zones = settings.availability_zones
    with ExitStack() as stack:
        standing = stand(stack, directory, plan, settings, lambda each: each.min_replicas)
        standing.scale(lambda each: each.min_replicas)
        at_rest = standing.settle()
        # Karpenter buys in the zones that are left; the system group's nodes take longer.
        bought = [
            each for each in standing.machines if each.pool in (APPLICATIONS_POOL, WORKERS_POOL)
        ]
        standing.add(elsewhere(bought, zones[0], zones))
        standing.drain(standing.nodes_in(zones[0]))
        return Least(
            settings=settings, at_rest=at_rest, lost_zone=zones[0], drained=standing.settle()
        )


def most_of(plan: RecordedPlan, settings: Settings, directory: Path) -> Most:
    """Raises MissingServersError; TimeoutError where the cluster never comes to rest."""
    demands = pods_at_maxima(settings)
    names = [each.name for each in demands]
    with ExitStack() as stack:
        standing = stand(
            stack, directory, plan, settings, lambda each: each.max_replicas + ROLLOUT_SURGE_PODS
        )
        standing.scale(lambda each: each.min_replicas)
        standing.settle()
        standing.scale(lambda each: each.max_replicas)
        at_rest = standing.settle()
        standing.roll_out("first", HELD)
        jobs = standing.hold_jobs(names)
        surging = standing.settle()
        probe, room = room_left(settings, demands)
        filled, filler = _fill(standing, probe, room + 2)
        standing.end([filler, *jobs])
        standing.roll_out("second")
        rolled_out = standing.settle()
        preempted = standing.events("Preempted")
        lingering = _linger(standing, names)
        return Most(
            settings=settings,
            at_rest=at_rest,
            surging=surging,
            expected_room=room,
            filled=filled,
            rolled_out=rolled_out,
            lingering=lingering,
            preempted=preempted,
            refused_by_quota=[
                each for each in standing.events("FailedCreate") if "exceeded quota" in each
            ],
        )


def room_left(settings: Settings, demands: Sequence[PodDemand]) -> tuple[PodDemand, int]:
    """The largest kind of pod of the system nodes, and how many more of it they hold by our sums
    while everything rolls out at its maximum."""
    group = settings.nodes.system
    node = room_of(load_catalog().instance_class(group.instance_class))
    system = [each for each in demands if each.pool == SYSTEM_POOL]
    left, _ = place(system, [node] * group.min_nodes)
    largest = max(
        system,
        key=lambda each: max(
            each.requests.cpu_millicores / node.cpu_millicores,
            each.requests.memory_mib / node.memory_mib,
        ),
    )
    more = replace(largest, name=ROOM, pods=MORE_THAN_FIT, surge=0)
    _, unplaced = place([more], left)
    return more, MORE_THAN_FIT - len(unplaced)


def _fill(standing: Standing, probe: PodDemand, count: int) -> tuple[Snapshot, Document]:
    """So many pods of that kind more on the system nodes, and their Deployment."""
    requests = {
        "cpu": f"{probe.requests.cpu_millicores}m",
        "memory": f"{probe.requests.memory_mib}Mi",
    }
    container = {"name": ROOM, "image": "stand-in.invalid/pod", "resources": {"requests": requests}}
    template = {
        "metadata": {"labels": {"app": ROOM}},
        "spec": {"nodeSelector": {POOL_LABEL: SYSTEM_POOL}, "containers": [container]},
    }
    filler = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": ROOM, "namespace": "default"},
        "spec": {
            "replicas": count,
            "selector": {"matchLabels": {"app": ROOM}},
            "template": template,
        },
    }
    standing.cluster.apply(filler)
    wait_until(lambda: len(standing.look().of(ROOM)) == count, "the room's pods are made")
    return standing.settle(), filler


def _linger(standing: Standing, names: Sequence[str]) -> Snapshot:
    """The applications roll out, and no old pod ends before all are replaced; then another revision
    begins, and all Jobs run: as many pods as ever."""
    standing.roll_out("third", LINGERS, namespace=APPLICATIONS)
    standing.settle()
    # Karpenter's limits and the system group don't hold this: it is the quota's question alone.
    more = [
        replace(each, name=f"{each.name}-more") for each in standing.machines if not each.tainted
    ]
    standing.add(more)
    standing.roll_out("fourth", namespace=APPLICATIONS)
    standing.settle()
    standing.roll_out("fifth", HELD, namespace=APPLICATIONS)
    standing.hold_jobs(names)
    return standing.settle()
