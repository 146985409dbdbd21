"""The stacks of the plan's three shards: each whole, joined by the home's zone, Europe apart."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import pytest

from rf.check.residency.leaks import exceptions, leaks_of
from rf.shared.plan import RecordedPlan
from rf.shared.project import PROJECT_ROOT

Planned = Callable[..., RecordedPlan]

CELLS = ("prod-us-west", "prod-eu")


RECORD = "aws:route53/record:Record"
BUCKET = "aws:s3/bucket:Bucket"
DISTRIBUTION = "aws:cloudfront/distribution:Distribution"


@pytest.mark.parametrize("stack", CELLS)
def test_a_cells_names_stand_in_the_homes_zone(planned: Planned, stack: str) -> None:
    home, cell = planned("prod"), planned(stack)
    zones = {record.inputs["zoneId"] for record in cell.of_type(RECORD)}
    assert zones == {home.outputs["zoneId"]}
    assert cell.of_type("aws:route53/zone:Zone") == []
    address = f"{stack.removeprefix('prod-')}.researchflow.example.com"
    names = {(record.inputs["name"], record.inputs["type"]) for record in cell.of_type(RECORD)}
    assert {(address, "A"), (f"origin.{address}", "A")} <= names
    # An address of version 6 would go on leading to a lost region (docs/disaster-recovery.md).
    assert "AAAA" not in {kind for _, kind in names}


@pytest.mark.parametrize("stack", ["prod", *CELLS])
def test_each_cell_has_its_own_distribution_firewall_and_log_in_its_region(
    planned: Planned, stack: str
) -> None:
    plan = planned(stack)
    assert len(plan.of_type(DISTRIBUTION)) == 1
    assert len(plan.of_type("aws:wafv2/webAcl:WebAcl")) == 1
    (provider,) = plan.of_type("pulumi:providers:aws")
    region = provider.inputs["region"]
    logs = plan.named(BUCKET, "edge-access-log-bucket-bucket").inputs
    assert logs["bucket"] == f"researchflow-{stack}-logs-123456789012-{region}"
    assert logs.get("region") is None


def test_only_the_home_sends_organizations_on(planned: Planned) -> None:
    stores = {
        stack: len(planned(stack).of_type("aws:cloudfront/keyValueStore:KeyValueStore"))
        for stack in ("prod", *CELLS)
    }
    assert stores == {"prod": 1, "prod-us-west": 0, "prod-eu": 0}
    assert "organizationDirectoryArn" in planned("prod").outputs


def test_physical_names_of_the_cells_never_meet(planned: Planned) -> None:
    names = [
        str(bucket.inputs["bucket"])
        for stack in ("prod", *CELLS)
        for bucket in planned(stack).of_type(BUCKET)
    ]
    assert len(names) == len(set(names))


def test_no_european_data_leaves_the_european_union(planned: Planned) -> None:
    assert leaks_of(planned("prod-eu")) == []


def test_the_check_finds_a_whole_american_stack(planned: Planned) -> None:
    found = leaks_of(planned("prod-us-west"))
    assert len(found) > 50
    kinds = {leak.urn.split("::")[-2].rsplit("$", 1)[-1] for leak in found}
    assert {"aws:rds/instance:Instance", BUCKET, "aws:kms/key:Key"} <= kinds


def seeded(plan: RecordedPlan, token: str, inputs: dict[str, Any], **extra: Any) -> RecordedPlan:
    """The plan's provider and buckets with one more resource, as if somebody had added it."""
    template = plan.of_type(BUCKET)[0]
    kept = [r for r in plan.resources if r.type in (BUCKET, "pulumi:providers:aws")]
    added = dataclasses.replace(
        template,
        urn=f"urn:pulumi:prod-eu::researchflow::{token}::leak",
        type=token,
        name="leak",
        inputs=inputs,
        **extra,
    )
    return dataclasses.replace(plan, resources=(*kept, added))


