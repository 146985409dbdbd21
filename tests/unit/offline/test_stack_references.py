"""What a program reads of another stack: answered where it is known, refused where it isn't."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from rf.shared.offline.record import record
from rf.shared.offline.violations import OfflineError
from rf.shared.plan import Secret

TEXT = """
import pulumi
import pulumi_aws as aws

provider = aws.Provider("aws", region="eu-west-1")
home = pulumi.StackReference("home", stack_name=f"{pulumi.get_organization()}/researchflow/prod")
aws.route53.Record(
    "name",
    zone_id=home.require_output("zoneId"),
    name="eu.flow.example.org",
    type="A",
    ttl=60,
    records=["203.0.113.1"],
    opts=pulumi.ResourceOptions(provider=provider),
)
pulumi.export("password", home.get_output("password"))
pulumi.export("missing", home.get_output("missing"))
"""
KNOWN = {"prod": {"zoneId": "Z0123", "password": Secret("hidden")}}
RECORD = "aws:route53/record:Record"


@pytest.mark.parametrize("unknowns", [False, True])
def test_outputs_of_another_stack_flow_into_resources_with_their_dependency(
    program: Callable[[str], Path], unknowns: bool
) -> None:
    plan = record(program(TEXT), "researchflow", "eu", references=KNOWN, unknowns=unknowns)
    name = plan.named(RECORD, "name")
    assert name.inputs["zoneId"] == "Z0123"
    (reference,) = plan.of_type("pulumi:pulumi:StackReference")
    assert reference.resource_id == "organization/researchflow/prod"
    assert reference.urn in name.dependencies


def test_a_secret_of_another_stack_stays_one(program: Callable[[str], Path]) -> None:
    plan = record(program(TEXT), "researchflow", "eu", references=KNOWN)
    assert plan.outputs["password"] == Secret("hidden")
    assert plan.outputs.get("missing") is None
    assert "hidden" not in plan.to_json()


def test_a_stack_of_which_nothing_is_known_is_refused_by_name(
    program: Callable[[str], Path],
) -> None:
    with pytest.raises(OfflineError, match="organization/researchflow/prod: no outputs"):
        record(program(TEXT), "researchflow", "eu", references={"staging": {}})


def test_reading_anything_else_of_a_cloud_is_refused_as_before(
    program: Callable[[str], Path],
) -> None:
    text = TEXT.replace("pulumi.export", 'aws.s3.Bucket.get("files", "files")\npulumi.export', 1)
    with pytest.raises(OfflineError, match=r"get\(\) reads what exists in a cloud"):
        record(program(text), "researchflow", "eu", references=KNOWN)
