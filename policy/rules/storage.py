"""Rules of what is stored: buckets, keys, secrets, images, topics and queues."""

from __future__ import annotations

from collections.abc import Iterator

from .rule import Layer, Resource, Rule, Stack
from .values import at, is_true, listed, statements, texts

BUCKET = "aws:s3/bucket:Bucket"
BLOCK = "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock"
ENCRYPTION = (
    "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration"
)
VERSIONING = "aws:s3/bucketVersioning:BucketVersioning"
BUCKET_POLICY = "aws:s3/bucketPolicy:BucketPolicy"
OWNERSHIP = "aws:s3/bucketOwnershipControls:BucketOwnershipControls"
LOG_BUCKET = "researchflow:edge:LogBucket"
PRIVATE_BUCKET = "researchflow:data:PrivateBucket"

_BLOCKS = ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets")


def _not_public(resource: Resource, stack: Stack) -> Iterator[str]:
    blocks = list(stack.pointing_at(resource, BLOCK, "bucket"))
    if not blocks:
        yield "has no public access block"
    for block in blocks:
        off = [key for key in _BLOCKS if not is_true(block.inputs, key)]
        if off:
            yield f"{', '.join(off)} is off"


def _algorithms(resource: Resource, stack: Stack) -> list[str]:
    return [
        str(at(rule, "applyServerSideEncryptionByDefault.sseAlgorithm", ""))
        for each in stack.pointing_at(resource, ENCRYPTION, "bucket")
        for rule in listed(each.inputs, "rules")
    ]


def _encrypted(resource: Resource, stack: Stack) -> Iterator[str]:
    found = _algorithms(resource, stack)
    if not found or "" in found:
        yield "names no encryption"
    elif resource.is_under(PRIVATE_BUCKET) and found != ["aws:kms"]:
        yield f"holds data under {', '.join(found)}, not under a key of the stack"


def _versioned(resource: Resource, stack: Stack) -> Iterator[str]:
    if resource.is_under(LOG_BUCKET):
        return
    versions = stack.pointing_at(resource, VERSIONING, "bucket")
    if not any(at(e.inputs, "versioningConfiguration.status") == "Enabled" for e in versions):
        yield "keeps no versions: an overwritten or deleted object is gone"


def _tls_only(resource: Resource, stack: Stack) -> Iterator[str]:
    for policy in stack.pointing_at(resource, BUCKET_POLICY, "bucket"):
        for each in statements({"policy": at(policy.inputs, "policy", "")}):
            if (
                each.get("Effect") == "Deny"
                and each.get("Principal") in ("*", {"AWS": "*"})
                and "s3:*" in texts(each.get("Action"))
                and at(each, "Condition.Bool", {}).get("aws:SecureTransport") == "false"
            ):
                return
    yield "has no policy that refuses requests without TLS"


def _no_acls(resource: Resource, stack: Stack) -> Iterator[str]:
    controls = stack.pointing_at(resource, OWNERSHIP, "bucket")
    if not any(at(e.inputs, "rule.objectOwnership") == "BucketOwnerEnforced" for e in controls):
        yield "takes access control lists, by which an object can be made public"


def _not_emptied(resource: Resource, stack: Stack) -> Iterator[str]:
    for key in ("forceDestroy", "forceDelete"):
        if stack.protects_data and is_true(resource.inputs, key):
            yield f"{key} deletes what is in it along with it"


def _rotated(resource: Resource, stack: Stack) -> Iterator[str]:
    symmetric = at(resource.inputs, "customerMasterKeySpec", "SYMMETRIC_DEFAULT")
    if symmetric == "SYMMETRIC_DEFAULT" and not is_true(resource.inputs, "enableKeyRotation"):
        yield "is never rotated"


def _key_recoverable(resource: Resource, stack: Stack) -> Iterator[str]:
    days = at(resource.inputs, "deletionWindowInDays", 30)
    if stack.protects_data and days < 30:
        yield f"is destroyed {days} days after its deletion"


def _secret_recoverable(resource: Resource, stack: Stack) -> Iterator[str]:
    if not at(resource.inputs, "kmsKeyId"):
        yield "is encrypted with the account's key, which no policy of the stack restricts"
    days = at(resource.inputs, "recoveryWindowInDays", 30)
    if stack.protects_data and days < 7:
        yield f"is gone {days} days after its deletion"


def _image_tags(resource: Resource, stack: Stack) -> Iterator[str]:
    if at(resource.inputs, "imageTagMutability") != "IMMUTABLE":
        yield "lets a tag be moved to another image"
    if not is_true(resource.inputs, "imageScanningConfiguration.scanOnPush"):
        yield "scans no image"
    for each in listed(resource.inputs, "encryptionConfigurations") or ({},):
        if at(each, "encryptionType") != "KMS":
            yield "is not encrypted with a key of the stack"


def _message_encrypted(resource: Resource, stack: Stack) -> Iterator[str]:
    keys = ("kmsMasterKeyId", "sqsManagedSseEnabled")
    if not any(at(resource.inputs, key) for key in keys):
        yield "keeps messages unencrypted"


def _volume_encrypted(resource: Resource, stack: Stack) -> Iterator[str]:
    if not is_true(resource.inputs, "parameters.encrypted"):
        yield "makes unencrypted volumes"
    elif not at(resource.inputs, "parameters.kmsKeyId"):
        yield "makes volumes under the account's key, not under one of the stack"


