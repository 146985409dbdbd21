"""What S3, ECR and AWS Backup may do to keep the copies in the recovery region."""

from __future__ import annotations

from rendering.shared.iam_documents import policy_document, statement


def replication_policy(
    *,
    source: str,
    copy: str,
    region: str,
    recovery_region: str,
    source_key: str | None = None,
    copy_key: str | None = None,
) -> str:
    """Read the source's versions, write them to the copy, each with its own region's key.

    Arguments but the regions are ARNs (S3 user guide, "Setting up permissions for live
    replication" and "Replicating encrypted objects"). The encryption context is the bucket's or,
    of objects from before bucket keys, the object's.
    """
    statements = [
        statement("ReadRuleAndList", ["s3:GetReplicationConfiguration", "s3:ListBucket"], [source]),
        statement(
            "ReadVersions",
            [
                "s3:GetObjectVersionAcl",
                "s3:GetObjectVersionForReplication",
                "s3:GetObjectVersionTagging",
            ],
            [f"{source}/*"],
        ),
        statement(
            "WriteCopies",
            ["s3:ReplicateDelete", "s3:ReplicateObject", "s3:ReplicateTags"],
            [f"{copy}/*"],
        ),
    ]
    if source_key is not None and copy_key is not None:
        statements += [
            _through_bucket("DecryptThroughSource", "kms:Decrypt", source_key, source, region),
            _through_bucket("EncryptThroughCopy", "kms:Encrypt", copy_key, copy, recovery_region),
        ]
    return policy_document(*statements)


def _through_bucket(sid: str, action: str, key: str, bucket: str, region: str) -> dict[str, object]:
    return statement(
        sid,
        [action],
        [key],
        {
            "StringEquals": {"kms:ViaService": f"s3.{region}.amazonaws.com"},
            "StringLike": {"kms:EncryptionContext:aws:s3:arn": [bucket, f"{bucket}/*"]},
        },
    )
