"""Who did what is recorded, encrypted, provable, and can't be taken away in passing."""

import json

import pulumi_aws as aws
import pytest

from components.identity.audit import Audit, AuditArgs
from tests.components.recorded_once import recorded_once
from tests.components.values import keys, place

TRAIL = "aws:cloudtrail/trail:Trail"
KEY = "arn:aws:kms:us-east-1:123456789012:key/logs"
TRAIL_ARN = "arn:aws:cloudtrail:us-east-1:123456789012:trail/researchflow-test"


@pytest.fixture
def audit(build):
    @recorded_once
    def run(*, guard_duty=False, protect=True):
        def construct(opts):
            artifacts = aws.s3.Bucket("artifacts", bucket="researchflow-artifacts", opts=opts)
            return Audit(
                "audit",
                AuditArgs(
                    place=place(protect=protect),
                    keys=keys(logs_arn=KEY),
                    artifacts_bucket_arn=artifacts.arn,
                    guard_duty=guard_duty,
                ),
                opts,
            )

        return build(construct)

    return run


def bucket_policy(built):
    document = json.loads(
        built.inputs("aws:s3/bucketPolicy:BucketPolicy", "audit-tls-only")["policy"]
    )
    return {entry["Sid"]: entry for entry in document["Statement"]}


def test_the_trail_sees_every_region_and_proves_its_logs(audit):
    trail = audit().named(TRAIL, "audit-trail")
    assert trail.inputs["isMultiRegionTrail"] is True
    assert trail.inputs["includeGlobalServiceEvents"] is True
    assert trail.inputs["enableLogFileValidation"] is True
    assert trail.inputs["kmsKeyId"] == KEY
    assert trail.protect


def test_each_access_to_an_artifact_is_an_event(audit):
    selectors = {
        each["name"]: {field["field"]: field for field in each["fieldSelectors"]}
        for each in audit().inputs(TRAIL, "audit-trail")["advancedEventSelectors"]
    }
    assert selectors["management"]["eventCategory"]["equals"] == ["Management"]
    data = selectors["artifacts"]
    assert data["eventCategory"]["equals"] == ["Data"]
    assert data["resources.type"]["equals"] == ["AWS::S3::Object"]
    assert data["resources.ARN"]["startsWiths"] == ["arn:aws:s3:::researchflow-artifacts/"]


def test_the_bucket_is_the_trails_own_and_there_before_it(audit):
    built = audit()
    trail = built.named(TRAIL, "audit-trail")
    bucket = built.named("aws:s3/bucket:Bucket", "audit-bucket")
    assert trail.inputs["s3BucketName"] == bucket.inputs["bucket"]
    assert bucket.inputs["bucket"] == "researchflow-test-audit-123456789012-us-east-1"
    policies = built.of_type("aws:s3/bucketPolicy:BucketPolicy")
    waits = set(trail.dependencies)
    components = {r.urn for r in built.resources if not r.custom}
    assert policies[0].urn in waits or policies[0].parent in waits & components


def test_only_this_trail_may_write_and_nobody_may_delete(audit):
    policy = bucket_policy(audit())
    deliver = policy["TrailDelivers"]
    assert deliver["Condition"]["StringEquals"]["aws:SourceArn"] == TRAIL_ARN
    assert deliver["Resource"].endswith("/AWSLogs/123456789012/*")
    assert policy["TrailChecksBucket"]["Condition"]["StringEquals"]["aws:SourceArn"] == TRAIL_ARN
    assert policy["NobodyDeletes"]["Effect"] == "Deny"
    assert policy["TlsOnly"]["Effect"] == "Deny"
    # A stack whose data may go must be able to empty the bucket.
    assert "NobodyDeletes" not in bucket_policy(audit(protect=False))


def test_guard_duty_watches_cluster_and_databases_where_the_stack_has_the_detector(audit):
    assert not audit().of_type("aws:guardduty/detector:Detector")
    built = audit(guard_duty=True)
    (detector,) = built.of_type("aws:guardduty/detector:Detector")
    features = built.of_type("aws:guardduty/detectorFeature:DetectorFeature")
    assert {feature.inputs["detectorId"] for feature in features} == {detector.resource_id}
    enabled = {f.inputs["name"] for f in features if f.inputs["status"] == "ENABLED"}
    assert {"EKS_AUDIT_LOGS", "RDS_LOGIN_EVENTS"} <= enabled