RULES = (
    Rule(
        id="bucket-not-public",
        layer=Layer.STORAGE,
        demand="Every bucket blocks public access in all four ways.",
        reason="Public buckets are how most leaks of health data happened.",
        source="AWS Security Hub, S3.1, S3.8",
        remedy="make it with `PrivateBucket`, or give it a BucketPublicAccessBlock",
        types=(BUCKET,),
        check=_not_public,
        whole_stack=True,
    ),
    Rule(
        id="bucket-encrypted",
        layer=Layer.STORAGE,
        demand="Every bucket names its encryption; one that holds data, a key of the stack.",
        reason="Without the key's policy, whoever may read the bucket reads the data.",
        source="HIPAA Security Rule, 45 CFR 164.312(a)(2)(iv); AWS Security Hub, S3.17",
        remedy="give it a BucketServerSideEncryptionConfiguration with aws:kms",
        types=(BUCKET,),
        check=_encrypted,
        whole_stack=True,
    ),
    Rule(
        id="bucket-versioned",
        layer=Layer.STORAGE,
        demand="Every bucket but those of logs keeps versions.",
        reason="An object that a bug or ransomware overwrites can be brought back.",
        source="AWS Security Hub, S3.14; HIPAA Security Rule, 45 CFR 164.312(c)(1)",
        remedy="give it a BucketVersioning, Enabled",
        types=(BUCKET,),
        check=_versioned,
        whole_stack=True,
    ),
    Rule(
        id="bucket-tls-only",
        layer=Layer.STORAGE,
        demand="Every bucket refuses requests without TLS.",
        reason="S3 answers plain HTTP unless its policy says no.",
        source="AWS Security Hub, S3.5; HIPAA Security Rule, 45 CFR 164.312(e)(1)",
        remedy="add a Deny of s3:* with aws:SecureTransport false to its policy",
        types=(BUCKET,),
        check=_tls_only,
        whole_stack=True,
    ),
    Rule(
        id="bucket-without-acl",
        layer=Layer.STORAGE,
        demand="Buckets take no access control lists; policies alone decide.",
        reason="An ACL on one object among millions is found by nobody.",
        source="AWS Security Hub, S3.12",
        remedy="give it BucketOwnershipControls, BucketOwnerEnforced",
        types=(BUCKET,),
        check=_no_acls,
        whole_stack=True,
    ),
    Rule(
        id="store-not-emptied",
        layer=Layer.STORAGE,
        demand="No bucket or repository is deleted with what is in it.",
        reason="S3 and ECR refuse to delete what isn't empty; these switches take that away.",
        source="pulumi-aws docs, s3.Bucket forceDestroy, ecr.Repository forceDelete",
        remedy="leave the switch false where protectData holds",
        types=(BUCKET, "aws:ecr/repository:Repository"),
        check=_not_emptied,
    ),
    Rule(
        id="key-rotated",
        layer=Layer.STORAGE,
        demand="Every symmetric key is rotated.",
        reason="What one year's key material opened, the next one's doesn't.",
        source="AWS Security Hub, KMS.4; CIS AWS Foundations, 3.6",
        remedy="set enableKeyRotation",
        types=("aws:kms/key:Key",),
        check=_rotated,
    ),
    Rule(
        id="key-recoverable",
        layer=Layer.STORAGE,
        demand="A key's deletion can be called off for thirty days.",
        reason="With the key go the database, its snapshots and every bucket under it, for good.",
        source="KMS developer guide, Deleting keys; AWS Security Hub, KMS.3",
        remedy="set deletionWindowInDays to 30",
        types=("aws:kms/key:Key", "aws:kms/replicaKey:ReplicaKey"),
        check=_key_recoverable,
    ),
    Rule(
        id="secret-encrypted-and-kept",
        layer=Layer.STORAGE,
        demand="A secret has a key of the stack, and can be restored for a week at least.",
        reason="Who may use the key is who may read it; a deleted login is an outage.",
        source="Secrets Manager user guide, Encryption, and Delete a secret",
        remedy="set kmsKeyId, and recoveryWindowInDays to 7 or more",
        types=("aws:secretsmanager/secret:Secret",),
        check=_secret_recoverable,
    ),
    Rule(
        id="images-immutable",
        layer=Layer.STORAGE,
        demand="Image repositories are immutable, scanned, and encrypted with a key of the stack.",
        reason="A moved tag runs code that nobody reviewed, at the next restart of a pod.",
        source="AWS Security Hub, ECR.1, ECR.2, ECR.5",
        remedy="set imageTagMutability, scanOnPush and a KMS encryptionConfiguration",
        types=("aws:ecr/repository:Repository",),
        check=_image_tags,
    ),
    Rule(
        id="messages-encrypted",
        layer=Layer.STORAGE,
        demand="Topics and queues are encrypted at rest.",
        reason="Alerts and events name hosts, databases and people.",
        source="AWS Security Hub, SNS.1, SQS.1",
        remedy="set kmsMasterKeyId, or sqsManagedSseEnabled",
        types=("aws:sns/topic:Topic", "aws:sqs/queue:Queue"),
        check=_message_encrypted,
    ),
    Rule(
        id="volumes-encrypted",
        layer=Layer.STORAGE,
        demand="Every StorageClass makes volumes that are encrypted with a key of the stack.",
        reason="Citus and Prometheus keep their data on them.",
        source="AWS Security Hub, EC2.3; EBS CSI driver, Parameters, encrypted and kmsKeyId",
        remedy="set parameters.encrypted and parameters.kmsKeyId",
        types=("kubernetes:storage.k8s.io/v1:StorageClass",),
        check=_volume_encrypted,
    ),
)
