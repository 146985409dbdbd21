"""The way in when all others fail: one role, by Session Manager, to cluster and database."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi_aws as aws
from pulumi import ComponentResource, Input, Output, ResourceOptions

from components.cluster.access import ADMINISTRATOR, let_in
from components.cluster.handle import ClusterHandle
from components.identity.encryption import Keys
from components.shared.computed_text import computed_text
from components.shared.place import Place
from rendering.identity.break_glass_documents import (
    MAX_SESSION_MINUTES,
    role_policy,
    session_document,
    session_log_policy,
    trust,
)
from scaleplan.applications.pods import SYSTEM_POOL

LOG_RETENTION_DAYS = 2192
"""Six years, as long as HIPAA wants such records kept (45 CFR 164.316(b)(2)(i))."""


@dataclass(frozen=True, kw_only=True)
class BreakGlassArgs:
    """Who gets in, and to what: the cluster, its nodes and the database."""

    place: Place
    keys: Keys
    cluster: ClusterHandle

    principals: Sequence[str]
    """ARNs of roles and users that may assume the role; none: see `access.breakGlass`."""

    secret_arn: Input[str]
    """The secret of the database's master user, encrypted with the data key."""


class BreakGlass(ComponentResource):
    """A role and a logged shell, without bastion, key or open port: see docs/break-glass.md.

    Whoever assumes the role is seen in CloudTrail, and what they type on a node in the log group.
    """

    role_arn: Output[str]
    document_name: str

    def __init__(
        self, name: str, args: BreakGlassArgs, opts: ResourceOptions | None = None
    ) -> None:
        summary = {"principals": len(args.principals), "sessionMinutes": MAX_SESSION_MINUTES}
        super().__init__("researchflow:security:BreakGlass", name, summary, opts)
        self._name, self._args = name, args
        self.document_name = f"{args.place.prefix}-break-glass"
        self._logged_shell()
        self.role_arn = self._role()
        self.register_outputs({"roleArn": self.role_arn, "documentName": self.document_name})

    def _logged_shell(self) -> None:
        args, child = self._args, ResourceOptions(parent=self)
        group = aws.cloudwatch.LogGroup(
            f"{self._name}-sessions",
            name=f"/researchflow/{args.place.prefix}/break-glass",
            retention_in_days=LOG_RETENTION_DAYS,
            kms_key_id=args.keys.logs_arn,
            opts=child,
        )
        aws.iam.RolePolicy(
            f"{self._name}-session-log",
            role=args.cluster.node_role_name,
            policy=computed_text(group.arn).apply(
                lambda arn: session_log_policy(arn, args.place.region, args.place.account_id)
            ),
            opts=child,
        )
        aws.ssm.Document(
            f"{self._name}-shell",
            name=self.document_name,
            document_type="Session",
            document_format="JSON",
            content=group.name.apply(session_document),
            opts=child,
        )

    def _role(self) -> Output[str]:
        args, child = self._args, ResourceOptions(parent=self)
        role = aws.iam.Role(
            f"{self._name}-role",
            # Explicit, because people type it.
            name=f"{args.place.prefix}-break-glass",
            assume_role_policy=trust(args.place.account_id, args.principals),
            max_session_duration=MAX_SESSION_MINUTES * 60,
            opts=child,
        )
        policy = Output.all(secret_arn=args.secret_arn, data_key_arn=args.keys.data_arn).apply(
            lambda known: role_policy(
                region=args.place.region,
                account_id=args.place.account_id,
                prefix=args.place.prefix,
                node_name=f"{args.place.prefix}-{SYSTEM_POOL}",
                session_document=self.document_name,
                **known,
            )
        )
        aws.iam.RolePolicy(f"{self._name}-role", role=role.id, policy=policy, opts=child)
        let_in(
            f"{self._name}-cluster",
            args.cluster.name,
            role.arn,
            ADMINISTRATOR,
            opts=ResourceOptions(parent=self, depends_on=[args.cluster.ready]),
        )
        return role.arn
