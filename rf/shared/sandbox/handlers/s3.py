"""Buckets and what is set on them."""

# ruff: noqa: D103 - the token above each handler says what it creates

from __future__ import annotations

from typing import Any

from rf.shared.sandbox.registry import Created, Inputs, Task, handles


@handles("aws:s3/bucket:Bucket")
def bucket(task: Task, inputs: Inputs) -> Created:
    name = inputs.take("bucket") or task.auto_name("bucket")
    inputs.drop("forceDestroy")
    locked = inputs.take("objectLockEnabled")
    tags = inputs.take("tags") or {}
    # S3 wants no location for its first region, and refuses one that names it.
    place = (
        {}
        if task.region == "us-east-1"
        else {"CreateBucketConfiguration": {"LocationConstraint": task.region}}
    )
    task.send(
        "s3",
        "CreateBucket",
        inputs.rest(),
        Bucket=name,
        **place,
        **({"ObjectLockEnabledForBucket": True} if locked else {}),
    )
    if tags:
        pairs = [{"Key": key, "Value": value} for key, value in sorted(tags.items())]
        task.call("s3", "PutBucketTagging", Bucket=name, Tagging={"TagSet": pairs})
    return Created(
        name,
        {
            "bucket": name,
            "arn": f"arn:aws:s3:::{name}",
            "bucketRegionalDomainName": f"{name}.s3.{task.region}.amazonaws.com",
            "bucketDomainName": f"{name}.s3.amazonaws.com",
        },
    )


@handles("aws:s3/bucketVersioning:BucketVersioning")
def versioning(task: Task, inputs: Inputs) -> Created:
    name = inputs.take("bucket")
    task.send("s3", "PutBucketVersioning", inputs.rest(), Bucket=name)
    return Created(name)


@handles("aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration")
def encryption(task: Task, inputs: Inputs) -> Created:
    name = inputs.take("bucket")
    rules = inputs.take("rules")
    task.send(
        "s3",
        "PutBucketEncryption",
        inputs.rest() | {"serverSideEncryptionConfiguration": {"rules": rules}},
        {"kmsMasterKeyId": "KMSMasterKeyID", "sseAlgorithm": "SSEAlgorithm"},
        Bucket=name,
    )
    return Created(name)


@handles("aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock")
def public_access_block(task: Task, inputs: Inputs) -> Created:
    name = inputs.take("bucket")
    inputs.drop("skipDestroy")
    task.send(
        "s3",
        "PutPublicAccessBlock",
        {"publicAccessBlockConfiguration": inputs.rest()},
        Bucket=name,
    )
    return Created(name)


@handles("aws:s3/bucketOwnershipControls:BucketOwnershipControls")
def ownership_controls(task: Task, inputs: Inputs) -> Created:
    name = inputs.take("bucket")
    rule = inputs.take("rule")
    task.send(
        "s3",
        "PutBucketOwnershipControls",
        inputs.rest() | {"ownershipControls": {"rules": [rule]}},
        Bucket=name,
    )
    return Created(name)


@handles("aws:s3/bucketPolicy:BucketPolicy")
def policy(task: Task, inputs: Inputs) -> Created:
    name = inputs.take("bucket")
    task.send("s3", "PutBucketPolicy", inputs.rest(), Bucket=name)
    return Created(name)


@handles("aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration")
def lifecycle(task: Task, inputs: Inputs) -> Created:
    name = inputs.take("bucket")
    inputs.drop("timeouts")
    rules = [_lifecycle_rule(rule) for rule in inputs.take("rules")]
    task.send(
        "s3",
        "PutBucketLifecycleConfiguration",
        inputs.rest() | {"lifecycleConfiguration": {"rules": rules}},
        {"id": "ID"},
        Bucket=name,
    )
    return Created(name)


def _lifecycle_rule(rule: dict[str, Any]) -> dict[str, Any]:
    """A rule as the API wants it; without a filter it holds for the whole bucket."""
    shaped = dict(rule)
    if not shaped.get("prefix"):
        shaped["filter"] = shaped.get("filter") or {"prefix": ""}
    return shaped


@handles("aws:s3/bucketLogging:BucketLogging")
def logging(task: Task, inputs: Inputs) -> Created:
    name = inputs.take("bucket")
    owner = inputs.take("expectedBucketOwner")
    task.send(
        "s3",
        "PutBucketLogging",
        {"bucketLoggingStatus": {"loggingEnabled": inputs.rest()}},
        Bucket=name,
        **({"ExpectedBucketOwner": owner} if owner else {}),
    )
    return Created(name)


@handles("aws:s3/bucketCorsConfiguration:BucketCorsConfiguration")
def cors(task: Task, inputs: Inputs) -> Created:
    name = inputs.take("bucket")
    rules = inputs.take("corsRules")
    task.send(
        "s3",
        "PutBucketCors",
        inputs.rest() | {"cORSConfiguration": {"cORSRules": rules}},
        {"id": "ID"},
        Bucket=name,
    )
    return Created(name)


@handles("aws:s3/bucketObjectv2:BucketObjectv2", "aws:s3/bucketObject:BucketObject")
def stored_object(task: Task, inputs: Inputs) -> Created:
    name, key = inputs.take("bucket"), inputs.take("key") or task.name
    inputs.drop("forceDestroy", "source", "sourceHash")
    answer = task.send(
        "s3",
        "PutObject",
        inputs.rest(),
        {"content": "Body", "kmsKeyId": "SSEKMSKeyId", "tags": "Tagging"},
        Bucket=name,
        Key=key,
    )
    return Created(key, {"etag": answer["ETag"].strip('"')})
