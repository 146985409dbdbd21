"""What the list of applications promises stands in every stack that serves users."""

import pytest

from rf.shared.project import PROJECT_ROOT
from scaleplan.applications.workloads import APPLICATIONS, SERVED
from scaleplan.config.stack_file import stack_names

STACKS = stack_names(PROJECT_ROOT)


@pytest.mark.parametrize("stack", STACKS)
def test_every_application_has_pods_of_its_own_image(serving, stack):
    containers = {
        each.inputs["metadata"]["name"]: each.inputs["spec"]["template"]["spec"]["containers"]
        for each in serving(stack).of_type("kubernetes:apps/v1:Deployment")
    }
    for application in APPLICATIONS:
        (container,) = containers[application.name]
        assert f"/{application.name}:" in container["image"]


@pytest.mark.parametrize("stack", STACKS)
def test_every_application_that_answers_requests_gets_some(serving, stack):
    plan = serving(stack)
    groups = {
        each.outputs["arn"]: each.name for each in plan.of_type("aws:lb/targetGroup:TargetGroup")
    }
    assert len(groups) == len(SERVED)
    listened = {
        action.get("targetGroupArn") or action["forward"]["targetGroups"][0]["arn"]
        for kind, key in (
            ("aws:lb/listenerRule:ListenerRule", "actions"),
            ("aws:lb/listener:Listener", "defaultActions"),
        )
        for rule in plan.of_type(kind)
        for action in rule.inputs[key]
        if action["type"] == "forward"
    }
    assert groups.keys() - listened == set(), [groups[arn] for arn in groups.keys() - listened]
