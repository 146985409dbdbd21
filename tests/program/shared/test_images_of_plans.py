"""Every image of every plan is an application's, or one of the table of others' images."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from rendering.shared.chart_images import image_values
from rf.kubernetes.helm import RELEASE
from rf.shared.plan import reveal
from rf.shared.stacks import settings_of
from scaleplan.images.image import PUBLISHED, ImageSource
from scaleplan.images.stack import images_of, own_images
from scaleplan.images.upstreams import UPSTREAMS
from tests.configurations import COPIED_IMAGES

REGISTRY = "123456789012.dkr.ecr.us-east-1.amazonaws.com"
APPLICATIONS = f"{REGISTRY}/researchflow-prod/"
COPIES = f"{REGISTRY}/researchflow-prod."
SOURCE = ImageSource(
    copies=f"{REGISTRY}/researchflow-prod", hosts=frozenset(each.host for each in UPSTREAMS)
)
RULE = "aws:ecr/pullThroughCacheRule:PullThroughCacheRule"
TEMPLATE = "aws:ecr/repositoryCreationTemplate:RepositoryCreationTemplate"


def named(inputs: Any) -> Iterator[str]:
    """The images of all containers, wherever in an object they are."""
    if isinstance(inputs, dict):
        for key, value in inputs.items():
            if key in ("containers", "initContainers"):
                yield from (each["image"] for each in value)
            yield from named(value)
    elif isinstance(inputs, list):
        for each in inputs:
            yield from named(each)


def images(plan) -> set[str]:
    return {
        image
        for resource in plan.resources
        if resource.type.startswith("kubernetes:") and resource.type != RELEASE
        for image in named(reveal(resource.inputs))
    }


@pytest.mark.parametrize("stack", ["dev", "prod"])
def test_pods_run_applications_and_what_the_table_names(planned, stack):
    found = {image for image in images(planned(stack)) if ".dkr.ecr." not in image}
    assert found == {PUBLISHED.reference(each) for each in own_images()}


def test_a_stack_without_the_cache_has_none_of_it(planned):
    assert planned("prod").of_type(RULE) == []


@pytest.fixture
def copied(planned):
    return planned("prod", overrides=COPIED_IMAGES)


def test_with_the_cache_no_pod_pulls_from_elsewhere(copied):
    found = images(copied)
    assert all(image.startswith((APPLICATIONS, COPIES)) for image in found)
    assert {SOURCE.reference(each) for each in own_images()} <= found
    assert SOURCE.own("postgres-client").startswith(f"{COPIES}hub/library/postgres:")


def test_with_the_cache_every_chart_is_told_where_to_pull(copied):
    for release in copied.of_type(RELEASE):
        inputs = reveal(release.inputs)
        for path, value in image_values(inputs["name"], inputs["version"], SOURCE):
            below = inputs["values"]
            for key in path.split("."):
                below = below[key]
            assert below == value, f"{inputs['name']}: {path}"


def test_each_registry_of_the_stacks_images_has_a_rule_and_a_sealed_template(copied):
    rules = {each.inputs["ecrRepositoryPrefix"]: each for each in copied.of_type(RULE)}
    hosts = {each.copy for each in UPSTREAMS}
    assert set(rules) == {f"researchflow-prod.{copy}" for copy in hosts}
    assert all(len(prefix) <= 30 for prefix in rules)
    hub = reveal(rules["researchflow-prod.hub"].inputs)
    assert hub["upstreamRegistryUrl"] == "registry-1.docker.io"
    assert "ecr-pullthroughcache/hub" in hub["credentialArn"]
    assert "credentialArn" not in rules["researchflow-prod.quay"].inputs
    templates = {
        each.inputs["prefix"]: reveal(each.inputs)
        for each in copied.of_type(TEMPLATE)
        if "PULL_THROUGH_CACHE" in each.inputs["appliedFors"]
    }
    assert set(templates) == set(rules)
    for template in templates.values():
        assert template["imageTagMutability"] == "IMMUTABLE"
        assert template["encryptionConfigurations"][0]["encryptionType"] == "KMS"
        assert template["lifecyclePolicy"]


def test_a_node_may_have_images_fetched_before_it_joins(copied):
    (permission,) = (
        each for each in copied.resources if each.urn.endswith("cluster-images-import")
    )
    policy = reveal(permission.inputs)["policy"]
    assert "ecr:BatchImportUpstreamImage" in policy
    assert "repository/researchflow-prod.*" in policy
    needed = {permission.urn, *(each.urn for each in copied.of_type(RULE))}
    groups = copied.of_type("aws:eks/nodeGroup:NodeGroup")
    assert groups
    assert all(needed <= set(group.dependencies) for group in groups)


def test_without_logins_only_what_needs_none_is_copied():
    found = settings_of("prod", overrides=["pullThroughCache.enabled=true"])
    hosts = set(found.pull_through_cache.credentials)
    assert hosts == {"public.ecr.aws", "quay.io", "registry.k8s.io"}
    source = ImageSource(copies="here/x", hosts=frozenset(hosts))
    kept = {each.name for each in images_of(found) if not source.copied(each)}
    assert {"pgbouncer", "grafana", "keda-operator"} <= kept
