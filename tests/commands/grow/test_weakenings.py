"""A shorter retention or a lesser protection is no harmless update; a longer one is."""

from __future__ import annotations

from typing import Any

import pytest

from rf.grow.classify import GrowthStep, Kind, step_between
from tests.commands.grow.growth_cases import CLUSTER, RDS, REDIS, RELEASE, plan, resource

LOGS = "aws:cloudwatch/logGroup:LogGroup"
BUCKET_LIFECYCLE = "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration"
BACKUPS = "aws:backup/plan:Plan"
CITUS = "kubernetes:stackgres.io/v1alpha1:SGShardedCluster"
TRAIL = "aws:cloudtrail/trail:Trail"
FIREWALL_LOG = "aws:wafv2/webAclLoggingConfiguration:WebAclLoggingConfiguration"
HEADERS = [{"singleHeader": {"name": each}} for each in ("authorization", "cookie")]


def changed(token: str, old: Any, new: Any) -> GrowthStep:
    return step_between(
        plan(resource(token, "it", old, protect=False)),
        plan(resource(token, "it", new, protect=False)),
    )


def temporal(retention: str) -> dict[str, Any]:
    namespaces = {"namespace": [{"name": "researchflow", "retention": retention}]}
    return {"values": {"server": {"config": {"namespaces": namespaces}}}}


def prometheus(**spec: str) -> dict[str, Any]:
    return {"values": {"prometheus": {"prometheusSpec": spec}}}


def kept(days: int) -> dict[str, Any]:
    return {"rules": [{"ruleName": "daily", "lifecycle": {"deleteAfter": days}}]}


def expiring(days: int) -> dict[str, Any]:
    return {"rules": [{"id": "old", "expiration": {"days": days}}]}


def backed_up(**backups: Any) -> dict[str, Any]:
    return {"spec": {"configurations": {"backups": [{"sgObjectStorage": "a", **backups}]}}}


def without_lock(**patroni: bool) -> dict[str, Any]:
    """Citus' shards, whose Patroni is told so."""
    config = {"postgresql": {"pg_hba": []}, **patroni}
    return {"spec": {"shards": {"configurations": {"patroni": {"dynamicConfig": config}}}}}


RETENTIONS = [
    (LOGS, {"retentionInDays": 365}, {"retentionInDays": 30}),
    (RDS, {"backupRetentionPeriod": 14}, {"backupRetentionPeriod": 1}),
    (REDIS, {"snapshotRetentionLimit": 7}, {"snapshotRetentionLimit": 1}),
    (
        "aws:kms/key:Key",
        {"deletionWindowInDays": 30},
        {"deletionWindowInDays": 7},
    ),
    (
        "aws:kms/replicaKey:ReplicaKey",
        {"deletionWindowInDays": 30},
        {"deletionWindowInDays": 7},
    ),
    (
        "aws:secretsmanager/secret:Secret",
        {"recoveryWindowInDays": 30},
        {"recoveryWindowInDays": 7},
    ),
    (
        "aws:sqs/queue:Queue",
        {"messageRetentionSeconds": 1209600},
        {"messageRetentionSeconds": 60},
    ),
    (BUCKET_LIFECYCLE, expiring(365), expiring(30)),
    (BACKUPS, kept(35), kept(7)),
    (CITUS, backed_up(retention=14), backed_up(retention=1)),
    (RELEASE, temporal("7d"), temporal("7h")),
    (RELEASE, prometheus(retention="15d"), prometheus(retention="36h")),
    (RELEASE, prometheus(retentionSize="170GiB"), prometheus(retentionSize="17GiB")),
]


@pytest.mark.parametrize(("token", "longer", "shorter"), RETENTIONS)
def test_what_is_kept_for_a_shorter_time_is_deleted(token, longer, shorter):
    (finding,) = changed(token, longer, shorter).findings
    assert "changes in place, and endangers" in finding.what
    assert changed(token, shorter, longer).safe


