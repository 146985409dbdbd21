"""The stack that a recovery site takes over from, as the site's program reads it."""

from __future__ import annotations

from dataclasses import dataclass

from pulumi import ComponentResource, Output, ResourceOptions, StackReference


@dataclass(frozen=True, kw_only=True)
class PrimarySiteArgs:
    """The stack that the site takes over from."""

    stack: str
    """The stack's full name, organization/project/stack."""


class PrimarySite(ComponentResource):
    """What the stack's last deployment left in the recovery region.

    It reads Pulumi's state and no AWS, so it still answers when the stack's region does not; the
    state must stand in another region (docs/disaster-recovery.md).
    """

    data_key_arn: Output[str]
    database_arn: Output[str]
    automated_backup_arn: Output[str]
    artifacts_bucket: Output[str]
    citus_bucket: Output[str]
    site_check_id: Output[str]
    zone_id: Output[str]

    def __init__(
        self, name: str, args: PrimarySiteArgs, opts: ResourceOptions | None = None
    ) -> None:
        super().__init__("researchflow:recovery:PrimarySite", name, {"stack": args.stack}, opts)
        reference = StackReference(
            f"{name}-stack", stack_name=args.stack, opts=ResourceOptions(parent=self)
        )
        left = reference.require_output("recovery")
        self.data_key_arn = left["dataKeyArn"]
        self.database_arn = left["databaseArn"]
        self.automated_backup_arn = left["automatedBackupArn"]
        self.artifacts_bucket = left["buckets"]["artifacts"]
        self.citus_bucket = left["buckets"]["citus"]
        self.site_check_id = left["siteCheckId"]
        self.zone_id = reference.require_output("zoneId")
        self.register_outputs({"databaseArn": self.database_arn})
