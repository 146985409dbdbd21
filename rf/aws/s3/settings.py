"""What is set on a bucket: each a thing of its own, put as a whole and taken off."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from rf.aws.s3.bucket import CONTROL_PLANE
from rf.shared.cards.calls import AS_CREATED, Calls, look_up, take_away
from rf.shared.cards.card import Card
from rf.shared.cards.changes import DANGEROUS, IN_PLACE, REPLACE, Changes, PropertyRule
from rf.shared.cards.creation import SECONDS
from rf.shared.cards.inventing import of_inputs
from rf.shared.cards.lifecycle import Inputs, Read, Reading, Standing, Task
from rf.shared.cards.prices import Free
from rf.shared.cards.residency import IN_REGION, NO_DATA
from rf.shared.cards.source import provider
from rf.shared.cards.values import by_model
from rf.shared.cards.verification import Verification, document, flag, or_none
from rf.shared.cards.without import NO_QUOTA, NOT_COMPARED, NOT_ENUMERATED, OWN_NAME


def _inside(structure: str, *keys: str) -> Callable[[Task, Inputs], None]:
    """The API holds these inputs in a structure beside the bucket's name."""

    def prepare(_task: Task, inputs: Inputs) -> None:
        inputs[structure] = {key: inputs.take(key) for key in keys if key in inputs}

    return prepare


def _read_block(calls: Calls, block: str) -> Read:
    """Read what the API describes by itself and the provider holds in a block."""

    def read(task: Task, standing: Standing) -> Reading | None:
        planned = standing.inputs[block]
        reading = look_up(calls, task, replace(standing, inputs=planned | standing.inputs))
        if reading is None:
            return None
        inner = {key: reading.shown[key] for key in planned if key in reading.shown}
        return replace(reading, shown={block: inner} if inner else {})

    return read


_OF_BUCKET = Calls(
    service="s3",
    create="",
    update=AS_CREATED,
    identifier="{bucket}",
    by={"Bucket": "{bucket}"},
)
"""What is set on a bucket: put as a whole, and taken off."""


def _with_whole_bucket(task: Task, inputs: Inputs) -> None:
    """A rule without a filter holds for the whole bucket."""
    for rule in inputs["rules"]:
        if not rule.get("prefix"):
            rule["filter"] = rule.get("filter") or {"prefix": ""}
    _inside("lifecycleConfiguration", "rules")(task, inputs)


_LIFECYCLE = replace(
    _OF_BUCKET,
    create="PutBucketLifecycleConfiguration",
    read="GetBucketLifecycleConfiguration",
    delete="DeleteBucketLifecycle",
    found="",
    provider_only=("timeouts",),
    prepare=_with_whole_bucket,
)


def _as_only_rule(_task: Task, inputs: Inputs) -> None:
    inputs["ownershipControls"] = {"rules": [inputs.take("rule")]}


_OWNERSHIP = replace(
    _OF_BUCKET,
    create="PutBucketOwnershipControls",
    read="GetBucketOwnershipControls",
    delete="DeleteBucketOwnershipControls",
    found="OwnershipControls.Rules.0",
    prepare=_as_only_rule,
)


_POLICY = replace(
    _OF_BUCKET,
    create="PutBucketPolicy",
    read="GetBucketPolicy",
    delete="DeleteBucketPolicy",
)


_BLOCKS = ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets")


_PUBLIC_ACCESS = replace(
    _OF_BUCKET,
    create="PutPublicAccessBlock",
    read="GetPublicAccessBlock",
    delete="DeletePublicAccessBlock",
    provider_only=("skipDestroy",),
    prepare=_inside("publicAccessBlockConfiguration", *_BLOCKS),
)


def _delete_public_access_block(task: Task, standing: Standing) -> None:
    if not standing.inputs.get("skipDestroy"):
        take_away(_PUBLIC_ACCESS, task, standing)


_REPLICATION = replace(
    _OF_BUCKET,
    create="PutBucketReplication",
    read="GetBucketReplication",
    delete="DeleteBucketReplication",
    prepare=_inside("replicationConfiguration", "role", "rules"),
    # moto 5.2.5 answers each rule without its source's criteria, and markers as not replicated.
    untold=("rules",),
)


_ENCRYPTION = replace(
    _OF_BUCKET,
    create="PutBucketEncryption",
    read="GetBucketEncryption",
    delete="DeleteBucketEncryption",
    prepare=_inside("serverSideEncryptionConfiguration", "rules"),
)


_VERSIONING = replace(
    _OF_BUCKET,
    create="PutBucketVersioning",
    read="GetBucketVersioning",
    # Once a bucket has versions it can never be without again.
    delete="PutBucketVersioning",
    fixed_by_delete={"VersioningConfiguration": {"Status": "Suspended"}},
)