@pytest.mark.parametrize(
    ("token", "old", "new"),
    [
        (LOGS, {"retentionInDays": 0}, {"retentionInDays": 365}),
        (LOGS, {}, {"retentionInDays": 365}),
        (RDS, {"backupRetentionPeriod": 7}, {}),
        (RDS, {"deletionProtection": True}, {"deletionProtection": False}),
        (RDS, {"finalSnapshotIdentifier": "last"}, {}),
        (
            RDS,
            {"enabledCloudwatchLogsExports": ["postgresql", "upgrade"]},
            {"enabledCloudwatchLogsExports": ["upgrade"]},
        ),
        (REDIS, {"numCacheClusters": 2}, {"numCacheClusters": 1}),
        (REDIS, {"automaticFailoverEnabled": True}, {"automaticFailoverEnabled": False}),
        (
            CLUSTER,
            {"enabledClusterLogTypes": ["api", "audit"]},
            {"enabledClusterLogTypes": ["api"]},
        ),
        ("aws:kms/key:Key", {"enableKeyRotation": True}, {"enableKeyRotation": False}),
        (
            "aws:s3/bucketVersioning:BucketVersioning",
            {"versioningConfiguration": {"status": "Enabled"}},
            {"versioningConfiguration": {"status": "Suspended"}},
        ),
        (
            "aws:ecr/repository:Repository",
            {"imageTagMutability": "IMMUTABLE"},
            {"imageTagMutability": "MUTABLE"},
        ),
        (TRAIL, {"isMultiRegionTrail": True}, {"isMultiRegionTrail": False}),
        (TRAIL, {"cloudWatchLogsGroupArn": "arn:logs"}, {}),
        (FIREWALL_LOG, {"redactedFields": HEADERS}, {"redactedFields": HEADERS[:1]}),
        ("aws:guardduty/detector:Detector", {"enable": True}, {"enable": False}),
        (
            "aws:guardduty/detectorFeature:DetectorFeature",
            {"status": "ENABLED"},
            {"status": "DISABLED"},
        ),
        ("aws:route53/healthCheck:HealthCheck", {"disabled": False}, {"disabled": True}),
        (
            "aws:cloudwatch/metricAlarm:MetricAlarm",
            {"actionsEnabled": True},
            {"actionsEnabled": False},
        ),
        (
            CITUS,
            {"spec": {"replication": {"mode": "sync"}}},
            {"spec": {"replication": {"mode": "async"}}},
        ),
        (
            CITUS,
            {"spec": {"coordinator": {"instances": 2}}},
            {"spec": {"coordinator": {"instances": 1}}},
        ),
        (CITUS, without_lock(failsafe_mode=True), without_lock(failsafe_mode=False)),
        (CITUS, without_lock(failsafe_mode=True), without_lock()),
        (
            "kubernetes:stackgres.io/v1beta1:SGObjectStorage",
            {"spec": {"s3": {"bucket": "a"}}},
            {"spec": {"s3": {"bucket": "b"}}},
        ),
    ],
)
def test_a_lesser_protection_is_named(token, old, new):
    (finding,) = changed(token, old, new).findings
    assert "changes in place, and endangers" in finding.what


def test_a_standing_citus_takes_failsafe_mode_without_a_restart():
    (change,) = changed(CITUS, without_lock(), without_lock(failsafe_mode=True)).changes
    assert (change.kind, change.outage) == (Kind.IN_PLACE, "")


def test_a_longer_retention_of_temporal_takes_the_command_that_the_charts_job_never_runs():
    (change,) = changed(RELEASE, temporal("7d"), temporal("30d")).changes
    assert change.kind is Kind.ACTION
    (command,) = change.actions
    assert command == "temporal operator namespace update -n researchflow --retention 30d"


def test_another_region_of_the_provider_is_no_update_of_nothing():
    (finding,) = changed(
        "pulumi:providers:aws", {"region": "us-east-1"}, {"region": "us-west-2"}
    ).findings
    assert "made anew in the other one" in finding.what
    tags = {"defaultTags": {"tags": {"a": "b"}}}
    assert changed("pulumi:providers:aws", {}, tags).changes == ()
