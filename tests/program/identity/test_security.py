"""Security of every stack's whole plan, beyond what the policy pack's rules see."""

from __future__ import annotations

import pytest

from rf.shared.plan import RecordedPlan, Secret, reveal
from rf.shared.project import PROJECT_ROOT
from tests.program.identity.exposures import (
    generated_secrets,
    leaves,
    looks_like_a_credential,
    open_to_the_world,
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


SITE = "prod-dr"
"""A recovery site has no CDN before it: its load balancer is public, with a firewall of its own."""


@pytest.fixture(params=STACKS)
def plan(request: pytest.FixtureRequest, serving) -> RecordedPlan:
    """Each stack's; a recovery site's when it serves, because it has all that others have then."""
    return serving(request.param)


def test_what_anyone_may_read_holds_no_secret(plan):
    secrets = generated_secrets(plan)
    assert secrets
    for path, value in readable_texts(plan):
        assert not isinstance(value, Secret), path
        if isinstance(value, str):
            assert not looks_like_a_credential(value), path
            assert not any(secret in value for secret in secrets), path


def test_nothing_is_open_to_the_whole_internet(plan):
    """CloudFront alone is; it reaches the load balancer inside the network."""
    opened = list(open_to_the_world(plan))
    (balancer,) = plan.of_type("aws:lb/loadBalancer:LoadBalancer")
    assert balancer.inputs["internal"] is (plan.stack != SITE), balancer.urn
    if plan.stack == SITE:
        assert [line.rsplit("::", 1)[-1] for line in opened] == [
            "ingress-from-everybody: cidrIpv4 = 0.0.0.0/0"
        ]
        (rule,) = [r for r in plan.resources if r.name == "ingress-from-everybody"]
        assert (rule.inputs["fromPort"], rule.inputs["toPort"]) == (443, 443)
        (firewall,) = plan.of_type("aws:wafv2/webAclAssociation:WebAclAssociation")
        assert firewall.inputs["resourceArn"] == balancer.outputs["arn"]
        opened = []
    assert not opened
    for service in plan.of_type("kubernetes:core/v1:Service"):
        kind = reveal(service.inputs)["spec"].get("type", "ClusterIP")
        assert kind == "ClusterIP", service.urn


def test_no_node_and_no_store_of_data_is_in_a_public_subnet(plan):
    public = public_subnets(plan)
    assert public
    for resource in plan.resources:
        named = {value for _, value in leaves(reveal(resource.inputs)) if value in public}
        at_site = plan.stack == SITE and resource.type == "aws:lb/loadBalancer:LoadBalancer"
        assert not named or resource.type in OUTSIDE or at_site, resource.urn


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
