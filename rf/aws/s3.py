"""Buckets and what is set on them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from rf.shared.account import usage
from rf.shared.account.names import ABSENT, FREE, owned
from rf.shared.account.unreadable import GLOBAL_REGION, UnreadableError
from rf.shared.cards.calls import Calls
from rf.shared.cards.card import Card
from rf.shared.cards.changes import DANGEROUS, IN_PLACE, REPLACE, Changes, PropertyRule, Unruled
from rf.shared.cards.control_plane import ControlPlane
from rf.shared.cards.inventing import of_inputs
from rf.shared.cards.lifecycle import Created, Inputs, Reading, Task
from rf.shared.cards.naming import Answer, Naming
from rf.shared.cards.prices import Free, Priced
from rf.shared.cards.quota import Quota, count_of
from rf.shared.cards.residency import IN_REGION, NO_DATA
from rf.shared.cards.source import provider
from rf.shared.cards.values import by_model
from rf.shared.cards.verification import NOT_SHOWN, Comparison, Verification
from rf.shared.cards.without import NO_QUOTA, NOT_COMPARED, OWN_NAME, USAGE, Without
from rf.shared.offline.invention import Computed, Registration

if TYPE_CHECKING:
    from rf.shared.account.account import Account
    from rf.shared.account.owned import Owner
    from rf.shared.sandbox.reader import Reader

CONTROL_PLANE = ControlPlane(
    name="S3, making and configuring buckets in any region",
    service="s3",
    goes_on="objects are read, written and replicated between other regions",
    operations=("CreateBucket", "DeleteBucket", "PutBucket", "PutPublicAccessBlock"),
)

BUCKET = "aws:s3/bucket:Bucket"


def _invented_bucket(registration: Registration) -> Computed:
    name = registration.named("bucket")
    return Computed(
        name,
        {
            "bucket": name,
            "arn": f"arn:aws:s3:::{name}",
            "bucketDomainName": f"{name}.s3.amazonaws.com",
            "bucketRegionalDomainName": f"{name}.s3.{registration.where}.amazonaws.com",
            "hostedZoneId": "Z3AQBSTGFYJSTF",
        },
    )


def _create_bucket(task: Task, inputs: Inputs) -> Created:
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


BUCKET = "aws:s3/bucket:Bucket"


def _verify_bucket(
    reader: Reader, identifier: str, _: Mapping[str, Any], _reading: Reading
) -> Iterator[Comparison]:
    """That it exists, in the region it should."""
    answer = reader.read("s3", "GetBucketLocation", Bucket=identifier)
    # S3 names its first region by leaving it out.
    yield "region", reader.region, answer.get("LocationConstraint") or "us-east-1"


def _bucket_state(account: Account, owner: Owner, name: str) -> Answer:
    """Buckets share one space of names with everybody's."""
    try:
        account.read("s3", "GetBucketLocation", Bucket=name)
    except UnreadableError as error:
        if error.code in ABSENT:
            return True, FREE
        if error.code == "AccessDenied":
            return False, "another account has it, or these credentials may not look at it"
        raise
    try:
        tags = account.listed("s3", "GetBucketTagging", "TagSet", Bucket=name)
    except UnreadableError as error:
        if error.code != "NoSuchTagSet":
            raise
        tags = []
    return owned(fine=owner.tagged(tags))


def _lifecycle_rule(rule: dict[str, Any]) -> dict[str, Any]:
    """A rule as the API wants it; without a filter it holds for the whole bucket."""
    shaped = dict(rule)
    if not shaped.get("prefix"):
        shaped["filter"] = shaped.get("filter") or {"prefix": ""}
    return shaped


def _create_lifecycle(task: Task, inputs: Inputs) -> Created:
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


def _create_ownership_controls(task: Task, inputs: Inputs) -> Created:
    name = inputs.take("bucket")
    rule = inputs.take("rule")
    task.send(
        "s3",
        "PutBucketOwnershipControls",
        inputs.rest() | {"ownershipControls": {"rules": [rule]}},
        Bucket=name,
    )
    return Created(name)


