"""A stack that reads another one comes up without it."""

from __future__ import annotations

from pathlib import Path

import pytest

from rf.up.bring_up import bring_up

pytestmark = pytest.mark.usefixtures("lent")

PROGRAM = """
import pulumi
import pulumi_aws as aws

provider = aws.Provider("aws", region="eu-west-1")
home = pulumi.StackReference("home", stack_name="organization/researchflow/prod")
aws.route53.Record(
    "name",
    zone_id=home.require_output("zoneId"),
    name="eu.flow.example.org",
    type="A",
    ttl=60,
    records=["203.0.113.1"],
    opts=pulumi.ResourceOptions(provider=provider),
)
"""


def test_names_are_written_into_a_zone_that_stands_for_the_homes(tmp_path: Path) -> None:
    (tmp_path / "__main__.py").write_text(PROGRAM)
    home = {"zoneId": "ZINVENTED", "url": "https://flow.example.org"}
    outcome = bring_up(
        tmp_path / "__main__.py",
        "researchflow",
        "cell",
        references={"prod": home, "other": {"url": "https://x"}},
        out=tmp_path / "files",
    )
    assert outcome.differing == []
    assert [(c.kind, c.subject, c.found) for c in outcome.checks if c.kind == "record"] == [
        ("record", "values", ["203.0.113.1"])
    ]
    (name,) = outcome.plan.of_type("aws:route53/record:Record")
    assert name.inputs["zoneId"] not in ("", "ZINVENTED")


REPLICA = """
import pulumi
import pulumi_aws as aws

provider = aws.Provider("aws", region="us-east-2")
primary = pulumi.StackReference("primary", stack_name="organization/researchflow/prod")
aws.rds.Instance(
    "replica",
    identifier="researchflow-prod-dr-database",
    replicate_source_db=primary.require_output("recovery")["databaseArn"],
    instance_class="db.t4g.medium",
    storage_encrypted=True,
    skip_final_snapshot=True,
    opts=pulumi.ResourceOptions(provider=provider),
)
"""


def test_a_recovery_site_finds_a_database_of_the_other_region_to_follow(tmp_path: Path) -> None:
    (tmp_path / "__main__.py").write_text(REPLICA)
    source = "arn:aws:rds:us-east-1:123456789012:db:researchflow-prod-database"
    outcome = bring_up(
        tmp_path / "__main__.py",
        "researchflow",
        "site",
        references={"prod": {"recovery": {"databaseArn": source}}},
        out=tmp_path / "files",
    )
    assert outcome.differing == []
    found = {c.subject: c.found for c in outcome.checks if c.kind == "database"}
    assert found["source"] == source
