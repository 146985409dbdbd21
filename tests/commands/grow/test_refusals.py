"""What AWS, an operator or the API server refuses is said before, whatever holds data or not."""

from __future__ import annotations

from typing import Any

import pytest

from rf.grow.classify import Kind, step_between
from rf.grow.runbook import runbook_of
from rf.grow.view import show
from tests.commands.grow.growth_cases import CLUSTER, RDS, RELEASE, plan, resource

STORAGE_CLASS = "kubernetes:storage.k8s.io/v1:StorageClass"
NODE_POOL = "kubernetes:karpenter.sh/v1:NodePool"
CONFIG = "kubernetes:stackgres.io/v1:SGPostgresConfig"


def changed(token: str, old: Any, new: Any):
    """The step that gives a resource that nothing protects other inputs."""
    return step_between(
        plan(resource(token, "it", old, protect=False)),
        plan(resource(token, "it", new, protect=False)),
    )


def pool(group: str) -> dict[str, Any]:
    return {"spec": {"template": {"spec": {"nodeClassRef": {"group": group}}}}}


@pytest.mark.parametrize(
    ("token", "old", "new"),
    [
        (STORAGE_CLASS, {"reclaimPolicy": "Retain"}, {"reclaimPolicy": "Delete"}),
        (
            STORAGE_CLASS,
            {"volumeBindingMode": "WaitForFirstConsumer"},
            {"volumeBindingMode": "Immediate"},
        ),
        (CONFIG, {"spec": {"postgresVersion": "16"}}, {"spec": {"postgresVersion": "17"}}),
        (NODE_POOL, pool("karpenter.k8s.aws"), pool("another.group")),
        (
            "kubernetes:core/v1:ConfigMap",
            {"immutable": True},
            {"immutable": False},
        ),
        ("aws:ec2/internetGateway:InternetGateway", {"vpcId": "vpc-1"}, {"vpcId": "vpc-2"}),
        (RDS, {"engineVersion": "16.4"}, {"engineVersion": "17.2"}),
        (CLUSTER, {"version": "1.33"}, {"version": "1.35"}),
        (
            RDS,
            {"performanceInsightsKmsKeyId": "arn:1"},
            {"performanceInsightsKmsKeyId": "arn:2"},
        ),
    ],
)
def test_a_change_that_is_refused_fails_and_has_a_way_of_two_steps(token, old, new):
    step = changed(token, old, new)
    assert [change.kind for change in step.changes] == [Kind.CANNOT]
    (finding,) = step.findings
    assert "can't be changed so: " in finding.what
    assert len(finding.way) == 2


@pytest.mark.parametrize(
    ("token", "old", "new", "kind"),
    [
        (RDS, {"engineVersion": "16"}, {"engineVersion": "16.13"}, Kind.RESTART),
        (
            RDS,
            {"engineVersion": "16.4"},
            {"engineVersion": "17.2", "allowMajorVersionUpgrade": True},
            Kind.RESTART,
        ),
        (CLUSTER, {"version": "1.34"}, {"version": "1.35"}, Kind.RESTART),
        (
            STORAGE_CLASS,
            {"allowVolumeExpansion": False},
            {"allowVolumeExpansion": True},
            Kind.IN_PLACE,
        ),
    ],
)
def test_what_is_done_in_place_is_not_called_refused(token, old, new, kind):
    step = changed(token, old, new)
    assert step.safe
    assert [change.kind for change in step.changes] == [kind]


def test_the_way_is_printed_beneath_what_must_not_happen(capsys):
    step = changed(RDS, {"engineVersion": "16.4"}, {"engineVersion": "17.2"})
    show("test", [(step, runbook_of(step, "test"))], as_json=False)
    said = capsys.readouterr().out
    assert "RDS refuses another major version" in said
    first, second = (said.index(f"  {number}. ") for number in (1, 2))
    assert first < said.index("create-blue-green-deployment") < second
    assert "without database" not in said


def test_what_nobody_has_read_about_is_no_pass():
    """A property without a rule fails the step, also where nothing is held."""
    for token in ("aws:sqs/queue:Queue", "aws:unheard/of:Thing"):
        (finding,) = changed(token, {"newInput": 1}, {"newInput": 2}).findings
        assert "no rule says what this does" in finding.what


def test_storage_is_compared_by_its_amount_and_not_by_its_digits():
    def monitoring(size: str) -> dict[str, Any]:
        spec = {"retentionSize": size}
        return {"values": {"prometheus": {"prometheusSpec": spec}}}

    assert changed(RELEASE, monitoring("900GiB"), monitoring("1TiB")).safe
    assert not changed(RELEASE, monitoring("1TiB"), monitoring("900GiB")).safe
