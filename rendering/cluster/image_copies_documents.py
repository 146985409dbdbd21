"""What nodes and ECR may do to keep copies of others' images."""

from __future__ import annotations

from rendering.shared.iam_documents import policy_document, statement


def import_policy(registry: str, prefix: str) -> str:
    """A node's part: have ECR fetch an image, into a repository that is made for the first one.

    `registry` is `<region>:<account>` (ECR user guide, "IAM permissions required to sync an
    upstream registry with an Amazon ECR private registry").
    """
    return policy_document(
        statement(
            "ImportImages",
            ["ecr:BatchImportUpstreamImage", "ecr:CreateRepository"],
            [_copies(registry, prefix)],
        )
    )


def copy_creation_policy(registry: str, prefix: str, key_arn: str, region: str) -> str:
    """ECR's part: make the repository as its template says, and use the key (ECR user guide,
    "Creating a repository creation template", "IAM permissions")."""
    return policy_document(
        statement(
            "CreateRepositories",
            ["ecr:CreateRepository", "ecr:TagResource"],
            [_copies(registry, prefix)],
        ),
        statement(
            "UseKeyThroughEcr",
            ["kms:CreateGrant", "kms:DescribeKey", "kms:RetireGrant"],
            [key_arn],
            {"StringEquals": {"kms:ViaService": f"ecr.{region}.amazonaws.com"}},
        ),
    )


def _copies(registry: str, prefix: str) -> str:
    return f"arn:aws:ecr:{registry}:repository/{prefix}.*"
