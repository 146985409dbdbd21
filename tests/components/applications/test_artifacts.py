"""The artifacts bucket: private, encrypted, and forgiving of a wrong delete."""

import json

import pytest

from components.applications.artifacts import Artifacts, ArtifactsArgs
from tests.components.recorded_once import recorded_once
from tests.components.values import keys, place

BUCKET = "aws:s3/bucket:Bucket"
NAME = "researchflow-test-artifacts-123456789012-us-east-1"


@pytest.fixture
def artifacts(build):
    @recorded_once
    def run(*, protect=True):
        args = ArtifactsArgs(
            place=place(protect=protect),
            keys=keys(),
        )
        return build(lambda opts: Artifacts("artifacts", args, opts))

    return run


def only(built, kind):
    (found,) = [r for r in built.resources if r.type.endswith(f":{kind}")]
    assert found.inputs["bucket"] == NAME
    return found.inputs


def test_the_bucket_is_guarded_unless_the_stack_says_otherwise(artifacts):
    bucket = artifacts().named(BUCKET, "artifacts-bucket")
    assert bucket.inputs["bucket"] == NAME
    assert (bucket.protect, bucket.inputs["forceDestroy"]) == (True, False)
    free = artifacts(protect=False).named(BUCKET, "artifacts-bucket")
    assert (free.protect, free.inputs["forceDestroy"]) == (False, True)


def test_nothing_in_the_bucket_can_become_public(artifacts):
    block = only(artifacts(), "BucketPublicAccessBlock")
    assert all(
        block[key] is True
        for key in (
            "blockPublicAcls",
            "blockPublicPolicy",
            "ignorePublicAcls",
            "restrictPublicBuckets",
        )
    )
    ownership = only(artifacts(), "BucketOwnershipControls")
    assert ownership["rule"] == {"objectOwnership": "BucketOwnerEnforced"}


def test_requests_without_tls_are_refused(artifacts):
    policy = json.loads(only(artifacts(), "BucketPolicy")["policy"])
    (statement,) = policy["Statement"]
    assert statement["Effect"] == "Deny"
    assert statement["Resource"] == [f"arn:aws:s3:::{NAME}", f"arn:aws:s3:::{NAME}/*"]
    assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}


def test_objects_are_encrypted_with_the_data_key(artifacts):
    (rule,) = only(artifacts(), "BucketServerSideEncryptionConfiguration")["rules"]
    assert rule["applyServerSideEncryptionByDefault"] == {
        "kmsMasterKeyId": "arn:aws:kms:us-east-1:123456789012:key/data",
        "sseAlgorithm": "aws:kms",
    }
    assert rule["bucketKeyEnabled"] is True


def test_a_deleted_object_can_be_brought_back_for_a_quarter_and_no_longer(artifacts):
    built = artifacts()
    assert only(built, "BucketVersioning")["versioningConfiguration"] == {"status": "Enabled"}
    rules = {r["id"]: r for r in only(built, "BucketLifecycleConfiguration")["rules"]}
    assert all(r["status"] == "Enabled" for r in rules.values())
    assert rules["old-versions"]["noncurrentVersionExpiration"] == {"noncurrentDays": 90}
    # Current versions are data: no rule may expire them.
    assert not any("days" in r.get("expiration", {}) for r in rules.values())
    assert rules["abandoned-uploads"]["abortIncompleteMultipartUpload"] == {
        "daysAfterInitiation": 7
    }
