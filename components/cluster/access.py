"""Access entries: who of the account's roles and users may do what in the cluster."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass

import pulumi_aws as aws
from pulumi import ComponentResource, Input, ResourceOptions

_POLICIES = "arn:aws:eks::aws:cluster-access-policy"
ADMINISTRATOR = f"{_POLICIES}/AmazonEKSClusterAdminPolicy"
VIEWER = f"{_POLICIES}/AmazonEKSViewPolicy"
"""EKS user guide, "Review access policy permissions": the viewer's leaves Secrets out."""

PREVIEWER = f"{_POLICIES}/AmazonEKSAdminViewPolicy"
"""Reads everything, Secrets too: Helm keeps each release in one, which a preview compares with."""


@dataclass(frozen=True, kw_only=True)
class ClusterAccessArgs:
    """The cluster, and the people let into it, each in one of three lists of ARNs."""

    cluster: Input[str]
    """The cluster's name as an output, so that it exists before its entries."""

    admins: Sequence[str]
    """Roles and users that may do everything."""

    viewers: Sequence[str]
    """Roles and users that may read one namespace, Secrets excepted."""

    previewers: Sequence[str]
    """Roles and users that may read everything, Secrets too, as `pulumi preview` does."""

    viewed_namespace: str
    """The only namespace that viewers see."""


class ClusterAccess(ComponentResource):
    """One entry a principal, named after it, so that the order of the list means nothing."""

    def __init__(
        self, name: str, args: ClusterAccessArgs, opts: ResourceOptions | None = None
    ) -> None:
        summary = {
            "admins": len(args.admins),
            "viewers": len(args.viewers),
            "previewers": len(args.previewers),
        }
        super().__init__("researchflow:cluster:ClusterAccess", name, summary, opts)
        child = ResourceOptions(parent=self)
        for admin in args.admins:
            let_in(f"{name}-{word_of(admin)}", args.cluster, admin, ADMINISTRATOR, opts=child)
        for viewer in args.viewers:
            viewed = [args.viewed_namespace]
            word = word_of(viewer)
            let_in(f"{name}-{word}", args.cluster, viewer, VIEWER, namespaces=viewed, opts=child)
        for each in args.previewers:
            let_in(f"{name}-{word_of(each)}", args.cluster, each, PREVIEWER, opts=child)
        self.register_outputs({})


def let_in(
    name: str,
    cluster: Input[str],
    principal_arn: Input[str],
    policy_arn: str,
    *,
    namespaces: Sequence[str] | None = None,
    opts: ResourceOptions,
) -> None:
    """The principal's entry and what it may do: in these namespaces, everywhere if None."""
    # A principal has one entry, and a policy once: the next one can't stand beside the last.
    opts = ResourceOptions.merge(opts, ResourceOptions(delete_before_replace=True))
    entry = aws.eks.AccessEntry(
        name, cluster_name=cluster, principal_arn=principal_arn, type="STANDARD", opts=opts
    )
    aws.eks.AccessPolicyAssociation(
        name,
        cluster_name=cluster,
        principal_arn=entry.principal_arn,
        policy_arn=policy_arn,
        access_scope=aws.eks.AccessPolicyAssociationAccessScopeArgs(
            type="cluster" if namespaces is None else "namespace", namespaces=namespaces
        ),
        opts=ResourceOptions.merge(opts, ResourceOptions(depends_on=[entry])),
    )


def word_of(principal_arn: str) -> str:
    """A short word for a principal in resource names, different for any two."""
    last = re.sub(r"[^A-Za-z0-9]+", "-", principal_arn.rsplit("/", 1)[-1])[:32].strip("-").lower()
    return f"{last}-{hashlib.sha256(principal_arn.encode()).hexdigest()[:6]}"
