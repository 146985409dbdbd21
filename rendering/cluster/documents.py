"""IAM documents of the cluster itself: control plane, nodes, and the CSI driver."""

from __future__ import annotations

from rendering.shared.iam_documents import policy_document, service_trust, statement

NODE_TRUST = service_trust("ec2.amazonaws.com")


def cluster_trust(account_id: str) -> str:
    """Control planes of that account."""
    return service_trust("eks.amazonaws.com", account_id)


def cluster_arn(region: str, account_id: str, cluster_name: str) -> str:
    """ARN of a cluster, known before it exists."""
    return f"arn:aws:eks:{region}:{account_id}:cluster/{cluster_name}"


def secrets_key_use(cluster_key_arn: str) -> str:
    """The control plane encrypts Kubernetes Secrets with its key."""
    actions = ["kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:ListGrants"]
    return policy_document(statement("EncryptSecrets", actions, [cluster_key_arn]))


def volume_key_use(data_key_arn: str) -> str:
    """Create and attach volumes encrypted with the key, for whoever calls EC2.

    (EBS CSI driver, docs/example-iam-policy.json and the EKS user guide, "Create an Amazon EBS CSI
    driver IAM role", step for customer keys; EC2 takes over by a grant.)
    """
    use = [
        "kms:Decrypt",
        "kms:DescribeKey",
        "kms:Encrypt",
        "kms:GenerateDataKeyWithoutPlaintext",
        "kms:ReEncryptFrom",
        "kms:ReEncryptTo",
    ]
    return policy_document(
        statement("EncryptVolumes", use, [data_key_arn]),
        statement(
            "HandVolumesToEc2",
            ["kms:CreateGrant", "kms:ListGrants", "kms:RevokeGrant"],
            [data_key_arn],
            {"Bool": {"kms:GrantIsForAWSResource": "true"}},
        ),
    )
