"""The applications' namespace: what its pods ask for is what it may hold, and who goes first."""

import re

import pytest

from rf.shared.project import PROJECT_ROOT
from scaleplan.config.stack_file import stack_names

DEPLOYMENT = "kubernetes:apps/v1:Deployment"
JOB = "kubernetes:batch/v1:Job"
QUOTA = "kubernetes:core/v1:ResourceQuota"
LIMITS = "kubernetes:core/v1:LimitRange"
PRIORITY = "kubernetes:scheduling.k8s.io/v1:PriorityClass"
AUTOSCALER = "kubernetes:autoscaling/v2:HorizontalPodAutoscaler"
SCALED_OBJECT = "kubernetes:keda.sh/v1alpha1:ScaledObject"
NAMESPACE = "researchflow"
STACKS = stack_names(PROJECT_ROOT)
SCALE = {"m": 1, "": 1000, "Mi": 1, "Gi": 1024}


def quantity(text):
    """Millicores or MiB."""
    found = re.fullmatch(r"(\d+)(m|Mi|Gi|)", text)
    assert found, text
    return int(found[1]) * SCALE[found[2]]


def workloads(plan):
    """Pod template and most pods at once of everything in the namespace."""
    most = {}
    for scaler in (*plan.of_type(AUTOSCALER), *plan.of_type(SCALED_OBJECT)):
        spec = scaler.inputs["spec"]
        replicas = spec.get("maxReplicas") or spec.get("maxReplicaCount")
        most[spec["scaleTargetRef"]["name"]] = replicas
    for resource in (*plan.of_type(DEPLOYMENT), *plan.of_type(JOB)):
        metadata, spec = resource.inputs["metadata"], resource.inputs["spec"]
        if metadata["namespace"] != NAMESPACE:
            continue
        if resource.type == JOB:
            yield spec["template"]["spec"], 1
            continue
        replicas = most.get(metadata["name"]) or spec["replicas"]
        surge = spec["strategy"]["rollingUpdate"]["maxSurge"]
        # Every old pod still drains while the last new ones start.
        yield spec["template"]["spec"], 2 * replicas + surge


@pytest.mark.parametrize("stack", STACKS)
def test_the_quota_holds_every_pod_at_its_maximum_in_the_middle_of_a_rollout(serving, stack):
    plan = serving(stack)
    (quota,) = plan.of_type(QUOTA)
    hard = quota.inputs["spec"]["hard"]
    assert quota.inputs["metadata"]["namespace"] == NAMESPACE
    needed = dict.fromkeys(hard, 0)
    for pod, count in workloads(plan):
        needed["pods"] += count
        for container in pod["containers"]:
            for kind, amounts in container["resources"].items():
                for resource, amount in amounts.items():
                    needed[f"{kind}.{resource}"] += count * quantity(amount)
    assert int(hard["pods"]) >= needed["pods"]
    for key in ("requests.cpu", "requests.memory", "limits.cpu", "limits.memory"):
        assert quantity(hard[key]) >= needed[key] > 0, key


@pytest.mark.parametrize("stack", STACKS)
def test_the_limits_admit_each_container_and_fill_in_for_those_that_name_none(serving, stack):
    plan = serving(stack)
    (limits,) = plan.of_type(LIMITS)
    (container_limits,) = limits.inputs["spec"]["limits"]
    assert container_limits["type"] == "Container"
    for pod, _ in workloads(plan):
        for container in (*pod.get("initContainers", []), *pod["containers"]):
            for resource, amount in container["resources"]["limits"].items():
                assert quantity(amount) <= quantity(container_limits["max"][resource])
    for resource in ("cpu", "memory"):
        request = quantity(container_limits["defaultRequest"][resource])
        assert request <= quantity(container_limits["default"][resource])


@pytest.mark.parametrize("stack", STACKS)
def test_the_namespace_makes_no_load_balancer_of_its_own(serving, stack):
    (quota,) = serving(stack).of_type(QUOTA)
    hard = quota.inputs["spec"]["hard"]
    assert (hard["services.loadbalancers"], hard["services.nodeports"]) == ("0", "0")


@pytest.mark.parametrize("stack", STACKS)
def test_pods_name_a_priority_that_is_there_before_them(serving, stack):
    plan = serving(stack)
    classes = {r.inputs["metadata"]["name"]: r for r in plan.of_type(PRIORITY)}
    named = {}
    for resource in (*plan.of_type(DEPLOYMENT), *plan.of_type(JOB)):
        metadata = resource.inputs["metadata"]
        if metadata["namespace"] == NAMESPACE:
            name = resource.inputs["spec"]["template"]["spec"]["priorityClassName"]
            named[metadata["labels"]["app"]] = classes[name]
            assert classes[name].urn in resource.dependencies, metadata["name"]
    values = {name: each.inputs["value"] for name, each in named.items()}
    assert values["pgbouncer"] > values["orchestrator"] > values["worker"] > 0
    assert values["orchestrator"] == values["web"] == values["database-migration"]
    assert named["worker"].inputs["preemptionPolicy"] == "Never"
    assert all(value < 1_000_000_000 for value in values.values())


def shortest(text):
    """No larger unit says the same in whole numbers."""
    for unit, factor in (("m", 1000), ("Ki", 1024), ("Mi", 1024)):
        if text.endswith(unit):
            return int(text.removesuffix(unit)) % factor != 0
    return True


@pytest.mark.parametrize("stack", STACKS)
def test_amounts_are_written_as_the_api_server_stores_them(serving, stack):
    """In another form, a pod that nobody changed looks changed at a deployment."""
    plan = serving(stack)
    amounts = [
        amount
        for resource in (*plan.of_type(DEPLOYMENT), *plan.of_type(JOB))
        for container in resource.inputs["spec"]["template"]["spec"]["containers"]
        for kind in container["resources"].values()
        for amount in kind.values()
    ]
    for quota in plan.of_type(QUOTA):
        amounts += quota.inputs["spec"]["hard"].values()
    assert amounts
    assert {each for each in amounts if not shortest(each)} == set()
