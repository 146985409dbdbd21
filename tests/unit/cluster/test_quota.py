"""The namespace's quota holds its pods at their maxima, in the middle of a rollout."""

from hypothesis import given
from hypothesis import strategies as st

from scaleplan.applications.pod_resources import application_resources
from scaleplan.applications.quota import HAND_MADE_PODS, QuotaPods, namespace_quota, pods_in_rollout
from scaleplan.sizes import WorkloadSettings

WORKLOADS = st.fixed_dictionaries(
    {
        "min_replicas": st.just(1),
        "max_replicas": st.integers(1, 200),
        "memory_mib": st.integers(32, 262_144),
        "cpu_millicores": st.integers(10, 14_000),
    }
).map(lambda values: WorkloadSettings(**values))


def load(workload):
    return QuotaPods(
        pods=pods_in_rollout(workload.max_replicas), containers=(application_resources(workload),)
    )


@given(st.lists(WORKLOADS, min_size=1, max_size=6))
def test_all_new_pods_fit_while_every_old_one_still_drains(workloads):
    quota = namespace_quota([load(each) for each in workloads])
    pods = cpu = memory = cpu_limit = 0
    for each in workloads:
        # The autoscaler is at its maximum, a rollout adds one, and nobody has gone yet.
        alive = each.max_replicas + 1 + each.max_replicas
        pods += alive
        cpu += alive * each.cpu_millicores
        memory += alive * each.memory_mib
        cpu_limit += alive * each.cpu_millicores * 2
    assert quota.pods >= pods
    assert quota.total.cpu_request_millicores >= cpu
    assert quota.total.memory_request_mib >= memory
    assert quota.total.memory_limit_mib >= memory
    assert quota.total.cpu_limit_millicores >= cpu_limit


@given(st.lists(WORKLOADS, min_size=1, max_size=6))
def test_it_is_no_wider_than_a_few_pods_made_by_hand(workloads):
    quota = namespace_quota([load(each) for each in workloads])
    needed = sum(2 * each.max_replicas + 1 for each in workloads)
    assert quota.pods == needed + HAND_MADE_PODS


@given(st.lists(WORKLOADS, min_size=1, max_size=6))
def test_no_container_of_the_stack_is_larger_than_one_may_be(workloads):
    largest = namespace_quota([load(each) for each in workloads]).largest
    for each in workloads:
        wanted = application_resources(each)
        assert wanted.memory_limit_mib <= largest.memory_limit_mib
        assert wanted.cpu_limit_millicores <= largest.cpu_limit_millicores
