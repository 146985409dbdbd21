"""What the arithmetic of nodes counts is what the program deploys, pod by pod."""

import re
from collections import Counter

import pytest

from rf.shared.plan import reveal
from rf.shared.stacks import project_name, stack_config
from scaleplan.applications.pods import PodDemand, pods_at_maxima, workload_pods
from scaleplan.cluster.charts import CHARTS
from scaleplan.cluster.controllers import CONTROLLERS
from scaleplan.config.engine_config import encode, settings_of

STACKS = ("dev", "staging", "prod")
DEPLOYMENT, JOB = "kubernetes:apps/v1:Deployment", "kubernetes:batch/v1:Job"
AUTOSCALER = "kubernetes:autoscaling/v2:HorizontalPodAutoscaler"
SCALED_OBJECT = "kubernetes:keda.sh/v1alpha1:ScaledObject"
RELEASE = "kubernetes:helm.sh/v3:Release"


def settings_of_stack(stack):
    config = stack_config(stack)
    return settings_of(project_name(), stack, encode(project_name(), config))


def demands_of(stack) -> dict[str, PodDemand]:
    return {demand.name: demand for demand in pods_at_maxima(settings_of_stack(stack))}


def millicores(text: str) -> int:
    return int(text.removesuffix("m")) * (1 if text.endswith("m") else 1000)


def mebibytes(text: str) -> int:
    number, unit = int(text[:-2]), text[-2:]
    return number * {"Mi": 1, "Gi": 1024}[unit]


def asked(pod: dict) -> tuple[int, int]:
    requests = [container["resources"]["requests"] for container in pod["containers"]]
    return (
        sum(millicores(each["cpu"]) for each in requests),
        sum(mebibytes(each["memory"]) for each in requests),
    )


def most_replicas(plan) -> dict[str, int]:
    """The autoscaler's maximum of each Deployment, or its fixed number."""
    found = {
        resource.inputs["metadata"]["name"]: resource.inputs["spec"].get("replicas")
        for resource in plan.of_type(DEPLOYMENT)
    }
    for resource in plan.of_type(AUTOSCALER):
        spec = resource.inputs["spec"]
        found[spec["scaleTargetRef"]["name"]] = spec["maxReplicas"]
    for resource in plan.of_type(SCALED_OBJECT):
        spec = resource.inputs["spec"]
        found[spec["scaleTargetRef"]["name"]] = spec["maxReplicaCount"]
    return found


IN_THE_PLACE_OF = {"pooler-reconnect": "database-bootstrap"}
"""Jobs that run when another has ended, which is counted."""


@pytest.mark.parametrize("stack", STACKS)
def test_every_deployment_and_job_is_counted_as_it_is_deployed(planned, stack):
    plan, demands = planned(stack), demands_of(stack)
    karpenter = settings_of_stack(stack).nodes.karpenter
    most = most_replicas(plan)
    for resource in (*plan.of_type(DEPLOYMENT), *plan.of_type(JOB)):
        inputs = reveal(resource.inputs)
        name = re.sub(r"-[0-9a-f]{8,}$", "", inputs["metadata"]["name"])
        pod = inputs["spec"]["template"]["spec"]
        demand = demands[IN_THE_PLACE_OF.get(name, name)]
        requests = (demand.requests.cpu_millicores, demand.requests.memory_mib)
        assert asked(pod) == requests, name
        assert (pod.get("nodeSelector") or {"researchflow/pool": "system"}) == {
            "researchflow/pool": demand.pool
        }, name
        assert "nodeSelector" in pod or not karpenter, name
        if resource.type == DEPLOYMENT:
            assert demand.pods == most[name], name
            assert demand.surge == inputs["spec"]["strategy"]["rollingUpdate"]["maxSurge"], name


WITHOUT_CONTROLLER = {"temporal", *(each.definitions.chart for each in CHARTS if each.definitions)}
"""Temporal's roles are counted with the applications, below; a chart of CRDs has no pod."""


@pytest.mark.parametrize("stack", STACKS)
def test_every_release_gives_its_pods_what_is_counted(planned, stack):
    settings = settings_of_stack(stack)
    for resource in planned(stack).of_type(RELEASE):
        inputs = reveal(resource.inputs)
        if inputs["name"] in WITHOUT_CONTROLLER:
            continue
        rows = [row for row in CONTROLLERS if row.release == inputs["name"]]
        assert rows, f"{inputs['name']} has no row in scaleplan/cluster/controllers.py"
        assert all(row.wanted(settings) for row in rows), inputs["name"]
        if inputs["name"] == "kube-prometheus-stack":
            # Its pods have several containers, which tests/unit/observability/
            # test_prometheus_stack.py adds up.
            continue
        given = Counter(
            (millicores(each["requests"]["cpu"]), mebibytes(each["requests"]["memory"]))
            for each in resources_in(inputs["values"])
        )
        counted = Counter((row.requests.cpu_millicores, row.requests.memory_mib) for row in rows)
        assert given == counted, inputs["name"]


def test_temporal_gives_its_roles_what_is_counted(planned):
    settings = settings_of_stack("prod")
    server = reveal(planned("prod").named(RELEASE, "temporal-release").inputs)["values"]["server"]
    counted = {pods.name: pods for pods in workload_pods(settings)}
    for role in ("frontend", "history", "matching", "worker"):
        pods, requests = counted[f"temporal-{role}"], server[role]["resources"]["requests"]
        assert pods.pods == server[role]["replicaCount"]
        assert millicores(requests["cpu"]) == pods.requests.cpu_millicores
        assert mebibytes(requests["memory"]) == pods.requests.memory_mib


@pytest.mark.parametrize("stack", STACKS)
def test_no_controller_is_counted_that_is_not_installed(planned, stack):
    installed = {r.inputs["name"] for r in planned(stack).of_type(RELEASE)}
    installed |= {r.inputs["addonName"] for r in planned(stack).of_type("aws:eks/addon:Addon")}
    settings = settings_of_stack(stack)
    counted = {row.release for row in CONTROLLERS if row.replicas_of(settings)}
    assert counted <= installed


def resources_in(values) -> list[dict]:
    """Every `{requests, limits}` in a chart's values."""
    if isinstance(values, list):
        return [found for item in values for found in resources_in(item)]
    if not isinstance(values, dict):
        return []
    if "requests" in values:
        return [values]
    return [found for item in values.values() for found in resources_in(item)]
