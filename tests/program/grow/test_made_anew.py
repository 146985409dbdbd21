"""What AWS or the cluster never changes in place, the program has made anew."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from rf.grow.classify import GrowthStep, Kind, step_between
from rf.shared.cards.registry import all_cards, changes_of
from rf.shared.plan_document import PlanDocument, PlannedResource, document_of
from tests.configurations import CONFIGURATIONS

VPC_ORIGIN = "aws:cloudfront/vpcOrigin:VpcOrigin"
DISTRIBUTION = "aws:cloudfront/distribution:Distribution"
TARGET_GROUP = "aws:lb/targetGroup:TargetGroup"
LISTENER_RULE = "aws:lb/listenerRule:ListenerRule"
BINDING = "kubernetes:elbv2.k8s.aws/v1beta1:TargetGroupBinding"
PRIORITY = "kubernetes:scheduling.k8s.io/v1:PriorityClass"
FIREWALL_LOG = "aws:wafv2/webAclLoggingConfiguration:WebAclLoggingConfiguration"


@pytest.fixture
def plan(planned) -> PlanDocument:
    return document_of(planned("prod"))


def with_inputs(plan: PlanDocument, old: PlannedResource, **inputs: Any) -> PlanDocument:
    """The plan with inputs of one resource otherwise."""
    new = dataclasses.replace(old, inputs={**old.inputs, **inputs})
    return dataclasses.replace(plan, resources={**plan.resources, old.urn: new})


def one(plan: PlanDocument, token: str, name: str) -> PlannedResource:
    return next(r for r in plan.resources.values() if (r.type, r.name) == (token, name))


def kinds(step: GrowthStep) -> dict[tuple[str, str], Kind]:
    return {(change.type, change.name): change.kind for change in step.changes}


def test_another_vpc_origin_is_made_and_the_distribution_goes_over_to_it(plan):
    origin = one(plan, VPC_ORIGIN, "edge-origin")
    config = {**origin.inputs["vpcOriginEndpointConfig"], "httpPort": 8080}
    step = step_between(plan, with_inputs(plan, origin, vpcOriginEndpointConfig=config))
    assert step.safe
    assert kinds(step) == {
        (VPC_ORIGIN, "edge-origin"): Kind.REPLACE,
        (DISTRIBUTION, "edge-distribution"): Kind.IN_PLACE,
    }


def test_pods_are_bound_to_the_target_group_that_takes_anothers_place(plan):
    group = one(plan, TARGET_GROUP, "ingress-orchestrator")
    step = step_between(plan, with_inputs(plan, group, port=3999))
    assert step.safe
    found = kinds(step)
    assert found[TARGET_GROUP, "ingress-orchestrator"] is Kind.REPLACE
    assert found[BINDING, "orchestrator-targets"] is Kind.REPLACE
    assert found[LISTENER_RULE, "ingress-api"] is Kind.IN_PLACE
    assert (BINDING, "web-targets") not in found


def test_a_priority_of_another_value_is_made_anew(plan):
    priority = one(plan, PRIORITY, "platform-capacity-researchflow-jobs")
    step = step_between(plan, with_inputs(plan, priority, value=priority.inputs["value"] + 1))
    assert step.safe
    assert kinds(step)[PRIORITY, priority.name] is Kind.REPLACE


def test_what_can_stand_but_once_is_deleted_before_the_next_one_is_made(planned):
    """Each type whose card says so, in each place where the program makes one."""
    made = [
        resource
        for each in ("prod", "open site")
        for resource in planned(**_of(each)).resources
        if resource.custom and (rules := changes_of(resource.type)) and rules.alone
    ]
    assert [each.urn for each in made if not each.delete_before_replace] == []
    assert len({each.type for each in made}) == sum(bool(c.changes.alone) for c in all_cards())


def test_a_second_one_where_only_one_can_stand_is_named(plan):
    old = one(plan, FIREWALL_LOG, "edge-firewall-logging")
    after = with_inputs(plan, old, logDestinationConfigs=["arn:aws:s3:::another"])
    assert step_between(plan, after).safe
    bare = dataclasses.replace(after.resources[old.urn], delete_before_replace=False)
    after = dataclasses.replace(after, resources={**after.resources, old.urn: bare})
    (finding,) = step_between(plan, after).findings
    assert "an ACL has one log" in finding.what


def _of(name: str) -> dict[str, Any]:
    found = CONFIGURATIONS[name]
    return {"stack": found.stack, "size": found.size, "overrides": found.overrides}


@pytest.mark.parametrize(
    ("token", "name", "change"),
    [
        (VPC_ORIGIN, "edge-origin", {"vpcOriginEndpointConfig": {"httpPort": 8080}}),
        (BINDING, "orchestrator-targets", {"spec": {"targetGroupARN": "arn:other"}}),
        (PRIORITY, "platform-capacity-researchflow-jobs", {"value": 1}),
    ],
)
def test_an_update_that_would_be_refused_is_named_where_the_program_leaves_it_to_one(
    plan, token, name, change
):
    """Without the option that has it made anew: the step fails, and says the way in two steps."""
    old = one(plan, token, name)
    bare = dataclasses.replace(old, replace_on_changes=())
    before = dataclasses.replace(plan, resources={**plan.resources, old.urn: bare})
    merged = {
        key: {**old.inputs[key], **value} if isinstance(value, dict) else value
        for key, value in change.items()
    }
    step = step_between(before, with_inputs(before, bare, **merged))
    (finding,) = step.findings
    assert finding.resource == name
    assert "can't be changed so" in finding.what
    assert len(finding.way) == 2
    assert kinds(step)[token, name] is Kind.CANNOT
