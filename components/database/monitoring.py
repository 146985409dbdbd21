"""What watches the database instances: enhanced monitoring's role, and the groups of their logs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi_aws as aws
from pulumi import ComponentResource, Output, ResourceOptions

from components.identity.encryption import Keys
from components.shared.place import Place
from rendering.shared.iam_documents import service_trust

MONITORING_INTERVAL_SECONDS = 60
MONITORING_POLICY = "arn:aws:iam::aws:policy/service-role/AmazonRDSEnhancedMonitoringRole"

LOG_TYPES = ("postgresql", "upgrade")
LOG_RETENTION_DAYS = 90
"""A quarter: long enough to look back from an incident found late."""


@dataclass(frozen=True, kw_only=True)
class DatabaseMonitoringArgs:
    """The instances that are watched, in the account that RDS does it for; the logs key encrypts
    what they log."""

    place: Place
    keys: Keys

    instances: Mapping[str, str]
    """Identifiers of the instances, by what each is in the layer."""


class DatabaseMonitoring(ComponentResource):
    """A role, and log groups before RDS would make them itself, unencrypted and kept for ever."""

    role_arn: Output[str]
    interval_seconds: int
    log_types: tuple[str, ...]
    log_groups: dict[str, list[aws.cloudwatch.LogGroup]]

    def __init__(
        self, name: str, args: DatabaseMonitoringArgs, opts: ResourceOptions | None = None
    ) -> None:
        summary = {"instances": len(args.instances)}
        super().__init__("researchflow:data:DatabaseMonitoring", name, summary, opts)
        self._name, self._args = name, args
        self.interval_seconds, self.log_types = MONITORING_INTERVAL_SECONDS, LOG_TYPES
        self.role_arn = self._build_role()
        self.log_groups = {
            role: [self._build_log_group(role, identifier, log_type) for log_type in LOG_TYPES]
            for role, identifier in args.instances.items()
        }
        self.register_outputs({"roleArn": self.role_arn})

    def _build_role(self) -> Output[str]:
        role = aws.iam.Role(
            f"{self._name}-role",
            assume_role_policy=service_trust(
                "monitoring.rds.amazonaws.com", self._args.place.account_id
            ),
            description="RDS writes operating system metrics to CloudWatch Logs",
            opts=ResourceOptions(parent=self),
        )
        attachment = aws.iam.RolePolicyAttachment(
            f"{self._name}-role",
            role=role.name,
            policy_arn=MONITORING_POLICY,
            opts=ResourceOptions(parent=self),
        )
        # Through the attachment, because RDS tries the role out when it makes the instance.
        return Output.all(arn=role.arn, attached=attachment.id).apply(lambda facts: facts["arn"])

    def _build_log_group(
        self, role: str, identifier: str, log_type: str
    ) -> aws.cloudwatch.LogGroup:
        return aws.cloudwatch.LogGroup(
            f"{self._name}-{role}-{log_type}",
            name=f"/aws/rds/instance/{identifier}/{log_type}",
            retention_in_days=LOG_RETENTION_DAYS,
            kms_key_id=self._args.keys.logs_arn,
            opts=ResourceOptions(parent=self),
        )
