"""Faults of the program, and of buckets."""

from __future__ import annotations

from policy.rules.shared import buckets, program
from tests.faults.change import put, text
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
        f"{program.AWS_PROVIDER}::aws",
        put("defaultTags", '{"tags": {"managed-by": "pulumi"}}'),
    ),
    breaks(
        "stateful-protected",
        "the artifacts' bucket loses its protect",
        f"{buckets.BUCKET}::artifacts-bucket",
        bare=True,
    ),
    breaks(
        "bucket-not-public",
        "the artifacts' public access block is gone",
        f"{buckets.BLOCK}::artifacts-private",
        drop=True,
    ),
    breaks(
        "bucket-not-public",
        "the audit bucket may get a public policy",
        f"{buckets.BLOCK}::audit-private",
        put("blockPublicPolicy", False),
    ),
    breaks(
        "bucket-encrypted",
        "artifacts under S3's own key",
        f"{buckets.ENCRYPTION}::artifacts-encryption",
        put("rules[0].applyServerSideEncryptionByDefault", {"sseAlgorithm": "AES256"}),
    ),
    breaks(
        "bucket-encrypted",
        "the backups' encryption is gone",
        f"{buckets.ENCRYPTION}::citus-backups-encryption",
        drop=True,
    ),
    breaks(
        "bucket-versioned",
        "artifacts lose their versions",
        f"{buckets.VERSIONING}::artifacts-versions",
        put("versioningConfiguration.status", "Suspended"),
    ),
    breaks(
        "bucket-tls-only",
        "artifacts over plain HTTP",
        f"{buckets.BUCKET_POLICY}::artifacts-tls-only",
        drop=True,
    ),
    breaks(
        "bucket-tls-only",
        "the audit bucket's TLS statement is turned round",
        f"{buckets.BUCKET_POLICY}::audit-tls-only",
        text("policy", '"aws:SecureTransport": "false"', '"aws:SecureTransport": "true"'),
    ),
    breaks(
        "bucket-without-acl",
        "artifacts take access control lists",
        f"{buckets.OWNERSHIP}::artifacts-ownership",
        put("rule.objectOwnership", "ObjectWriter"),
    ),
    breaks(
        "store-not-emptied",
        "the artifacts' bucket is deleted when full",
        f"{buckets.BUCKET}::artifacts-bucket",
        put("forceDestroy", True),
    ),
)
