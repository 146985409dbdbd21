"""Faults of the program, and of buckets."""

from __future__ import annotations

from policy.rules.shared import tokens
from tests.faults.change import put, remove, text
from tests.faults.fault import Fault, PlanFault, breaks

FAULTS: tuple[Fault, ...] = (
    PlanFault(
        name="a resource of the default provider",
        caught_by="policy: no-default-provider",
        on="aws:s3/bucket:Bucket::artifacts-bucket",
        provider=True,
    ),
    breaks(
        "default-tags",
        "nothing says which stack it is of",
        f"{tokens.AWS_PROVIDER}::aws",
        put("defaultTags", '{"tags": {"managed-by": "pulumi"}}'),
    ),
    breaks(
        "stateful-protected",
        "the artifacts' bucket loses its protect",
        f"{tokens.BUCKET}::artifacts-bucket",
        bare=True,
    ),
    breaks(
        "bucket-not-public",
        "the artifacts' public access block is gone",
        f"{tokens.BUCKET_BLOCK}::artifacts-private",
        drop=True,
    ),
    breaks(
        "bucket-not-public",
        "the audit bucket may get a public policy",
        f"{tokens.BUCKET_BLOCK}::audit-private",
        put("blockPublicPolicy", False),
    ),
    breaks(
        "bucket-encrypted",
        "artifacts under S3's own key",
        f"{tokens.BUCKET_ENCRYPTION}::artifacts-encryption",
        put("rules[0].applyServerSideEncryptionByDefault", {"sseAlgorithm": "AES256"}),
    ),
    breaks(
        "bucket-encrypted",
        "the backups' encryption is gone",
        f"{tokens.BUCKET_ENCRYPTION}::citus-backups-encryption",
        drop=True,
    ),
    breaks(
        "bucket-versioned",
        "artifacts lose their versions",
        f"{tokens.BUCKET_VERSIONING}::artifacts-versions",
        put("versioningConfiguration.status", "Suspended"),
    ),
    breaks(
        "bucket-tls-only",
        "artifacts over plain HTTP",
        f"{tokens.BUCKET_POLICY}::artifacts-tls-only",
        drop=True,
    ),
    breaks(
        "bucket-tls-only",
        "the audit bucket's TLS statement is turned round",
        f"{tokens.BUCKET_POLICY}::audit-tls-only",
        text("policy", '"aws:SecureTransport": "false"', '"aws:SecureTransport": "true"'),
    ),
    breaks(
        "bucket-without-acl",
        "artifacts take access control lists",
        f"{tokens.BUCKET_OWNERSHIP}::artifacts-ownership",
        put("rule.objectOwnership", "ObjectWriter"),
    ),
    breaks(
        "store-not-emptied",
        "the artifacts' bucket is deleted when full",
        f"{tokens.BUCKET}::artifacts-bucket",
        put("forceDestroy", True),
    ),
    breaks(
        "stateful-protected",
        "the artifacts' versions lose their protect",
        f"{tokens.BUCKET_VERSIONING}::artifacts-versions",
        bare=True,
    ),
    breaks(
        "data-not-expired",
        "artifacts are deleted after a year",
        f"{tokens.BUCKET_LIFECYCLE}::artifacts-lifecycle",
        put("rules[0].expiration", {"days": 365}),
    ),
    breaks(
        "data-not-expired",
        "an overwritten artifact is gone the next day",
        f"{tokens.BUCKET_LIFECYCLE}::artifacts-lifecycle",
        put("rules[0].noncurrentVersionExpiration", {"noncurrentDays": 1}),
    ),
    breaks(
        "edge-records-kept",
        "visitors' addresses are kept for ever",
        f"{tokens.BUCKET_LIFECYCLE}::edge-access-log-bucket-lifecycle",
        remove("rules[0].expiration"),
    ),
)
