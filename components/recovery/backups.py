"""Backups of the database in the recovery region: a locked vault, and RDS's own where asked for."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi_aws as aws
from pulumi import ComponentResource, Input, Output, ResourceOptions

from components.identity.encryption import Keys, RecoveryKey
from components.shared.computed_text import computed_text
from components.shared.place import Place
from rendering.recovery.backup_documents import backup_policy, failure_pattern
from rendering.shared.iam_documents import service_trust
from scaleplan.recovery.times import DAILY_BACKUP_DAYS, POINT_IN_TIME_DAYS
from scaleplan.windows import COPIED_BACKUP

COMPLETION_MINUTES = 720
"""AWS Backup takes no completion that is less than an hour after the start window."""

LEAST_KEPT_DAYS = 7
"""The vaults' lock: nothing in them is deleted earlier, whoever asks."""

MOST_KEPT_DAYS = 365


@dataclass(frozen=True, kw_only=True)
class RecoveryBackupsArgs:
    """What is backed up, and who hears of a failure. The data key encrypts the vault here, its
    replica what stands in the recovery region."""

    place: Place
    keys: Keys
    recovery: RecoveryKey

    database_arn: Input[str]
    """The primary, whose backups are copied."""

    page_topic_arn: Input[str]
    """The topic that hears of each backup or copy that failed."""

    replicate: bool
    """Whether RDS's own automated backups are copied too, to restore any moment of them."""


class RecoveryBackups(ComponentResource):
    """A vault in each region, and a daily backup that is copied from one to the other.

    The locks are in governance mode: who may `backup:DeleteBackupVaultLockConfiguration` can still
    take them off. Compliance mode, which nobody can undo, is a decision of people
    (docs/disaster-recovery.md).
    """

    vault_arn: Output[str]
    automated_backup_arn: Output[str] | None

    def __init__(
        self, name: str, args: RecoveryBackupsArgs, opts: ResourceOptions | None = None
    ) -> None:
        summary = {"keptDays": DAILY_BACKUP_DAYS, "pointInTime": args.replicate}
        super().__init__("researchflow:data:RecoveryBackups", name, summary, opts)
        self._name, self._args = name, args
        here = self._vault("here", None, args.keys.data_arn)
        there = self._vault("there", args.recovery.region, args.recovery.key_arn)
        self._daily(here, there)
        self._page_failures()
        self.vault_arn = there.arn
        self.automated_backup_arn = self._automated() if args.replicate else None
        self.register_outputs({"vaultArn": self.vault_arn})

    def _vault(self, role: str, region: str | None, key_arn: Input[str]) -> aws.backup.Vault:
        args = self._args
        vault = aws.backup.Vault(
            f"{self._name}-{role}",
            name=f"{args.place.prefix}-recovery",
            region=region,
            kms_key_arn=key_arn,
            force_destroy=not args.place.protect,
            opts=ResourceOptions(parent=self, protect=args.place.protect),
        )
        aws.backup.VaultLockConfiguration(
            f"{self._name}-{role}",
            backup_vault_name=vault.name,
            region=region,
            min_retention_days=LEAST_KEPT_DAYS,
            max_retention_days=MOST_KEPT_DAYS,
            opts=ResourceOptions(parent=self, protect=args.place.protect),
        )
        return vault

    def _daily(self, here: aws.backup.Vault, there: aws.backup.Vault) -> None:
        args = self._args
        plan = aws.backup.Plan(
            f"{self._name}-daily",
            name=f"{args.place.prefix}-recovery",
            rules=[
                aws.backup.PlanRuleArgs(
                    rule_name="daily",
                    target_vault_name=here.name,
                    schedule=COPIED_BACKUP.aws_cron(),
                    start_window=COPIED_BACKUP.minutes,
                    completion_window=COMPLETION_MINUTES,
                    lifecycle=aws.backup.PlanRuleLifecycleArgs(delete_after=DAILY_BACKUP_DAYS),
                    copy_actions=[
                        aws.backup.PlanRuleCopyActionArgs(
                            destination_vault_arn=there.arn,
                            lifecycle=aws.backup.PlanRuleCopyActionLifecycleArgs(
                                delete_after=DAILY_BACKUP_DAYS
                            ),
                        )
                    ],
                )
            ],
            opts=ResourceOptions(parent=self),
        )
        role, permission = self._role(here, there)
        aws.backup.Selection(
            f"{self._name}-database",
            name="database",
            plan_id=plan.id,
            iam_role_arn=role.arn,
            resources=[args.database_arn],
            opts=ResourceOptions(parent=self, depends_on=[permission]),
        )

    def _page_failures(self) -> None:
        """A rule in this region, where a copy's job runs too; the topic must admit EventBridge."""
        args = self._args
        rule = aws.cloudwatch.EventRule(
            f"{self._name}-failures",
            name=f"{args.place.prefix}-recovery-failures",
            description="Backups for the recovery region, and their copies, that came to nothing",
            event_pattern=Output.from_input(args.database_arn).apply(failure_pattern),
            opts=ResourceOptions(parent=self),
        )
        aws.cloudwatch.EventTarget(
            f"{self._name}-failures",
            rule=rule.name,
            arn=args.page_topic_arn,
            opts=ResourceOptions(parent=self),
        )

    def _role(
        self, here: aws.backup.Vault, there: aws.backup.Vault
    ) -> tuple[aws.iam.Role, aws.iam.RolePolicy]:
        args = self._args
        role = aws.iam.Role(
            f"{self._name}-daily",
            assume_role_policy=service_trust("backup.amazonaws.com"),
            opts=ResourceOptions(parent=self),
        )
        policy = Output.all(
            database=computed_text(args.database_arn),
            vaults=[computed_text(vault.arn) for vault in (here, there)],
            keys=[computed_text(key) for key in (args.keys.data_arn, args.recovery.key_arn)],
        ).apply(
            lambda arns: backup_policy(
                **arns,
                account_id=args.place.account_id,
                regions=(args.place.region, args.recovery.region),
            )
        )
        permission = aws.iam.RolePolicy(
            f"{self._name}-daily", role=role.id, policy=policy, opts=ResourceOptions(parent=self)
        )
        return role, permission

    def _automated(self) -> Output[str]:
        args = self._args
        return aws.rds.InstanceAutomatedBackupsReplication(
            f"{self._name}-point-in-time",
            region=args.recovery.region,
            source_db_instance_arn=args.database_arn,
            kms_key_id=args.recovery.key_arn,
            retention_period=POINT_IN_TIME_DAYS,
            opts=ResourceOptions(parent=self, protect=args.place.protect),
        ).id.apply(str)