def _create_policy(task: Task, inputs: Inputs) -> Created:
    name = inputs.take("bucket")
    task.send("s3", "PutBucketPolicy", inputs.rest(), Bucket=name)
    return Created(name)


def _verify_policy(
    reader: Reader, identifier: str, inputs: Mapping[str, Any], _reading: Reading
) -> Iterator[Comparison]:
    """Its policy, whatever the order of its keys."""
    actual = reader.read("s3", "GetBucketPolicy", Bucket=identifier)["Policy"]
    yield "policy", json.loads(inputs["policy"]), json.loads(actual)


def _create_public_access_block(task: Task, inputs: Inputs) -> Created:
    name = inputs.take("bucket")
    inputs.drop("skipDestroy")
    task.send(
        "s3",
        "PutPublicAccessBlock",
        {"publicAccessBlockConfiguration": inputs.rest()},
        Bucket=name,
    )
    return Created(name)


def _verify_key(
    reader: Reader, identifier: str, inputs: Mapping[str, Any], _reading: Reading
) -> Iterator[Comparison]:
    """That it is enabled and rotates."""
    actual = reader.read("kms", "DescribeKey", KeyId=identifier)["KeyMetadata"]
    yield "enabled", True, actual["Enabled"]
    rotation = reader.read("kms", "GetKeyRotationStatus", KeyId=identifier)
    yield "rotates", bool(inputs.get("enableKeyRotation")), rotation["KeyRotationEnabled"]


