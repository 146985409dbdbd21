"""What Karpenter may do, and who may write to its queue.

After the permissions in Karpenter's reference (v1.14, "CloudFormation"), less what this stack
gives it otherwise: the instance profile is made by the stack, so it may make none.
"""

from __future__ import annotations

import json
from collections.abc import Sequence

from rendering.cluster.documents import cluster_arn
from rendering.shared.iam_documents import Condition, policy_document, statement

_EVENTS = {
    "health": ("aws.health", "AWS Health Event"),
    "state": ("aws.ec2", "EC2 Instance State-change Notification"),
}
_SPOT_EVENTS = {
    "spot": ("aws.ec2", "EC2 Spot Instance Interruption Warning"),
    "rebalance": ("aws.ec2", "EC2 Instance Rebalance Recommendation"),
}


def event_patterns(*, spot: bool) -> dict[str, str]:
    """EventBridge patterns, as JSON text, of what makes Karpenter replace a machine early.

    Those of spot machines only where the pools buy such; capacity reservations are never used.
    """
    events = {**_EVENTS, **(_SPOT_EVENTS if spot else {})}
    return {
        name: json.dumps({"source": [source], "detail-type": [kind]}, sort_keys=True)
        for name, (source, kind) in events.items()
    }


def controller_policy(
    region: str,
    account_id: str,
    cluster_name: str,
    *,
    node_role_arn: str,
    queue_arn: str,
    spot: bool,
) -> str:
    """Start, tag and stop the machines of this cluster's node pools, and hand them one role."""
    ours = _resource_tags(cluster_name)
    asked = _request_tags(cluster_name)
    tagged = {**asked, "StringEquals": {**asked["StringEquals"], "ec2:CreateAction": _CREATING}}
    kinds = ["fleet", "instance", "volume", "network-interface", "launch-template"]
    created = _ec2(region, *kinds, *(["spot-instances-request"] if spot else []))
    used = _ec2(region, "security-group", "subnet", "capacity-reservation", "placement-group")
    images = [f"arn:aws:ec2:{region}::image/*", f"arn:aws:ec2:{region}::snapshot/*"]
    start = ["ec2:CreateFleet", "ec2:RunInstances"]
    cluster = cluster_arn(region, account_id, cluster_name)
    return policy_document(
        statement("StartFrom", start, [*images, *used]),
        statement("StartFromOwnTemplates", start, _ec2(region, "launch-template"), ours),
        statement("StartTagged", [*start, "ec2:CreateLaunchTemplate"], created, asked),
        statement("TagWhatItCreates", ["ec2:CreateTags"], created, tagged),
        statement(
            "NameItsMachines",
            ["ec2:CreateTags"],
            _ec2(region, "instance"),
            {
                **ours,
                "ForAllValues:StringEquals": {
                    "aws:TagKeys": ["Name", "eks:eks-cluster-name", "karpenter.sh/nodeclaim"]
                },
            },
        ),
        statement(
            "StopItsMachines",
            ["ec2:DeleteLaunchTemplate", "ec2:TerminateInstances"],
            _ec2(region, "instance", "launch-template"),
            ours,
        ),
        statement(
            "HandOverNodeRole",
            ["iam:PassRole"],
            [node_role_arn],
            {"StringEquals": {"iam:PassedToService": "ec2.amazonaws.com"}},
        ),
        statement(
            "ReadMarket",
            _MARKET,
            ["*"],
            {"StringEquals": {"aws:RequestedRegion": region}},
        ),
        # Prices and instance profiles are global services: a condition on the region would deny.
        statement("ReadPrices", ["pricing:GetProducts"], ["*"]),
        statement("ListProfiles", ["iam:ListInstanceProfiles"], ["*"]),
        statement(
            "ReadProfiles",
            ["iam:GetInstanceProfile"],
            [f"arn:aws:iam::{account_id}:instance-profile/*"],
        ),
        statement(
            "ReadNodeImages",
            ["ssm:GetParameter"],
            [f"arn:aws:ssm:{region}::parameter/aws/service/*"],
        ),
        statement("ReadCluster", ["eks:DescribeCluster"], [cluster]),
        statement(
            "ReadEvents",
            ["sqs:DeleteMessage", "sqs:GetQueueUrl", "sqs:ReceiveMessage"],
            [queue_arn],
        ),
    )


def interruption_queue_policy(queue_arn: str, rule_arns: Sequence[str]) -> str:
    """These EventBridge rules may send to the queue; nobody may use it without TLS."""
    send = {
        "Sid": "EventsArrive",
        "Effect": "Allow",
        "Principal": {"Service": "events.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": queue_arn,
        "Condition": {"ArnEquals": {"aws:SourceArn": sorted(rule_arns)}},
    }
    tls = {
        "Sid": "TlsOnly",
        "Effect": "Deny",
        "Principal": "*",
        "Action": "sqs:*",
        "Resource": queue_arn,
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    return policy_document(send, tls)


_CREATING = ("CreateFleet", "CreateLaunchTemplate", "RunInstances")

_MARKET = (
    "ec2:DescribeCapacityReservations",
    "ec2:DescribeImages",
    "ec2:DescribeInstanceStatus",
    "ec2:DescribeInstanceTypeOfferings",
    "ec2:DescribeInstanceTypes",
    "ec2:DescribeInstances",
    "ec2:DescribeLaunchTemplates",
    "ec2:DescribePlacementGroups",
    "ec2:DescribeSecurityGroups",
    "ec2:DescribeSpotPriceHistory",
    "ec2:DescribeSubnets",
)


def _resource_tags(cluster_name: str) -> Condition:
    return {
        "StringEquals": {f"aws:ResourceTag/kubernetes.io/cluster/{cluster_name}": "owned"},
        "StringLike": {"aws:ResourceTag/karpenter.sh/nodepool": "*"},
    }


def _request_tags(cluster_name: str) -> Condition:
    return {
        "StringEquals": {
            f"aws:RequestTag/kubernetes.io/cluster/{cluster_name}": "owned",
            "aws:RequestTag/eks:eks-cluster-name": cluster_name,
        },
        "StringLike": {"aws:RequestTag/karpenter.sh/nodepool": "*"},
    }


def _ec2(region: str, *kinds: str) -> list[str]:
    return [f"arn:aws:ec2:{region}:*:{kind}/*" for kind in kinds]
