"""Buckets, image repositories, keys and secrets."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from rf.shared.sandbox.api import RequestError
from rf.shared.sandbox.comparisons import NOT_SHOWN, Comparison, Reader, verifies, verifies_world

BUCKET = "aws:s3/bucket:Bucket"


@verifies(BUCKET, "bucket")
def bucket(reader: Reader, identifier: str, _: Mapping[str, Any]) -> Iterator[Comparison]:
    """That it exists, in the region it should."""
    answer = reader.read("s3", "GetBucketLocation", Bucket=identifier)
    # S3 names its first region by leaving it out.
    yield "region", reader.region, answer.get("LocationConstraint") or "us-east-1"


@verifies("aws:s3/bucketVersioning:BucketVersioning", "bucket")
def versioning(reader: Reader, identifier: str, inputs: Mapping[str, Any]) -> Iterator[Comparison]:
    """Whether old versions are kept."""
    answer = reader.read("s3", "GetBucketVersioning", Bucket=identifier)
    yield "versioning", inputs["versioningConfiguration"]["status"], answer.get("Status")


@verifies(
    "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration",
    "bucket",
)
def encryption(reader: Reader, identifier: str, inputs: Mapping[str, Any]) -> Iterator[Comparison]:
    """With what, and with whose key, objects are encrypted."""
    answer = reader.read("s3", "GetBucketEncryption", Bucket=identifier)
    rule = answer["ServerSideEncryptionConfiguration"]["Rules"][0]
    actual = rule["ApplyServerSideEncryptionByDefault"]
    wanted = inputs["rules"][0]["applyServerSideEncryptionByDefault"]
    yield "encryption", wanted["sseAlgorithm"], actual["SSEAlgorithm"]
    yield "key", wanted.get("kmsMasterKeyId"), actual.get("KMSMasterKeyID")


@verifies("aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock", "bucket")
def public_access(
    reader: Reader, identifier: str, inputs: Mapping[str, Any]
) -> Iterator[Comparison]:
    """That each of the four ways to publish it is shut as planned."""
    actual = reader.read("s3", "GetPublicAccessBlock", Bucket=identifier)
    block = actual["PublicAccessBlockConfiguration"]
    for key, member in (
        ("blockPublicAcls", "BlockPublicAcls"),
        ("blockPublicPolicy", "BlockPublicPolicy"),
        ("ignorePublicAcls", "IgnorePublicAcls"),
        ("restrictPublicBuckets", "RestrictPublicBuckets"),
    ):
        yield key, bool(inputs.get(key)), bool(block.get(member))


@verifies("aws:s3/bucketPolicy:BucketPolicy", "bucket")
def policy(reader: Reader, identifier: str, inputs: Mapping[str, Any]) -> Iterator[Comparison]:
    """Its policy, whatever the order of its keys."""
    actual = reader.read("s3", "GetBucketPolicy", Bucket=identifier)["Policy"]
    yield "policy", json.loads(inputs["policy"]), json.loads(actual)


@verifies("aws:ecr/repository:Repository", "image repository")
def repository(reader: Reader, identifier: str, inputs: Mapping[str, Any]) -> Iterator[Comparison]:
    """Whether tags can move, images are scanned, and with what layers are encrypted."""
    actual = reader.one("ecr", "DescribeRepositories", "repositories", repositoryNames=[identifier])
    mutability = inputs.get("imageTagMutability", "MUTABLE")
    yield "tags", mutability, actual["imageTagMutability"]
    scan = (inputs.get("imageScanningConfiguration") or {}).get("scanOnPush", False)
    yield "scan on push", scan, actual["imageScanningConfiguration"]["scanOnPush"]
    wanted = (inputs.get("encryptionConfigurations") or [{}])[0]
    encrypted = actual["encryptionConfiguration"]
    yield "encryption", wanted.get("encryptionType", "AES256"), encrypted["encryptionType"]
    if wanted.get("kmsKey"):
        yield "key", wanted["kmsKey"], encrypted.get("kmsKey")


@verifies("aws:kms/key:Key", "key")
def key(reader: Reader, identifier: str, inputs: Mapping[str, Any]) -> Iterator[Comparison]:
    """That it is enabled and rotates."""
    actual = reader.read("kms", "DescribeKey", KeyId=identifier)["KeyMetadata"]
    yield "enabled", True, actual["Enabled"]
    rotation = reader.read("kms", "GetKeyRotationStatus", KeyId=identifier)
    yield "rotates", bool(inputs.get("enableKeyRotation")), rotation["KeyRotationEnabled"]


@verifies("aws:secretsmanager/secret:Secret", "secret")
def secret(reader: Reader, identifier: str, inputs: Mapping[str, Any]) -> Iterator[Comparison]:
    """Its key, and the regions of its replicas with theirs. The content is never read."""
    actual = reader.read("secretsmanager", "DescribeSecret", SecretId=identifier)
    yield "key", inputs.get("kmsKeyId"), actual.get("KmsKeyId")
    replicas = inputs.get("replicas") or []
    if replicas:
        regions = [each["Region"] for each in actual.get("ReplicationStatus") or []]
        yield "replicas", sorted(each["region"] for each in replicas), sorted(regions)
    for replica in replicas:
        reader.region = replica["region"]
        copy = reader.read("secretsmanager", "DescribeSecret", SecretId=inputs["name"])
        yield f"name in {reader.region}", inputs["name"], copy["Name"]
        # The emulator forgets a replica's key: it answers with AWS's own, or with its source's.
        yield f"key in {reader.region}", replica["kmsKeyId"], NOT_SHOWN


@verifies("aws:cloudwatch/logGroup:LogGroup", "log group")
def log_group(reader: Reader, identifier: str, inputs: Mapping[str, Any]) -> Iterator[Comparison]:
    """How long it keeps, and its key."""
    groups = reader.read("logs", "DescribeLogGroups", logGroupNamePrefix=identifier)["logGroups"]
    actual = next((group for group in groups if group["logGroupName"] == identifier), None)
    if actual is None:
        raise RequestError(f"there is no log group {identifier}")
    yield "days kept", inputs.get("retentionInDays"), actual.get("retentionInDays")
    yield "key", inputs.get("kmsKeyId"), actual.get("kmsKeyId")


@verifies_world
def nothing_else_is_stored(reader: Reader) -> Iterator[tuple[str, str, Any, Any]]:
    """The plan's buckets and no other."""
    planned = sorted(resource.resource_id for resource in reader.plan.of_type(BUCKET))
    actual = sorted(bucket["Name"] for bucket in reader.read("s3", "ListBuckets")["Buckets"])
    yield "bucket", "names", planned, actual
