"""What a failover needs of the lost region is found in the plans, before anything is lost."""

from __future__ import annotations

from rf.drill.dependence import SitePlans, dependences_of
from rf.shared.plan_document import PlanDocument, PlannedResource

BUCKET_POLICY = "aws:s3/bucketPolicy:BucketPolicy"


def resource(token, name, **inputs):
    return PlannedResource(
        urn=f"urn:pulumi:site::researchflow::{token}::{name}",
        type=token,
        name=name,
        parent="",
        custom=True,
        inputs=inputs,
        dependencies=(),
        property_dependencies={},
        protect=False,
        retain_on_delete=False,
        aliases=(),
    )


def plan(*resources):
    found = {each.urn: each for each in resources}
    return PlanDocument(stack="site", size="large", resources=found, outputs={})


def needed(waiting, serving, lost="us-east-1"):
    """Name and reason of what the failover can't do without the region."""
    plans = SitePlans(region="us-east-2", waiting=waiting, serving=serving)
    return {each.resource: each.why for each in dependences_of(plans, lost) if not each.allowed}


ROLE = resource("aws:iam/role:Role", "pods", path="/")
NODES = resource("aws:eks/nodeGroup:NodeGroup", "nodes", scalingConfig={"minSize": 1})
MORE_NODES = resource("aws:eks/nodeGroup:NodeGroup", "nodes", scalingConfig={"minSize": 3})


def test_a_site_that_only_grows_needs_nothing_of_the_lost_region():
    assert needed(plan(ROLE, NODES), plan(ROLE, MORE_NODES)) == {}


def test_a_role_made_by_the_failover_needs_a_control_plane_that_is_lost():
    found = needed(plan(NODES), plan(NODES, ROLE))
    assert "IAM" in found["pods"]


def test_it_does_not_where_the_control_plane_stands_elsewhere():
    assert needed(plan(NODES), plan(NODES, ROLE), lost="us-west-2") == {}


def test_a_changed_policy_of_a_bucket_and_a_deleted_record_need_them_too():
    old = resource(BUCKET_POLICY, "files", policy="{}")
    new = resource(BUCKET_POLICY, "files", policy='{"Statement": []}')
    record = resource("aws:route53/record:Record", "domain", ttl=60)
    assert needed(plan(old, record), plan(new)).keys() == {"files", "domain"}


def test_a_site_that_is_built_from_nothing_needs_every_control_plane_it_uses():
    assert needed(None, plan(ROLE, NODES)).keys() == {"pods"}


def test_whatever_names_the_lost_region_is_found_at_any_depth():
    pod = resource(
        "kubernetes:apps/v1:Deployment",
        "api",
        spec={"env": [{"value": "https://sqs.us-east-1.amazonaws.com/jobs"}]},
    )
    assert "api" in needed(plan(pod), plan(pod))
    assert needed(plan(pod), plan(pod), lost="us-east-2") == {}


def test_what_stands_at_the_edge_beforehand_is_named_and_not_needed():
    certificate = resource("aws:acm/certificate:Certificate", "edge", region="us-east-1")
    plans = SitePlans(region="us-east-2", waiting=plan(certificate), serving=plan(certificate))
    (found,) = dependences_of(plans, "us-east-1")
    assert found.allowed
    assert "stands beforehand" in found.why
