"""Rules of buckets, whatever is in them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from .rule import Resource, Rule, RuleLayer, StackResources
from .tokens import (
    BUCKET,
    BUCKET_BLOCK,
    BUCKET_ENCRYPTION,
    BUCKET_LIFECYCLE,
    BUCKET_OWNERSHIP,
    BUCKET_POLICY,
    BUCKET_VERSIONING,
    REPOSITORY,
)
from .values import at, is_true, listed, refuses_plain_text

LOG_BUCKET = "researchflow:edge:LogBucket"
PRIVATE_BUCKET = "researchflow:data:PrivateBucket"
SHORTEST_UNDO_DAYS = 14
"""Days that an overwritten or deleted object can be brought back at least."""

SHORTEST_RECORD_DAYS = 30
"""Days that the edge's records are kept at least, as every other log is."""

_BLOCKS = ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets")


def _not_public(resource: Resource, stack: StackResources) -> Iterator[str]:
    blocks = list(stack.pointing_at(resource, BUCKET_BLOCK, "bucket"))
    if not blocks:
        yield "has no public access block"
    for block in blocks:
        off = [key for key in _BLOCKS if not is_true(block.inputs, key)]
        if off:
            yield f"{', '.join(off)} is off"


def _algorithms(resource: Resource, stack: StackResources) -> list[str]:
    return [
        str(at(rule, "applyServerSideEncryptionByDefault.sseAlgorithm", ""))
        for each in stack.pointing_at(resource, BUCKET_ENCRYPTION, "bucket")
        for rule in listed(each.inputs, "rules")
    ]


def _encrypted(resource: Resource, stack: StackResources) -> Iterator[str]:
    algorithms = _algorithms(resource, stack)
    if not algorithms or "" in algorithms:
        yield "names no encryption"
    elif resource.is_under(PRIVATE_BUCKET) and algorithms != ["aws:kms"]:
        yield f"holds data under {', '.join(algorithms)}, not under a key of the stack"


def _versioned(resource: Resource, stack: StackResources) -> Iterator[str]:
    if resource.is_under(LOG_BUCKET):
        return
    versions = stack.pointing_at(resource, BUCKET_VERSIONING, "bucket")
    if not any(at(e.inputs, "versioningConfiguration.status") == "Enabled" for e in versions):
        yield "keeps no versions: an overwritten or deleted object is gone"


def _tls_only(resource: Resource, stack: StackResources) -> Iterator[str]:
    policies = stack.pointing_at(resource, BUCKET_POLICY, "bucket")
    if not any(refuses_plain_text({"p": at(e.inputs, "policy", "")}, "s3:*") for e in policies):
        yield "has no policy that refuses requests without TLS"


def _no_acls(resource: Resource, stack: StackResources) -> Iterator[str]:
    controls = stack.pointing_at(resource, BUCKET_OWNERSHIP, "bucket")
    if not any(at(e.inputs, "rule.objectOwnership") == "BucketOwnerEnforced" for e in controls):
        yield "takes access control lists, by which an object can be made public"


def _not_emptied(resource: Resource, stack: StackResources) -> Iterator[str]:
    for key in ("forceDestroy", "forceDelete"):
        if stack.protects_data and is_true(resource.inputs, key):
            yield f"{key} deletes what is in it along with it"


def _expirations(resource: Resource, stack: StackResources) -> Iterator[tuple[Any, Any]]:
    """Days after which each rule deletes objects, and their versions; None where it doesn't."""
    for lifecycle in stack.pointing_at(resource, BUCKET_LIFECYCLE, "bucket"):
        for rule in listed(lifecycle.inputs, "rules"):
            if at(rule, "status") == "Enabled":
                after = at(rule, "expiration.days") or at(rule, "expiration.date")
                yield after, at(rule, "noncurrentVersionExpiration.noncurrentDays")


def _not_expired(resource: Resource, stack: StackResources) -> Iterator[str]:
    if resource.is_under(LOG_BUCKET):
        return
    for after, versions in _expirations(resource, stack):
        if after is not None:
            yield f"deletes what is in it after {after} days, though somebody may need it"
        if versions is not None and versions < SHORTEST_UNDO_DAYS:
            yield f"can bring an overwritten object back for {versions} days only"


def _records_kept(resource: Resource, stack: StackResources) -> Iterator[str]:
    if not resource.is_under(LOG_BUCKET):
        return
    days = [after for after, _ in _expirations(resource, stack) if isinstance(after, int)]
    if not days:
        yield "keeps visitors' addresses for ever"
    elif min(days) < SHORTEST_RECORD_DAYS:
        yield f"forgets who asked for what after {min(days)} days"


RULES = (
    Rule(
        id="bucket-not-public",
        layer=RuleLayer.STORAGE,
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
        layer=RuleLayer.STORAGE,
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
        layer=RuleLayer.STORAGE,
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
        layer=RuleLayer.STORAGE,
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
        layer=RuleLayer.STORAGE,
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
        layer=RuleLayer.STORAGE,
        demand="No bucket or repository is deleted with what is in it.",
        reason="S3 and ECR refuse to delete what isn't empty; these switches take that away.",
        source="pulumi-aws docs, s3.Bucket forceDestroy, ecr.Repository forceDelete",
        remedy="leave the switch false where protectData holds",
        types=(BUCKET, REPOSITORY),
        check=_not_emptied,
    ),
    Rule(
        id="data-not-expired",
        layer=RuleLayer.STORAGE,
        demand=f"No lifecycle deletes data, nor its versions before {SHORTEST_UNDO_DAYS} days.",
        reason="An age says nothing of whether a patient's file is still needed.",
        source="S3 user guide, Expiring objects; HIPAA Security Rule, 45 CFR 164.312(c)(1)",
        remedy="leave `expiration` out, and give noncurrentVersionExpiration two weeks or more",
        types=(BUCKET,),
        check=_not_expired,
        whole_stack=True,
    ),
    Rule(
        id="edge-records-kept",
        layer=RuleLayer.AUDIT,
        demand=f"The edge's logs are kept {SHORTEST_RECORD_DAYS} days at least, and not for ever.",
        reason="A break-in is noticed later than a week after it; addresses are personal data.",
        source="AWS Security Hub, CloudWatch.16; HIPAA Security Rule, 45 CFR 164.312(b)",
        remedy="raise edge.logRetentionDays",
        types=(BUCKET,),
        check=_records_kept,
        whole_stack=True,
    ),
)
