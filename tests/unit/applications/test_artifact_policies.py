"""What the applications may do with artifacts, and nothing else."""

import json

from rendering.applications.artifact_policies import artifact_access_policy

BUCKET = "arn:aws:s3:::artifacts"
KEY = "arn:aws:kms:us-east-1:123456789012:key/data"
STATEMENTS = json.loads(artifact_access_policy(BUCKET, KEY, "us-east-1"))["Statement"]


def test_only_the_bucket_its_objects_and_its_key_are_named():
    resources = {resource for statement in STATEMENTS for resource in statement["Resource"]}
    assert resources == {BUCKET, f"{BUCKET}/*", KEY}
    assert not any("*" in action for statement in STATEMENTS for action in statement["Action"])


def test_a_version_of_an_object_can_not_be_destroyed():
    actions = {action for statement in STATEMENTS for action in statement["Action"]}
    assert "s3:PutObject" in actions
    assert "s3:DeleteObjectVersion" not in actions


def test_the_key_works_through_s3_in_this_bucket_alone():
    (use_key,) = [s for s in STATEMENTS if s["Resource"] == [KEY]]
    assert use_key["Condition"] == {
        "StringEquals": {"kms:ViaService": "s3.us-east-1.amazonaws.com"},
        "StringLike": {"kms:EncryptionContext:aws:s3:arn": [BUCKET, f"{BUCKET}/*"]},
    }
