"""Pods at their maxima fit the nodes, or the stack is refused with the term that is short."""

import random

import pytest
from hypothesis import given
from hypothesis import settings as testing
from hypothesis import strategies as st
from pydantic import ValidationError

from scaleplan.applications.pods import PodDemand, pods_at_maxima
from scaleplan.capacity.checks import capacity_report
from scaleplan.catalog import Architecture, load_catalog
from scaleplan.cluster.controllers import CONTROLLERS
from scaleplan.cluster.machines import (
    DAEMONS,
    DAEMONSETS,
    ResourceTotals,
    Room,
    allocatable,
    bought_addresses,
    room_of,
    subnet_addresses,
)
from scaleplan.cluster.node_pools import (
    MACHINE_VCPUS,
    machine_room,
    pods_held,
    pool_limits,
    vcpus_at_maximum,
)
from scaleplan.cluster.nodes import node_terms, place, short_terms
from scaleplan.config.mistakes import InvalidSettings
from scaleplan.load import load_at
from scaleplan.model import load_plan
from scaleplan.sizes import Size, WorkloadSettings
from tests.stack_config import accepted, refused, the_mistake

SIZES = [size.value for size in Size]
WHOLE = {"domain": "a.example.com", "sharding": {"stage": "parallel"}}
"""Everything that a stack may run."""


def demand(*, pods: int, cpu: int, memory: int = 1024, surge: int = 1) -> PodDemand:
    return PodDemand(
        name="some",
        pool="workers",
        pods=pods,
        surge=surge,
        requests=ResourceTotals(cpu_millicores=cpu, memory_mib=memory),
    )


@pytest.mark.parametrize(
    ("name", "cpu", "memory_mib"),
    # What kubelet reports on nodes of EKS' image: 1930 m of 2 vCPUs, 3920 m of 4, 7910 m of 8.
    [("m7g.large", 1930, 6012), ("m7g.xlarge", 3920, 13590), ("m7g.2xlarge", 7910, 28745)],
)
def test_what_kubelet_leaves_is_what_eks_nodes_report(name, cpu, memory_mib):
    machine = load_catalog().instance_class(name)
    given = allocatable(vcpus=machine.vcpus, memory_mib=int(machine.memory_gib * 1024))
    assert given == ResourceTotals(cpu_millicores=cpu, memory_mib=memory_mib)
    room = room_of(machine)
    assert room.cpu_millicores == cpu - DAEMONSETS.cpu_millicores
    assert room.memory_mib == memory_mib - DAEMONSETS.memory_mib


def test_prefixes_give_a_node_more_addresses_than_kubelet_takes_pods():
    machine = load_catalog().instance_class("m7g.large")
    assert machine.interfaces * (machine.addresses_per_interface - 1) * 16 == 432
    assert room_of(machine).pods == 110 - 6
    for entry in load_catalog().classes:
        if entry.kind == "compute":
            assert room_of(entry).addresses >= room_of(entry).pods, entry.name


def test_a_node_takes_whole_prefixes_and_its_interfaces_addresses_from_the_subnet():
    # 110 pods need seven prefixes, one stands by: 128 addresses, on one interface.
    assert subnet_addresses(slots_per_interface=10) == 8 * 16 + 1
    assert subnet_addresses(slots_per_interface=5) == 8 * 16 + 2


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("extras", [{}, WHOLE])
def test_every_size_holds_its_pods_at_their_maxima(size, extras):
    settings = accepted(size=size, **extras)
    assert [str(term) for term in short_terms(settings)] == []
    resources = {term.resource for term in node_terms(settings)}
    assert resources == {"CPU", "memory", "pods", "addresses"}


changes = st.fixed_dictionaries(
    {
        "size": st.sampled_from(SIZES),
        "worker": st.fixed_dictionaries(
            {
                "minReplicas": st.just(1),
                "maxReplicas": st.integers(1, 60),
                "memoryMib": st.integers(32, 140_000),
                "cpuMillicores": st.integers(10, 14_000),
            }
        ),
        "nodes": st.fixed_dictionaries(
            {
                "system": st.fixed_dictionaries(
                    {
                        "instanceClass": st.sampled_from(
                            load_catalog().class_names("compute", Architecture.ARM64)
                        ),
                        "minNodes": st.integers(1, 12),
                        "maxNodes": st.integers(12, 100),
                    }
                ),
                "karpenter": st.booleans(),
            }
        ),
    }
)


