"""The bill beside the program: what the plan has is paid for, excused or named."""

from __future__ import annotations

import dataclasses

import pytest

from rf.cost.coverage import NOT_KNOWN, Coverage, PriceStatus, coverage_of
from rf.shared.plan import RecordedPlan
from rf.shared.stacks import project_name, stack_config
from scaleplan.config.parsing import parse
from scaleplan.cost.bill import Estimate
from scaleplan.cost.month import estimate
from scaleplan.sizes import Size
from tests.commands.cost.cost_cases import a_load
from tests.conftest import Planned
from tests.recorded import recorded_resource


def bill_of(stack: str, size: str) -> Estimate:
    return estimate(parse(project_name(), stack, stack_config(stack, size=size)), a_load())


@pytest.mark.parametrize("size", Size)
def test_the_bill_covers_every_type_of_the_program_in_its_quantity(planned: Planned, size):
    coverage = coverage_of(planned("prod", size=size.value), bill_of("prod", size.value))
    assert not coverage.mismatches
    unlisted = [each.type for each in coverage.unpriced if each.reason == NOT_KNOWN.reason]
    assert not unlisted, "say in the type's card what pays for it, or why not"
    # All three are named by every bill, with the reason.
    assert {each.type.split(":")[1].split("/")[0] for each in coverage.unpriced} <= {
        "backup",
        "guardduty",
        "cloudfront",
    }


def planted(plan: RecordedPlan, token: str, **inputs: object) -> RecordedPlan:
    """The plan with one more resource."""
    extra = recorded_resource(token, "extra", inputs, resource_id="extra", stack="prod")
    return dataclasses.replace(plan, resources=(*plan.resources, extra))


@pytest.fixture(scope="module")
def covered(planned: Planned):
    def cover(token: str, **inputs: object) -> Coverage:
        plan = planted(planned("prod", size="large"), token, **inputs)
        return coverage_of(plan, bill_of("prod", "large"))

    return cover


@pytest.mark.parametrize(
    ("token", "inputs", "reason"),
    [
        ("aws:neptune/cluster:Cluster", {}, NOT_KNOWN.reason),
        ("kubernetes:core/v1:PersistentVolumeClaim", {}, NOT_KNOWN.reason),
        ("kubernetes:core/v1:Service", {"spec": {"type": "LoadBalancer"}}, "load balancer"),
    ],
)
def test_what_nobody_pays_for_is_named(covered, token, inputs, reason):
    (found,) = [each for each in covered(token, **inputs).unpriced if each.type == token]
    assert found.status is PriceStatus.UNPRICED
    assert reason in found.reason


@pytest.mark.parametrize(
    ("token", "inputs", "key"),
    [
        ("aws:ec2/natGateway:NatGateway", {}, "nat:gateway"),
        (
            "aws:elasticache/replicationGroup:ReplicationGroup",
            {"nodeType": "cache.r7g.xlarge", "numCacheClusters": 2},
            "elasticache:cache.r7g.xlarge",
        ),
        (
            "aws:rds/instance:Instance",
            {"instanceClass": "db.r7g.large", "allocatedStorage": 20, "storageType": "gp3"},
            "rds:db.r7g.large",
        ),
        ("aws:kms/key:Key", {}, "kms:key"),
        (
            "kubernetes:helm.sh/v3:Release",
            {"values": {"server": {"persistence": {"storageClassName": "gp3", "size": "8Gi"}}}},
            "ebs:gp3",
        ),
    ],
)
def test_a_resource_that_the_bill_does_not_count_is_a_mismatch(covered, token, inputs, key):
    coverage = covered(token, **inputs)
    assert not coverage.agrees
    assert key in {each.key for each in coverage.mismatches}
