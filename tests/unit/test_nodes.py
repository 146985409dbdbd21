"""What Karpenter may buy always holds the applications at their autoscalers' maxima."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from scaleplan.model import load_plan
from scaleplan.nodes import MACHINE_VCPUS, USABLE_PERCENT, pool_limits, vcpus_at_maximum
from scaleplan.sizes import Size, WorkloadSettings


def workload(*, pods: int, cpu: int) -> WorkloadSettings:
    return WorkloadSettings(min_replicas=1, max_replicas=pods, memory_mib=1024, cpu_millicores=cpu)


def machines_in_turn(pods: int, cpu: int) -> int:
    """vCPUs bought when pods come one by one, each onto a machine with room or a new smallest."""
    size = next(vcpus for vcpus in MACHINE_VCPUS if vcpus * 10 * USABLE_PERCENT >= cpu)
    free: list[int] = []
    for _ in range(pods):
        for index, room in enumerate(free):
            if room >= cpu:
                free[index] -= cpu
                break
        else:
            free.append(size * 10 * USABLE_PERCENT - cpu)
    return len(free) * size


@given(pods=st.integers(1, 100), cpu=st.integers(50, 14_000))
def test_pods_that_come_one_by_one_always_find_a_machine_within_the_limit(pods, cpu):
    assert vcpus_at_maximum(workload(pods=pods, cpu=cpu)) >= machines_in_turn(pods + 1, cpu)


@pytest.mark.parametrize(
    ("size", "applications", "workers"), [("medium", 32, 60), ("large", 76, 184)]
)
def test_the_limits_of_the_sizes(size, applications, workers):
    limits = pool_limits(load_plan().sizes[Size(size)])
    assert limits.workers.cpu_millicores == workers * 1000
    assert limits.applications.cpu_millicores == applications * 1000


def test_memory_never_limits_a_pool_before_its_cpu():
    limits = pool_limits(load_plan().sizes[Size.LARGE])
    assert limits.workers.memory_mib / limits.workers.cpu_millicores * 1000 == 8192


def test_the_largest_pod_that_a_stack_may_ask_for_fits_on_the_largest_machine():
    assert vcpus_at_maximum(workload(pods=1, cpu=14_000)) == 2 * 16
    with pytest.raises(ValidationError, match="less than or equal to 14000"):
        workload(pods=1, cpu=14_001)