LEAKS: dict[str, tuple[str, dict[str, Any], str]] = {
    "a replica of the database": (
        "aws:rds/instance:Instance",
        {"region": "us-west-2", "replicateSourceDb": "arn:aws:rds:eu-west-1:1:db:x"},
        "region",
    ),
    "copies of its backups": (
        "aws:rds/instanceAutomatedBackupsReplication:InstanceAutomatedBackupsReplication",
        {"region": "us-east-1", "sourceDbInstanceArn": "arn:aws:rds:eu-west-1:1:db:x"},
        "region",
    ),
    "a backup plan's copies": (
        "aws:backup/plan:Plan",
        {
            "rules": [
                {
                    "copyActions": [
                        {"destinationVaultArn": "arn:aws:backup:us-west-2:1:backup-vault:v"}
                    ]
                }
            ]
        },
        "rules[0].copyActions[0].destinationVaultArn",
    ),
    "a bucket's replication": (
        "aws:s3/bucketReplicationConfig:BucketReplicationConfig",
        {"rules": [{"destination": {"bucket": "arn:aws:s3:::elsewhere"}}]},
        "rules[0].destination.bucket",
    ),
    "a secret's replica": (
        "aws:secretsmanager/secret:Secret",
        {"replicas": [{"region": "ca-central-1"}]},
        "replicas[0].region",
    ),
    "images' replication": (
        "aws:ecr/replicationConfiguration:ReplicationConfiguration",
        {"replicationConfiguration": {"rules": [{"destinations": [{"region": "eu-west-2"}]}]}},
        "replicationConfiguration.rules[0].destinations[0].region",
    ),
    "the firewall's log": (BUCKET, {"bucket": "aws-waf-logs-x", "region": "us-east-1"}, "region"),
    "a pod's log shipper": (
        "kubernetes:core/v1:ConfigMap",
        {"data": {"fluent-bit.conf": "[OUTPUT]\n  region us-east-1\n"}},
        "data.fluent-bit.conf",
    ),
    "a database of another cell": (
        "kubernetes:core/v1:Secret",
        {"stringData": {"url": "postgresql://a@b.c0.us-east-1.rds.amazonaws.com/ros"}},
        "stringData.url",
    ),
    "samples of requests": (
        "aws:wafv2/webAcl:WebAcl",
        {
            "region": "us-east-1",
            "visibilityConfig": {"sampledRequestsEnabled": True},
            "rules": [],
        },
        "visibilityConfig",
    ),
}


@pytest.mark.parametrize(("token", "inputs", "path"), LEAKS.values(), ids=list(LEAKS))
def test_a_seeded_leak_is_found_where_it_is(
    planned: Planned, token: str, inputs: dict[str, Any], path: str
) -> None:
    found = leaks_of(seeded(planned("prod-eu"), token, inputs))
    assert [(leak.urn.rsplit("::", 1)[-1], leak.path) for leak in found] == [("leak", path)]


def test_a_resource_of_a_second_provider_in_another_region_is_found(planned: Planned) -> None:
    plan = planned("prod-eu")
    (provider,) = plan.of_type("pulumi:providers:aws")
    other = dataclasses.replace(
        provider, urn=f"{provider.urn}-2", inputs={**provider.inputs, "region": "us-east-2"}
    )
    plan = dataclasses.replace(plan, resources=(*plan.resources, other))
    found = leaks_of(
        seeded(plan, "aws:sqs/queue:Queue", {"name": "q"}, provider=f"{other.urn}::id")
    )
    here = [leak for leak in found if leak.urn.endswith("leak")]
    assert [(leak.path, leak.found) for leak in here] == [("provider", "stands in us-east-2")]


def test_every_exception_is_used_and_listed_on_the_page(planned: Planned) -> None:
    resources = planned("prod-eu").resources
    known = {resource.type for resource in resources} | {resource.name for resource in resources}
    page = (PROJECT_ROOT / "docs" / "cells.md").read_text("utf-8")
    for kind, reason in exceptions().items():
        assert kind in known, "an exception that nothing needs hides a leak"
        assert f"| `{kind}` | {reason} |" in page
