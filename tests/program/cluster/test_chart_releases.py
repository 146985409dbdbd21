"""Every Helm release of every stack: pinned, of listed keys, there before what needs its kinds."""

import json

import pytest

from rendering.shared.chart_values import CHART_VALUES, check_values, keys_of
from rf.shared.plan import reveal
from rf.shared.stacks import settings_of
from scaleplan.cluster.charts import CHARTS, installed_charts
from tests.configurations import BEFORE_CITUS

STACKS = ("dev", "staging", "prod")
RELEASE = "kubernetes:helm.sh/v3:Release"
PINS = {chart.short_name: chart for chart in CHARTS}
KUBERNETES_OWN = {"apps", "autoscaling", "batch", "core", "helm.sh", "policy"}
"""API groups without a dot, and Helm's releases; those that end in k8s.io but not x-k8s.io too."""

CRDS = {
    (name.split(".", 1)[1], crd.kind): (chart.short_name, crd.serves)
    for chart in CHARTS
    if chart.definitions is not None
    for name, crd in chart.definitions.crds.items()
}
"""By group and kind which chart brings the CRD, and what it serves."""

CONTROLLERS = {
    chart.definitions.chart: chart.short_name
    for chart in CHARTS
    if chart.definitions is not None and chart.definitions.chart
}
"""Whose CRDs a chart has that is CRDs alone."""


def releases(plan) -> dict:
    return {resource.inputs["name"]: resource for resource in plan.of_type(RELEASE)}


@pytest.mark.parametrize("stack", STACKS)
def test_every_release_is_a_pinned_chart_with_listed_keys(planned, stack):
    for name, resource in releases(planned(stack)).items():
        inputs = reveal(resource.inputs)
        assert (inputs["chart"], inputs["version"]) == (PINS[name].name, PINS[name].version)
        check_values(name, inputs["version"], inputs["values"])
        assert inputs["atomic"] is True, name


@pytest.mark.parametrize("stack", STACKS)
def test_settings_know_every_chart_that_a_stack_installs(planned, stack):
    installed = {chart.short_name for chart in installed_charts(settings_of(stack))}
    assert installed == set(releases(planned(stack)))


def test_every_listed_key_is_in_use_somewhere(planned):
    # Temporal's web pages are off in all of them.
    plans = [*map(planned, STACKS), planned("prod", overrides=BEFORE_CITUS)]
    used = {
        (name, key)
        for plan in plans
        for name, resource in releases(plan).items()
        for key in keys_of(reveal(resource.inputs)["values"])
    }
    for name, listed in CHART_VALUES.items():
        for key in listed.keys:
            # A key given as an output is a whole one to the program and a mapping in the plan.
            below = key.removesuffix(".*")
            assert any(
                chart == name and (found == below or found.startswith(f"{below}."))
                for chart, found in used
            ), f"{name}: {key} is listed and never given"


def group_of(token: str) -> str | None:
    """The API group of a custom resource's type token; None for Kubernetes' own kinds."""
    package, module, _ = token.split(":")
    group = module.split("/")[0]
    is_own = group in KUBERNETES_OWN or group.endswith((".k8s.io", ".kubernetes.io"))
    return None if package != "kubernetes" or is_own else group


@pytest.mark.parametrize("stack", STACKS)
def test_custom_resources_wait_for_the_chart_that_brings_their_kind(planned, stack):
    plan = planned(stack)
    installed = releases(plan)
    groups = set()
    for resource in plan.resources:
        group = group_of(resource.type)
        if group is None:
            continue
        groups.add(group)
        _, module, kind = resource.type.split(":")
        chart, serves = CRDS[group, kind]
        assert module.split("/")[1] in serves, f"{resource.urn}: {chart} serves {serves}"
        for name in filter(None, (chart, CONTROLLERS.get(chart))):
            release = installed[name]
            assert waits_for(plan, resource, release.urn), f"{resource.urn} before {release.urn}"
    assert {"elbv2.k8s.aws", "keda.sh"} <= groups


def test_crds_with_a_chart_of_their_own_come_before_their_controller_and_outlive_it(planned):
    plan = planned("prod")
    installed = releases(plan)
    assert CONTROLLERS.keys() <= installed.keys()
    for crds, controller in CONTROLLERS.items():
        release, inputs = installed[crds], reveal(installed[crds].inputs)
        assert inputs["takeOwnership"] is True
        assert inputs["values"] == PINS[crds].keeping_definitions
        assert "keep" in json.dumps(inputs["values"])
        assert release.protect
        assert inputs["namespace"] == installed[controller].inputs["namespace"]
        assert installed[controller].inputs["skipCrds"] is True
        assert waits_for(plan, installed[controller], release.urn)


def test_a_chart_makes_its_crds_itself_where_these_have_no_chart_of_their_own(planned):
    for name, release in releases(planned("prod")).items():
        if name not in CONTROLLERS.values():
            assert "skipCrds" not in release.inputs, name


def test_kedas_crds_outlive_its_release(planned):
    """They are among its templates, so Helm would delete them with it, and every ScaledObject."""
    values = reveal(releases(planned("prod"))["keda"].inputs)["values"]
    assert values["crds"] == {"additionalAnnotations": {"helm.sh/resource-policy": "keep"}}


def waits_for(plan, resource, urn: str) -> bool:
    """Whether a resource depends on another, directly or through others."""
    by_urn = {each.urn: each for each in plan.resources}
    seen, waiting = set(), list(resource.dependencies)
    while waiting:
        current = waiting.pop()
        if current == urn:
            return True
        if current not in seen and current in by_urn:
            seen.add(current)
            waiting += by_urn[current].dependencies
    return False
