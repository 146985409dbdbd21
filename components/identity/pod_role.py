"""An IAM role that the pods of one service account get by EKS Pod Identity."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import pulumi
import pulumi_aws as aws
from pulumi import ComponentResource, Input, Output, ResourceOptions

from components.shared.place import Place
from rendering.cluster.documents import cluster_arn
from rendering.shared.iam_documents import pod_trust


@dataclass(frozen=True, kw_only=True)
class PodRoleArgs:
    """The service account that gets the role, and what the role may do."""

    place: Place

    cluster_name: str
    """The cluster of the service account, as plain text."""

    namespace: str
    """The namespace of the service account."""

    service_account: str
    """The only service account whose pods get the role."""

    policies: Mapping[str, Input[str]] = field(default_factory=dict)
    """Inline policy documents, by their role in the component; empty for none."""

    managed_policy_arns: Mapping[str, str] = field(default_factory=dict)
    """AWS's own policies, by their role in the component; empty for none."""

    associate: bool = True
    """Whether the association is made here; off for an EKS add-on, which makes it itself."""

    cluster_ready: pulumi.Resource | None = None
    """What the association waits for, as plain text orders nothing; None where there is nothing to
    wait for."""


class PodRole(ComponentResource):
    """Role, its policies and its association. No other service account can assume the role."""

    role_arn: Output[str]

    def __init__(self, name: str, args: PodRoleArgs, opts: ResourceOptions | None = None) -> None:
        summary = {"namespace": args.namespace, "serviceAccount": args.service_account}
        super().__init__("researchflow:security:PodRole", name, summary, opts)
        child = ResourceOptions(parent=self)
        arn = cluster_arn(args.place.region, args.place.account_id, args.cluster_name)
        role = aws.iam.Role(
            name,
            assume_role_policy=pod_trust(arn, args.namespace, args.service_account),
            opts=child,
        )
        policies = [
            aws.iam.RolePolicy(f"{name}-{key}", role=role.id, policy=document, opts=child)
            for key, document in args.policies.items()
        ]
        attachments = [
            aws.iam.RolePolicyAttachment(
                f"{name}-{key}", role=role.name, policy_arn=policy_arn, opts=child
            )
            for key, policy_arn in args.managed_policy_arns.items()
        ]
        cluster = [] if args.cluster_ready is None else [args.cluster_ready]
        if args.associate:
            aws.eks.PodIdentityAssociation(
                name,
                cluster_name=args.cluster_name,
                namespace=args.namespace,
                service_account=args.service_account,
                role_arn=role.arn,
                # A pod that starts with the role finds its permissions there.
                opts=ResourceOptions(parent=self, depends_on=[*policies, *attachments, *cluster]),
            )
        self.role_arn = role.arn
        self.register_outputs({"roleArn": self.role_arn})
