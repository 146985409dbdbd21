"""What AWS or the cluster never changes in place, the program has made anew."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from rf.grow.classify import GrowthStep, Kind, step_between
from rf.shared.plan_document import PlanDocument, PlannedResource, document_of

VPC_ORIGIN = "aws:cloudfront/vpcOrigin:VpcOrigin"
DISTRIBUTION = "aws:cloudfront/distribution:Distribution"
TARGET_GROUP = "aws:lb/targetGroup:TargetGroup"
LISTENER_RULE = "aws:lb/listenerRule:ListenerRule"
BINDING = "kubernetes:elbv2.k8s.aws/v1beta1:TargetGroupBinding"
PRIORITY = "kubernetes:scheduling.k8s.io/v1:PriorityClass"


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