@testing(max_examples=60, deadline=None)
@given(changes)
def test_a_stack_is_accepted_when_all_its_pods_have_a_node_and_else_told_what_is_short(config):
    try:
        settings = accepted(**config)
    except InvalidSettings as error:
        for mistake in error.mistakes:
            assert mistake.key.startswith(("researchflow:nodes", "researchflow:worker."))
            needed, there = amounts_of(mistake.allowed)
            assert needed > there
        return
    system = [d for d in pods_at_maxima(settings) if d.pool == "system"]
    group = settings.nodes.system
    assert_placed(system, [room_of(load_catalog().instance_class(group.instance_class))], group)
    if settings.nodes.karpenter:
        limits = pool_limits(settings)
        workers = [d for d in pods_at_maxima(settings) if d.pool == "workers"]
        assert bought_in_turn(workers) * 1000 <= limits.workers.cpu_millicores
        assert bought_in_turn(workers) * 8192 <= limits.workers.memory_mib
        others = [d for d in pods_at_maxima(settings) if d.pool == "applications"]
        assert bought_in_turn(others) * 1000 <= limits.applications.cpu_millicores


def amounts_of(allowed: str) -> tuple[int, int]:
    """The two numbers of `… needed, … there`, before the way to accept it."""
    needed, there = allowed.partition("; or accept")[0].rsplit(": ", 1)[1].split(", ")
    return int(needed.split()[0]), int(there.split()[0])


def assert_placed(demands, kinds, group):
    """All pods stand on the group's nodes, and no node gives more than it has."""
    nodes = kinds * group.min_nodes
    left, unplaced = place(demands, nodes)
    assert unplaced == []
    for node in left:
        assert min(node.cpu_millicores, node.memory_mib, node.pods, node.addresses) >= 0
    asked = sum(d.at_most * d.requests.cpu_millicores for d in demands)
    assert sum(n.cpu_millicores for n in nodes) - sum(n.cpu_millicores for n in left) == asked
    taken = sum(n.memory_mib for n in nodes) - sum(n.memory_mib for n in left)
    assert taken == sum(d.at_most * d.requests.memory_mib for d in demands)
    pods = sum(n.pods for n in nodes) - sum(n.pods for n in left)
    assert pods == sum(d.at_most for d in demands)


def bought_in_turn(demands) -> int:
    """vCPUs bought when pods come one by one, each onto a machine with room or a new smallest."""
    waiting = [d.requests for d in demands for _ in range(d.at_most)]
    random.Random(1).shuffle(waiting)
    machines: list[tuple[int, Room]] = []
    for pod in waiting:
        for index, (vcpus, left) in enumerate(machines):
            if left.holds(pod):
                machines[index] = (vcpus, left.less(pod))
                break
        else:
            vcpus = next(v for v in MACHINE_VCPUS if machine_room(v).holds(pod))
            machines.append((vcpus, machine_room(vcpus).less(pod)))
    return sum(vcpus for vcpus, _ in machines)


@given(
    pods=st.integers(1, 100),
    cpu=st.integers(10, 14_000),
    memory=st.integers(32, 110_000),
    surge=st.integers(0, 3),
)
def test_pods_that_come_one_by_one_always_find_a_machine_within_the_limit(pods, cpu, memory, surge):
    asked = demand(pods=pods, cpu=cpu, memory=memory, surge=surge)
    assert vcpus_at_maximum(asked) >= bought_in_turn([asked])


@given(
    cpu=st.integers(10, 14_000), memory=st.integers(32, 110_000), vcpus=st.sampled_from((4, 8, 16))
)
def test_a_machine_holds_as_many_pods_as_can_be_put_on_it(cpu, memory, vcpus):
    pod = ResourceTotals(cpu_millicores=cpu, memory_mib=memory)
    left, count = machine_room(vcpus), 0
    while left.holds(pod):
        left, count = left.less(pod), count + 1
    assert pods_held(machine_room(vcpus), pod) == count


@pytest.mark.parametrize(
    ("size", "applications", "workers"), [("medium", 32, 60), ("large", 96, 200)]
)
def test_the_limits_of_the_sizes(size, applications, workers):
    limits = pool_limits(load_plan().sizes[Size(size)])
    assert limits.workers.cpu_millicores == workers * 1000
    assert limits.applications.cpu_millicores == applications * 1000
    assert limits.workers.memory_mib == workers * 8192


def test_pods_of_much_memory_get_machines_for_it():
    # 40 GiB leave room for one on 8 vCPUs of the family with most memory, whatever CPU they take.
    assert vcpus_at_maximum(demand(pods=3, cpu=100, memory=40 * 1024)) == 4 * 8


def test_too_few_nodes_are_refused_with_what_is_short_and_how_many_would_do():
    mistake = the_mistake(worker={"maxReplicas": 9})
    assert mistake.key == "researchflow:nodes.system.minNodes"
    assert mistake.value == "4"
    assert "CPU of 4 × m7g.xlarge (system)" in mistake.allowed
    assert mistake.nearest == "5"
    assert (
        accepted(
            worker={"maxReplicas": 9}, nodes={"system": {"minNodes": 5, "maxNodes": 6}}
        ).worker.max_replicas
        == 9
    )


