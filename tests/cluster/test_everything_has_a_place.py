"""The scheduler finds a place for every pod of a stack, as our arithmetic of nodes says."""

from __future__ import annotations

from collections import Counter

import pytest

from rendering.citus.names import group_name
from rendering.cluster.node_pools import POOL_LABEL
from rf.shared.cluster.machines import ZONE_LABEL
from rf.shared.cluster.snapshot import SeenPod, Snapshot
from scaleplan.applications.pods import pods_at_maxima
from scaleplan.applications.quota import pods_in_rollout
from scaleplan.applications.workloads import autoscaled_workloads
from scaleplan.citus.data_nodes import placements
from scaleplan.cluster.machines import ResourceTotals
from scaleplan.settings import Settings
from tests.cluster.stories import ROOM, Least, Most

pytestmark = pytest.mark.cluster

TWO_REPLICAS = (
    "keda-operator",
    "keda-operator-metrics-apiserver",
    "keda-admission-webhooks",
    "metrics-server",
    "prometheus-adapter",
)
"""Autoscaling needs them; no chart of theirs keeps their pods apart but as its values say."""


def test_every_pod_runs_at_the_minima(least: Least):
    assert least.at_rest.pending == {}


def test_every_pod_runs_at_the_maxima(most: Most):
    assert most.at_rest.pending == {}


def test_every_pod_has_a_place_while_everything_rolls_out_at_once(most: Most):
    assert most.surging.pending == {}
    assert most.preempted == []


def test_a_rollout_of_everything_ends_with_every_pod_running(most: Most):
    assert most.rolled_out.pending == {}
    assert counted(most.rolled_out) == counted(most.at_rest)


def test_without_a_zone_only_pods_wait_whose_volume_is_in_it(least: Least):
    waiting = [pod for pod in least.drained.pods if pod.node is None]
    before = {pod.name: pod for pod in least.at_rest.pods}
    kept = {
        pod.workload
        for pod in before.values()
        if has_volume(pod) and zone_of(least.at_rest, pod) == least.lost_zone
    }
    assert {pod.workload for pod in waiting} <= kept
    assert all(has_volume(pod) for pod in waiting)
    assert counted(least.drained) == counted(least.at_rest)


def test_pods_are_spread_over_zones_as_declared(least: Least, most: Most):
    for stands in (least.at_rest, most.at_rest):
        declared = {pod.workload: pod for pod in stands.pods if spreads_over_zones(pod)}
        assert {"coredns", "orchestrator", "pgbouncer", "worker"} <= declared.keys()
        found = {name: by_zone(stands, pod) for name, pod in declared.items()}
        uneven = {
            name: dict(zones)
            for name, zones in found.items()
            if max(zones.values()) - min(zones.values()) > 1
        }
        assert uneven == {}


@pytest.mark.parametrize("name", TWO_REPLICAS)
def test_both_pods_of_a_controller_stand_on_two_machines(least: Least, most: Most, name: str):
    for stands in (least.at_rest, least.drained, most.at_rest, most.rolled_out):
        pods = len(stands.of(name))
        assert len(stands.hosts(name)) == pods
        if least.settings.nodes.karpenter:
            assert pods == 2


def test_the_pods_that_our_arithmetic_counts_are_the_pods_that_there_are(most: Most):
    found = {
        workload: (count, requests)
        for workload, (count, requests) in by_workload(most.surging).items()
        if workload not in servers_of_citus(most.settings)
    }
    counted_by_us = {
        each.name: (each.at_most, {each.requests}) for each in pods_at_maxima(most.settings)
    }
    assert found == counted_by_us


def test_the_scheduler_leaves_the_room_that_our_arithmetic_does_within_one_pod(most: Most):
    room = sum(most.filled.hosts(ROOM).values())
    assert abs(room - most.expected_room) <= 1


def test_pods_that_are_more_than_one_too_many_wait(most: Most):
    """The check calls a stack with these two pods more short of two."""
    assert len(most.filled.of(ROOM)) == most.expected_room + 2
    assert any(pod.node is None for pod in most.filled.of(ROOM))


def test_the_quota_admits_a_rollout_whose_old_pods_all_linger(most: Most):
    assert most.refused_by_quota == []
    assert most.lingering.pending == {}
    for each in autoscaled_workloads(most.settings):
        assert len(most.lingering.of(each.name)) == pods_in_rollout(each.max_replicas)


def counted(stands: Snapshot) -> Counter[str]:
    """How many pods each workload has."""
    return Counter(pod.workload for pod in stands.pods)


def by_workload(stands: Snapshot) -> dict[str, tuple[int, set[ResourceTotals]]]:
    """How many pods each workload has, and what they request."""
    return {
        name: (count, {pod.requests for pod in stands.of(name)})
        for name, count in counted(stands).items()
    }


def servers_of_citus(settings: Settings) -> set[str]:
    """Citus' groups, whose pods have a node each: the arithmetic leaves them out."""
    if not settings.sharding.present:
        return set()
    groups = placements(settings.citus, settings.availability_zones)
    return {group_name(group.name) for group in groups}


def has_volume(pod: SeenPod) -> bool:
    """Whether the pod can be only where its volume is."""
    volumes = pod.document["spec"].get("volumes", ())
    return any("persistentVolumeClaim" in each for each in volumes)


def zone_of(stands: Snapshot, pod: SeenPod) -> str | None:
    """Where the pod is."""
    return None if pod.node is None else stands.nodes[pod.node].zone


def spreads_over_zones(pod: SeenPod) -> bool:
    """Whether the pod's template asks for it."""
    constraints = pod.document["spec"].get("topologySpreadConstraints", ())
    return any(each["topologyKey"] == ZONE_LABEL for each in constraints)


def by_zone(stands: Snapshot, pod: SeenPod) -> Counter[str]:
    """A workload's pods in each zone that has nodes of their pool."""
    pool = pod.document["spec"].get("nodeSelector", {}).get(POOL_LABEL)
    zones = {node.zone for node in stands.nodes.values() if pool in (None, node.pool)}
    found = Counter(dict.fromkeys(zones, 0))
    found.update(zone for each in stands.of(pod.workload) if (zone := zone_of(stands, each)))
    return found
