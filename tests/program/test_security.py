"""Security of every stack, over whatever its plan holds."""

from __future__ import annotations

import re

import pytest

from rf.plan import RecordedPlan, Secret, reveal
from rf.stacks import PROJECT_ROOT
from tests.program.security import (
    generated_secrets,
    leaves,
    looks_like_a_credential,
    open_to_the_world,
    overly_wide,
    pod_specs,
    policies,
    powers_of,
    public_subnets,
    readable_texts,
)

STACKS = sorted(path.suffixes[0][1:] for path in PROJECT_ROOT.glob("Pulumi.*.yaml"))
OUTSIDE = {
    "aws:ec2/natGateway:NatGateway",
    "aws:ec2/routeTableAssociation:RouteTableAssociation",
    "aws:ec2/tag:Tag",
}
"""What may name a public subnet: the way out, and what describes the subnet itself."""

FORBIDDEN_MANAGED_POLICY = re.compile(r"AdministratorAccess|PowerUserAccess|FullAccess$")


@pytest.fixture(params=STACKS)
def plan(request: pytest.FixtureRequest, planned) -> RecordedPlan:
    return planned(request.param)


def test_no_pod_has_powers_over_its_node(plan):
    found = {
        resource.urn: powers
        for resource, pod in pod_specs(plan)
        if (powers := list(powers_of(pod)))
    }
    assert not found
    assert list(pod_specs(plan))


def test_no_chart_is_told_to_run_privileged(plan):
    for release in plan.of_type("kubernetes:helm.sh/v3:Release"):
        for path, value in leaves(reveal(release.inputs).get("values", {})):
            key = path.rsplit(".", 1)[-1]
            assert not (key in {"privileged", "hostNetwork", "hostPID"} and value), path
            assert not (key == "allowPrivilegeEscalation" and value), path


def test_what_anyone_may_read_holds_no_secret(plan):
    secrets = generated_secrets(plan)
    assert secrets
    for path, value in readable_texts(plan):
        assert not isinstance(value, Secret), path
        if isinstance(value, str):
            assert not looks_like_a_credential(value), path
            assert not any(secret in value for secret in secrets), path


def test_no_iam_statement_is_wider_than_what_it_names(plan):
    statements = list(policies(plan))
    assert statements
    assert not [line for each in statements for line in overly_wide(*each)]


def test_no_role_carries_a_managed_policy_of_everything(plan):
    attached = [
        reveal(each.inputs)["policyArn"]
        for each in plan.resources
        if each.type.startswith("aws:iam/") and "policyArn" in each.inputs
    ]
    assert attached
    assert not [arn for arn in attached if FORBIDDEN_MANAGED_POLICY.search(arn)]


def test_nothing_is_open_to_the_whole_internet(plan):
    """CloudFront alone is; it reaches the load balancer inside the network."""
    assert not list(open_to_the_world(plan))
    for balancer in plan.of_type("aws:lb/loadBalancer:LoadBalancer"):
        assert balancer.inputs["internal"] is True, balancer.urn
    for service in plan.of_type("kubernetes:core/v1:Service"):
        kind = reveal(service.inputs)["spec"].get("type", "ClusterIP")
        assert kind == "ClusterIP", service.urn


def test_no_node_and_no_store_of_data_is_in_a_public_subnet(plan):
    public = public_subnets(plan)
    assert public
    for resource in plan.resources:
        named = {value for _, value in leaves(reveal(resource.inputs)) if value in public}
        assert not named or resource.type in OUTSIDE, resource.urn


def test_karpenters_selectors_find_private_subnets_alone(plan):
    public = public_subnets(plan)
    subnets = {
        subnet.resource_id: reveal(subnet.inputs).get("tags", {})
        for subnet in plan.of_type("aws:ec2/subnet:Subnet")
    }
    for node_class in plan.of_type("kubernetes:karpenter.k8s.aws/v1:EC2NodeClass"):
        spec = reveal(node_class.inputs)["spec"]
        terms = spec["subnetSelectorTerms"]
        found = {
            identity
            for identity, tags in subnets.items()
            for term in terms
            if term.get("id") == identity
            or ("tags" in term and term["tags"].items() <= tags.items())
        }
        assert found, node_class.urn
        assert not found & public, node_class.urn
        assert spec.get("associatePublicIPAddress") is not True


def test_nothing_asks_for_a_public_address(plan):
    for resource in plan.resources:
        for path, value in leaves(reveal(resource.inputs)):
            key = path.rsplit(".", 1)[-1]
            public = key in {
                "publiclyAccessible",
                "associatePublicIpAddress",
                "mapPublicIpOnLaunch",
            }
            assert not (public and value is True), f"{resource.urn}: {path}"