def _verify_public_access(
    reader: Reader, identifier: str, inputs: Mapping[str, Any], _reading: Reading
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


def _invented_of_bucket(registration: Registration) -> Computed:
    return Computed(registration.text("bucket"), {})


def _create_bucket_replication(task: Task, inputs: Inputs) -> Created:
    name = inputs.take("bucket")
    task.send(
        "s3",
        "PutBucketReplication",
        {"replicationConfiguration": inputs.rest()},
        {"id": "ID", "replicaKmsKeyId": "ReplicaKmsKeyID"},
        Bucket=name,
    )
    return Created(name)


def _verify_replication(
    reader: Reader, identifier: str, inputs: Mapping[str, Any], _reading: Reading
) -> Iterator[Comparison]:
    """Whither, by which role, and encrypted with which key."""
    answer = reader.read("s3", "GetBucketReplication", Bucket=identifier)
    actual = answer["ReplicationConfiguration"]
    yield "role", inputs["role"], actual["Role"]
    wanted, (rule,) = inputs["rules"][0], actual["Rules"]
    yield "status", wanted["status"], rule["Status"]
    destination = wanted["destination"]
    yield "destination", destination["bucket"], rule["Destination"]["Bucket"]
    key = (destination.get("encryptionConfiguration") or {}).get("replicaKmsKeyId")
    encryption = rule["Destination"].get("EncryptionConfiguration")
    if key is not None:
        yield "key", key, (encryption or {}).get("ReplicaKmsKeyID", NOT_SHOWN)


def _create_encryption(task: Task, inputs: Inputs) -> Created:
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


def _verify_encryption(
    reader: Reader, identifier: str, inputs: Mapping[str, Any], _reading: Reading
) -> Iterator[Comparison]:
    """With what, and with whose key, objects are encrypted."""
    answer = reader.read("s3", "GetBucketEncryption", Bucket=identifier)
    rule = answer["ServerSideEncryptionConfiguration"]["Rules"][0]
    actual = rule["ApplyServerSideEncryptionByDefault"]
    wanted = inputs["rules"][0]["applyServerSideEncryptionByDefault"]
    yield "encryption", wanted["sseAlgorithm"], actual["SSEAlgorithm"]
    yield "key", wanted.get("kmsMasterKeyId"), actual.get("KMSMasterKeyID")


def _create_versioning(task: Task, inputs: Inputs) -> Created:
    name = inputs.take("bucket")
    task.send("s3", "PutBucketVersioning", inputs.rest(), Bucket=name)
    return Created(name)


def _verify_versioning(
    reader: Reader, identifier: str, inputs: Mapping[str, Any], _reading: Reading
) -> Iterator[Comparison]:
    """Whether old versions are kept."""
    answer = reader.read("s3", "GetBucketVersioning", Bucket=identifier)
    yield "versioning", inputs["versioningConfiguration"]["status"], answer.get("Status")


def _whole_account(reader: Reader) -> Iterator[tuple[str, str, Any, Any]]:
    """The plan's buckets and no other."""
    planned = sorted(resource.resource_id for resource in reader.plan.of_type(BUCKET))
    actual = sorted(bucket["Name"] for bucket in reader.read("s3", "ListBuckets")["Buckets"])
    yield "bucket", "names", planned, actual


CARDS = (
    Card(
        type=BUCKET,
        computed=_invented_bucket,
        values=by_model("s3:CreateBucket"),
        lifecycle=Calls(service="s3", create="CreateBucket").lifecycle(create=_create_bucket),
        verification=Verification(kind="bucket", more=_verify_bucket, world=_whole_account),
        changes=Changes(
            holds="objects",
            source=(provider("s3/bucket.go"),),
            properties={
                "bucket": REPLACE,
                "bucketPrefix": REPLACE,
                "objectLockEnabled": REPLACE,
                "forceDestroy": PropertyRule(
                    to={"false": IN_PLACE},
                    effect=DANGEROUS,
                    why="a deletion would take every object with it",
                ),
                "tags": IN_PLACE,
            },
        ),
        price=Priced(keys=("s3:",), count=USAGE),
        quotas=(
            Quota(
                service="s3",
                code="L-DC2B2D3D",
                name="General purpose buckets",
                demand=count_of(BUCKET),
                used=usage.named("s3", "ListBuckets", "Buckets", "Name", region=GLOBAL_REGION),
                region=GLOBAL_REGION,
            ),
        ),
        naming=Naming(title="bucket", key="bucket", state=_bucket_state),
        permissions=(
            "s3:CreateBucket",
            "s3:PutBucketTagging",
        ),
        residency=IN_REGION,
        control_plane=CONTROL_PLANE,
    ),
    Card(
        type="aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration",
        computed=of_inputs("bucket"),
        values=by_model("s3:PutBucketLifecycleConfiguration"),
        lifecycle=Calls(service="s3", create="PutBucketLifecycleConfiguration").lifecycle(
            create=_create_lifecycle
        ),
        verification=NOT_COMPARED,
        changes=Changes(
            holds="when objects are deleted",
            source=(provider("s3/bucket_lifecycle_configuration.go"),),
            properties={
                "bucket": REPLACE,
                "expectedBucketOwner": REPLACE,
                "transitionDefaultMinimumObjectSize": IN_PLACE,
                "rules": PropertyRule(
                    effect=DANGEROUS,
                    why="a shorter time deletes objects that are there now; look at each rule",
                ),
            },
        ),
        price=Free(reason="part of its bucket"),
        quotas=NO_QUOTA,
        naming=OWN_NAME,
        permissions=("s3:PutLifecycleConfiguration",),
        residency=IN_REGION,
        control_plane=CONTROL_PLANE,
    ),
    Card(
        type="aws:s3/bucketOwnershipControls:BucketOwnershipControls",
        computed=of_inputs("bucket"),
        values=by_model("s3:PutBucketOwnershipControls"),
        lifecycle=Calls(service="s3", create="PutBucketOwnershipControls").lifecycle(
            create=_create_ownership_controls
        ),
        verification=NOT_COMPARED,
        changes=Unruled(),
        price=Free(reason="part of its bucket"),
        quotas=NO_QUOTA,
        naming=OWN_NAME,
        permissions=("s3:PutBucketOwnershipControls",),
        residency=NO_DATA,
        control_plane=CONTROL_PLANE,
    ),
    Card(
        type="aws:s3/bucketPolicy:BucketPolicy",
        computed=of_inputs("bucket"),
        values=by_model("s3:PutBucketPolicy"),
        lifecycle=Calls(service="s3", create="PutBucketPolicy").lifecycle(create=_create_policy),
        verification=Verification(kind="bucket", more=_verify_policy),
        changes=Unruled(),
        price=Free(reason="part of its bucket"),
        quotas=NO_QUOTA,
        naming=OWN_NAME,
        permissions=("s3:PutBucketPolicy",),
        residency=NO_DATA,
        control_plane=CONTROL_PLANE,
    ),
    Card(
        type="aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock",
        computed=of_inputs("bucket"),
        values=Without("no model enumerates its inputs"),
        lifecycle=Calls(service="s3", create="?").lifecycle(create=_create_public_access_block),
        verification=Verification(kind="bucket", more=_verify_public_access),
        changes=Unruled(),
        price=Free(reason="part of its bucket"),
        quotas=NO_QUOTA,
        naming=OWN_NAME,
        permissions=("s3:PutBucketPublicAccessBlock",),
        residency=NO_DATA,
        control_plane=CONTROL_PLANE,
    ),
    Card(
        type="aws:s3/bucketReplicationConfig:BucketReplicationConfig",
        computed=_invented_of_bucket,
        values=Without("no model enumerates its inputs"),
        lifecycle=Calls(service="s3", create="?").lifecycle(create=_create_bucket_replication),
        verification=Verification(kind="bucket replication", more=_verify_replication),
        changes=Changes(
            holds="whether new objects reach the recovery region",
            source=(provider("s3/bucket_replication_configuration.go"),),
            properties={
                "bucket": REPLACE,
                "role": IN_PLACE,
                "token": IN_PLACE,
                "rules": PropertyRule(
                    effect=DANGEROUS,
                    why=(
                        "what is written while no rule holds is copied by none later; look at "
                        "each rule"
                    ),
                ),
            },
        ),
        price=Free(reason="paid as the objects it copies"),
        quotas=NO_QUOTA,
        naming=OWN_NAME,
        permissions=(
            "s3:PutReplicationConfiguration",
            "iam:PassRole",
        ),
        residency=IN_REGION,
        control_plane=CONTROL_PLANE,
    ),
    Card(
        type=(
            "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration"
        ),
        computed=of_inputs("bucket"),
        values=by_model("s3:PutBucketEncryption"),
        lifecycle=Calls(service="s3", create="PutBucketEncryption").lifecycle(
            create=_create_encryption
        ),
        verification=Verification(kind="bucket", more=_verify_encryption),
        changes=Unruled(),
        price=Free(reason="part of its bucket"),
        quotas=NO_QUOTA,
        naming=OWN_NAME,
        permissions=("s3:PutEncryptionConfiguration",),
        residency=NO_DATA,
        control_plane=CONTROL_PLANE,
    ),
    Card(
        type="aws:s3/bucketVersioning:BucketVersioning",
        computed=of_inputs("bucket"),
        values=by_model("s3:PutBucketVersioning"),
        lifecycle=Calls(service="s3", create="PutBucketVersioning").lifecycle(
            create=_create_versioning
        ),
        verification=Verification(kind="bucket", more=_verify_versioning),
        changes=Changes(
            holds="whether an overwritten object can be brought back",
            source=(provider("s3/bucket_versioning.go"),),
            properties={
                "bucket": REPLACE,
                "expectedBucketOwner": REPLACE,
                "mfa": IN_PLACE,
                "versioningConfiguration.status": PropertyRule(
                    to={"Enabled": IN_PLACE},
                    effect=DANGEROUS,
                    why="what is overwritten or deleted from then on is gone",
                ),
                "versioningConfiguration.mfaDelete": IN_PLACE,
            },
        ),
        price=Free(reason="old versions are part of the bucket's storage"),
        quotas=NO_QUOTA,
        naming=OWN_NAME,
        permissions=("s3:PutBucketVersioning",),
        residency=IN_REGION,
        control_plane=CONTROL_PLANE,
    ),
)