_LONGER = PropertyRule(
    up=IN_PLACE, effect=DANGEROUS, why="a shorter time deletes objects that are there now"
)


CARDS = (
    Card(
        type="aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration",
        computed=of_inputs("bucket"),
        values=by_model("s3:PutBucketLifecycleConfiguration"),
        lifecycle=_LIFECYCLE.lifecycle(),
        creation=SECONDS,
        verification=NOT_COMPARED,
        changes=Changes(
            holds="when objects are deleted",
            source=(provider("s3/bucket_lifecycle_configuration.go"),),
            properties={
                "bucket": REPLACE,
                "expectedBucketOwner": REPLACE,
                "transitionDefaultMinimumObjectSize": IN_PLACE,
                "rules.expiration.days": _LONGER,
                "rules.noncurrentVersionExpiration.noncurrentDays": _LONGER,
                "rules.noncurrentVersionExpiration.newerNoncurrentVersions": _LONGER,
                "rules.abortIncompleteMultipartUpload.daysAfterInitiation": _LONGER,
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
        lifecycle=_OWNERSHIP.lifecycle(read=_read_block(_OWNERSHIP, "rule")),
        creation=SECONDS,
        verification=NOT_COMPARED,
        changes=Changes(
            holds="whose the objects are",
            source=(provider("s3/bucket_ownership_controls.go"),),
            properties={
                "bucket": REPLACE,
                "rule.objectOwnership": PropertyRule(
                    to={"BucketOwnerEnforced": IN_PLACE},
                    effect=DANGEROUS,
                    why="an object's access list counts again, whoever wrote it",
                ),
            },
        ),
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
        lifecycle=_POLICY.lifecycle(),
        creation=SECONDS,
        verification=Verification(kind="bucket", rows={"policy": document("policy")}),
        changes=Changes(
            holds="who may reach the objects, and how",
            source=(provider("s3/bucket_policy.go"),),
            properties={"bucket": REPLACE, "policy": IN_PLACE},
        ),
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
        values=NOT_ENUMERATED,
        lifecycle=_PUBLIC_ACCESS.lifecycle(delete=_delete_public_access_block),
        creation=SECONDS,
        verification=Verification(kind="bucket", rows={key: flag(key) for key in _BLOCKS}),
        changes=Changes(
            holds="that nobody makes the objects public",
            source=(provider("s3/bucket_public_access_block.go"),),
            properties={
                "bucket": REPLACE,
                "skipDestroy": IN_PLACE,
                **dict.fromkeys(
                    _BLOCKS,
                    PropertyRule(
                        to={"true": IN_PLACE},
                        effect=DANGEROUS,
                        why="a policy or an access list could open the bucket to everybody",
                    ),
                ),
            },
        ),
        price=Free(reason="part of its bucket"),
        quotas=NO_QUOTA,
        naming=OWN_NAME,
        permissions=("s3:PutBucketPublicAccessBlock",),
        residency=NO_DATA,
        control_plane=CONTROL_PLANE,
    ),
    Card(
        type="aws:s3/bucketReplicationConfig:BucketReplicationConfig",
        computed=of_inputs("bucket"),
        values=NOT_ENUMERATED,
        lifecycle=_REPLICATION.lifecycle(),
        creation=SECONDS,
        verification=Verification(
            kind="bucket replication",
            rows={
                "role": "role",
                "status": "rules.0.status",
                "destination": "rules.0.destination.bucket",
                "key": "rules.0.destination.encryptionConfiguration.replicaKmsKeyId",
            },
        ),
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
        lifecycle=_ENCRYPTION.lifecycle(),
        creation=SECONDS,
        verification=Verification(
            kind="bucket",
            rows={
                "encryption": "rules.0.applyServerSideEncryptionByDefault.sseAlgorithm",
                "key": or_none(
                    "rules.0.applyServerSideEncryptionByDefault.kmsMasterKeyId",
                    "Rules.0.ApplyServerSideEncryptionByDefault.KMSMasterKeyID",
                ),
            },
        ),
        changes=Changes(
            holds="how objects are encrypted",
            source=(provider("s3/bucket_server_side_encryption_configuration.go"),),
            properties={
                "bucket": REPLACE,
                "expectedBucketOwner": REPLACE,
                "rules": PropertyRule(
                    effect=IN_PLACE,
                    why="holds for what is written from then on; objects keep their key",
                ),
            },
        ),
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
        lifecycle=_VERSIONING.lifecycle(read=_read_block(_VERSIONING, "versioningConfiguration")),
        creation=SECONDS,
        verification=Verification(
            kind="bucket", rows={"versioning": "versioningConfiguration.status"}
        ),
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
