"""What orchestrator and worker may do with the artifacts bucket."""

from __future__ import annotations

from rendering.shared.iam_documents import policy_document, statement


def artifact_access_policy(bucket_arn: str, data_key_arn: str, region: str) -> str:
    """Read and write objects of the one bucket, and its key through S3 in that bucket alone.

    `s3:DeleteObjectVersion` is not granted: deleting leaves a marker, and the version stays.
    The encryption context of S3 is the object's ARN, or the bucket's with bucket keys (S3 user
    guide, "Using server-side encryption with AWS KMS keys").
    """
    objects = f"{bucket_arn}/*"
    return policy_document(
        statement("ListBucket", ["s3:ListBucket", "s3:ListBucketMultipartUploads"], [bucket_arn]),
        statement(
            "ReadAndWriteObjects",
            [
                "s3:AbortMultipartUpload",
                "s3:DeleteObject",
                "s3:GetObject",
                "s3:ListMultipartUploadParts",
                "s3:PutObject",
            ],
            [objects],
        ),
        statement(
            "UseKeyThroughBucket",
            ["kms:Decrypt", "kms:GenerateDataKey"],
            [data_key_arn],
            {
                "StringEquals": {"kms:ViaService": f"s3.{region}.amazonaws.com"},
                "StringLike": {"kms:EncryptionContext:aws:s3:arn": [bucket_arn, objects]},
            },
        ),
    )
