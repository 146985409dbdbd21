"""How many nodes Citus gets, where, what a pod on one may use, and the connections it takes."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scaleplan.catalog import load_catalog
from scaleplan.citus.data_nodes import (
    admitted_clients,
    client_connections,
    max_connections,
    placements,
    pod_resources,
    pods_by_zone,
)
from scaleplan.model import load_plan
from scaleplan.sizes import CitusSettings, PgbouncerSettings, Size

ZONES = ("us-east-1b", "us-east-1d", "us-east-1f")
LARGE = load_plan().sizes[Size.LARGE]
GIB = 1024

shapes = st.builds(
    lambda coordinators, shards, instances: LARGE.citus.model_copy(
        update={
            "coordinator_instances": coordinators,
            "shard_clusters": shards,
            "instances_per_shard_cluster": instances,
        }
    ),
    st.integers(1, 3),
    st.integers(1, 30),
    st.integers(1, 3),
)


def test_large_runs_eight_instances_on_three_three_and_two_nodes():
    assert list(pods_by_zone(LARGE.citus, ZONES).values()) == [3, 3, 2]
    assert [(group.name, group.instances) for group in placements(LARGE.citus, ZONES)] == [
        ("coord", 2),
        ("shard0", 2),
        ("shard1", 2),
        ("shard2", 2),
    ]


@given(shapes)
def test_no_two_instances_of_a_group_share_a_zone(settings: CitusSettings):
    for group in placements(settings, ZONES):
        assert len(set(group.zones)) == group.instances


@given(shapes)
def test_the_zones_carry_equally_many_and_all(settings: CitusSettings):
    counts = pods_by_zone(settings, ZONES)
    alike = settings.coordinator_instances == settings.instances_per_shard_cluster
    assert max(counts.values()) - min(counts.values()) <= (1 if alike else 2)
    groups = placements(settings, ZONES)
    assert +Counter(counts) == Counter(zone for group in groups for zone in group.zones)


@given(shapes)
def test_a_further_shard_cluster_moves_none_whose_volumes_could_not_follow(settings):
    more = settings.model_copy(update={"shard_clusters": settings.shard_clusters + 1})
    assert placements(more, ZONES)[:-1] == placements(settings, ZONES)


@given(shapes)
def test_a_further_copy_moves_none_whose_volumes_could_not_follow(settings):
    """The step from small, without copies, to medium, with them."""
    alone = settings.model_copy(
        update={"coordinator_instances": 1, "instances_per_shard_cluster": 1}
    )
    for before, after in zip(placements(alone, ZONES), placements(settings, ZONES), strict=True):
        assert after.zones[: len(before.zones)] == before.zones


def test_a_pod_on_a_64_gib_node_gets_what_the_node_can_give():
    # 65,536 MiB, of which 7.5 % are never seen; 255 + 11 * 110 + 100 for the kubelet, 512 for
    # daemonsets. 8,000 m less 90 for the kubelet and 300 for daemonsets.
    pod = pod_resources(load_catalog().instance_class("r7g.2xlarge"))
    left = 65_536 * 925 // 1000 - (255 + 11 * 110 + 100) - 512
    assert pod.memory_mib == 57 * GIB == left // GIB * GIB
    assert pod.cpu_millicores == 7600


def test_a_machine_that_leaves_nothing_for_a_database_is_refused():
    small = (
        load_catalog()
        .instance_class("m7g.large")
        .model_copy(update={"name": "tiny", "memory_gib": 2})
    )
    with pytest.raises(ValueError, match="tiny is too small"):
        pod_resources(small)


@pytest.mark.parametrize("size", Size)
def test_each_sizes_machine_carries_a_database(size: Size):
    pod = pod_resources(load_catalog().instance_class(load_plan().sizes[size].citus.instance_class))
    assert pod.memory_mib >= 5 * GIB


pools = st.builds(
    lambda replicas, pool, reserve: LARGE.pgbouncer.model_copy(
        update={
            "replicas": replicas,
            "default_pool_size": pool,
            "reserve_pool_size": reserve,
        }
    ),
    st.integers(1, 20),
    st.integers(1, 200),
    st.integers(0, 50),
)


@given(pools, st.integers(1, 30))
def test_all_of_pgbouncers_connections_are_let_in(pgbouncer: PgbouncerSettings, shards: int):
    allowed = max_connections(pgbouncer, shards)
    pool = pgbouncer.default_pool_size + pgbouncer.reserve_pool_size
    clients = client_connections(pgbouncer)
    # Two names for writes and one for reads, while each old pooler drains beside its new one.
    assert admitted_clients(allowed, shards) >= clients > 3 * 2 * pgbouncer.replicas * pool


def test_large_takes_three_pgbouncers_and_those_that_replace_them():
    assert client_connections(LARGE.pgbouncer) == 3 * 2 * 3 * (20 + 5) + 10
    assert max_connections(LARGE.pgbouncer, 3) == 2050
    # What the operator computes for the coordinator: 90 % of them in four parts.
    assert admitted_clients(2050, 3) == 461
