"""What nodes may do to have copies kept of others' images."""

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
            [f"arn:aws:ecr:{registry}:repository/{prefix}.*"],
        )
    )
