"""What ECR may do where it makes repositories by itself."""

from __future__ import annotations

from rendering.shared.iam_documents import policy_document, statement


def repository_creation_policy(
    registry: str, names: str, key_arn: str, *, replicates: bool = False
) -> str:
    """Make repositories as their template says, and use its key.

    `registry` is `<region>:<account>` of the repositories, `names` what their names are like;
    `replicates` where replication fills them (ECR user guide, "Creating a repository creation
    template", "IAM permissions").
    """
    filled = ["ecr:ReplicateImage"] if replicates else []
    region = registry.partition(":")[0]
    return policy_document(
        statement(
            "CreateRepositories",
            ["ecr:CreateRepository", *filled, "ecr:TagResource"],
            [f"arn:aws:ecr:{registry}:repository/{names}"],
        ),
        statement(
            "UseKeyThroughEcr",
            ["kms:CreateGrant", "kms:DescribeKey", "kms:RetireGrant"],
            [key_arn],
            {"StringEquals": {"kms:ViaService": f"ecr.{region}.amazonaws.com"}},
        ),
    )
