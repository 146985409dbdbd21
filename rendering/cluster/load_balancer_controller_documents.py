"""What the load balancer controller may do: keep target groups filled, and nothing else.

The load balancer, its listeners and its security groups belong to the stack, so the controller's
published policy (docs/install/iam_policy.json of v3.5.0, which creates and deletes them) is not
used. What a TargetGroupBinding of target type `ip` without a `networking` section calls was read
from its source: webhooks/elbv2, pkg/targetgroupbinding and pkg/networking at v3.5.0.
"""

from __future__ import annotations

from rendering.shared.iam_documents import policy_document, statement


def target_registration_policy(region: str, account_id: str) -> str:
    """Register and deregister targets in this account and region; read what that needs.

    The reads take no resource in IAM. Security groups are read and never changed: the controller
    looks for rules of its own to tidy up, and makes none.
    """
    target_groups = f"arn:aws:elasticloadbalancing:{region}:{account_id}:targetgroup/*/*"
    return policy_document(
        statement(
            "FillTargetGroups",
            ["elasticloadbalancing:DeregisterTargets", "elasticloadbalancing:RegisterTargets"],
            [target_groups],
        ),
        statement(
            "ReadTargetGroups",
            [
                "ec2:DescribeAvailabilityZones",
                "ec2:DescribeSecurityGroups",
                "ec2:DescribeVpcs",
                "elasticloadbalancing:DescribeTags",
                "elasticloadbalancing:DescribeTargetGroups",
                "elasticloadbalancing:DescribeTargetHealth",
            ],
            ["*"],
            {"StringEquals": {"aws:RequestedRegion": region}},
        ),
    )