def test_pods_that_fit_in_sum_and_not_on_a_node_are_refused():
    # Five workers of 1850 m, two of which no node of 3620 m holds, on four nodes.
    mistake = the_mistake(
        worker={"maxReplicas": 4, "cpuMillicores": 1850},
        orchestrator={"cpuMillicores": 100},
        nodes={"system": {"minNodes": 4}},
    )
    assert (mistake.key, mistake.nearest) == ("researchflow:nodes.system.minNodes", "5")
    assert "CPU of one m7g.xlarge for worker: 1850 m needed, 820 m there" in mistake.allowed


def test_a_pod_whose_room_is_there_in_pieces_alone_is_refused():
    """A real scheduler spreads pods, and moves none for another (tests/cluster)."""
    workers = {"maxReplicas": 4}
    mistake = the_mistake(worker=workers, nodes={"system": {"minNodes": 3}})
    assert (mistake.key, mistake.nearest) == ("researchflow:nodes.system.minNodes", "4")
    assert "CPU of one m7g.xlarge for worker: 1000 m needed, 810 m there" in mistake.allowed
    demands = pods_at_maxima(accepted(worker=workers))
    asked = sum(d.requests.cpu_millicores * d.at_most for d in demands)
    assert asked < 3 * room_of(load_catalog().instance_class("m7g.xlarge")).cpu_millicores


def test_a_pod_larger_than_any_node_of_the_group_is_refused_by_class():
    found = refused(worker={"maxReplicas": 2, "cpuMillicores": 8000})
    assert {mistake.key for mistake in found} == {"researchflow:nodes.system.instanceClass"}
    assert "for worker: 8000 m needed, 3620 m there" in found[-1].allowed


def test_memory_that_no_machine_of_karpenters_has_is_refused_at_the_pod():
    (mistake,) = refused(size="large", worker={"memoryMib": 200_000, "maxReplicas": 15})
    assert mistake.key == "researchflow:worker.memoryMib"
    assert mistake.value == "200000"
    assert mistake.nearest == str(machine_room(16).memory_mib)


EXTREME = {"minReplicas": 1, "maxReplicas": 200, "cpuMillicores": 14_000}


@given(spread=st.lists(st.integers(0, 104), min_size=1, max_size=50))
def test_nodes_never_take_more_addresses_than_reckoned_however_pods_are_spread(spread):
    prefixes = [-(-(pods + len(DAEMONS)) // 16) + 1 for pods in spread]
    taken = sum(each * 16 + -(-each // 14) for each in prefixes)
    most = bought_addresses(nodes=len(spread), pods=sum(spread), slots_per_interface=15)
    assert taken <= most <= taken + 20 * len(spread)


def test_nodes_beyond_what_a_subnet_addresses_are_refused():
    mistakes = refused(size="large", worker=EXTREME)
    assert [m.key for m in mistakes] == ["researchflow:nodes"]
    assert "addresses of one zone's private subnet" in mistakes[0].allowed


def test_the_largest_pod_that_a_stack_may_ask_for_fits_on_the_largest_machine():
    assert vcpus_at_maximum(demand(pods=1, cpu=14_000)) == 2 * 16
    with pytest.raises(ValidationError, match="less than or equal to 14000"):
        WorkloadSettings(min_replicas=1, max_replicas=1, memory_mib=1024, cpu_millicores=14_001)


def test_controllers_are_doubled_where_karpenter_moves_machines():
    small, large = accepted(), accepted(size="large")
    for row in CONTROLLERS:
        if row.replicas is None and row.wanted(small):
            assert row.replicas_of(small) == 1, row.name
            assert row.replicas_of(large) >= 2, row.name


@pytest.mark.parametrize(
    ("config", "check"),
    [
        ({"worker": {"maxReplicas": 9}}, "nodes"),
        ({"worker": {"maxReplicas": 2, "cpuMillicores": 8000}}, "nodes"),
        ({"size": "large", "worker": {"memoryMib": 200_000, "maxReplicas": 15}}, "nodes"),
        ({"size": "large", "worker": EXTREME}, "addresses"),
    ],
)
def test_what_is_refused_can_be_accepted_by_the_name_of_its_check(config, check):
    mistakes = refused(**config)
    assert all(f"allowCapacityRisk: [{check}]" in mistake.allowed for mistake in mistakes)
    other = "addresses" if check == "nodes" else "nodes"
    assert refused(**config, allowCapacityRisk=[other])
    given = {"domain": "example.com"} if "size" in config else {}
    settings = accepted(**given, **config, allowCapacityRisk=[check])
    # Accepted, and still a failure that preview, up and every report show.
    report = capacity_report(settings, load_at(settings.load, load_plan(), settings.size))
    assert check in [str(result.name) for result in report.failures]
    assert check not in [str(each.name) for each in report.unaccepted(settings.allow_capacity_risk)]
