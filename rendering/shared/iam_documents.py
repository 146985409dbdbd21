"""The form of IAM documents: statements, policies, and who may assume a role.

One file a controller holds what that controller may do.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

Condition = Mapping[str, Mapping[str, str | Sequence[str]]]


def statement(
    sid: str,
    actions: Sequence[str],
    resources: Sequence[str],
    condition: Condition | None = None,
) -> dict[str, Any]:
    """An Allow statement. `sid` has letters and digits only, as IAM demands."""
    body: dict[str, Any] = {
        "Sid": sid,
        "Effect": "Allow",
        "Action": sorted(actions),
        "Resource": sorted(resources),
    }
    return body if condition is None else {**body, "Condition": condition}


def policy_document(*statements: Mapping[str, Any]) -> str:
    """The statements as JSON text, the same bytes for the same statements."""
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)}, sort_keys=True)


def service_trust(service: str, source_account: str | None = None) -> str:
    """Trust policy: the AWS service, e.g. `ec2.amazonaws.com`, may assume the role.

    With `source_account` only while it acts for that account, which is for services that are
    documented to say so when they assume a role: those of VPC flow logs (VPC user guide, "IAM role
    for publishing flow logs to CloudWatch Logs"), RDS (user guide, "Setting up and enabling
    Enhanced Monitoring", confused deputy) and EKS (user guide, "Cross-service confused deputy
    prevention"). Where no page says so the role might never be assumed: the policy pack's rule
    `trust-names-source` lists those.
    """
    acting_for = None
    if source_account is not None:
        acting_for = {"StringEquals": {"aws:SourceAccount": source_account}}
    return _trust({"Service": service}, ["sts:AssumeRole"], acting_for)


def pod_trust(cluster_arn: str, namespace: str, service_account: str) -> str:
    """Trust policy of a role for pods: one service account of one cluster, by EKS Pod Identity.

    The conditions are on the session tags that Pod Identity sets itself, which is also why
    `sts:TagSession` is needed (EKS user guide, "Create IAM role with trust policy required by EKS
    Pod Identity" and "Enable or disable session tags").
    """
    tags = {
        "aws:RequestTag/eks-cluster-arn": cluster_arn,
        "aws:RequestTag/kubernetes-namespace": namespace,
        "aws:RequestTag/kubernetes-service-account": service_account,
    }
    return _trust(
        {"Service": "pods.eks.amazonaws.com"},
        ["sts:AssumeRole", "sts:TagSession"],
        {"StringEquals": tags},
    )


def _trust(
    principal: Mapping[str, str], actions: Sequence[str], condition: Condition | None = None
) -> str:
    body: dict[str, Any] = {"Effect": "Allow", "Principal": principal, "Action": list(actions)}
    return policy_document(body if condition is None else {**body, "Condition": condition})
