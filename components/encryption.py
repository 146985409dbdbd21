"""Customer keys: one for data at rest, one for the cluster's secrets, one for logs."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi_aws as aws
from pulumi import ComponentResource, Output, ResourceOptions

from rendering.key_policies import data_key_policy, logs_key_policy, plain_key_policy
from rendering.trail_documents import trail_arn

DELETION_WINDOW_DAYS = 30
"""The longest KMS allows (7 to 30): a key deleted by mistake takes its data with it."""


@dataclass(frozen=True, kw_only=True)
class EncryptionArgs:
    """`prefix` begins each alias; `account_id` owns the keys; `protect` guards them."""

    prefix: str
    account_id: str
    region: str
    protect: bool


class Encryption(ComponentResource):
    """Three keys with yearly rotation. Losing one makes what it encrypts unreadable for good."""

    data_key_arn: Output[str]
    cluster_key_arn: Output[str]
    logs_key_arn: Output[str]

    def __init__(
        self, name: str, args: EncryptionArgs, opts: ResourceOptions | None = None
    ) -> None:
        super().__init__("researchflow:security:Encryption", name, {"keys": 3}, opts)
        account, region = args.account_id, args.region
        trail = trail_arn(region, account, args.prefix)
        self.data_key_arn = self._key(name, "data", args, data_key_policy(account))
        self.cluster_key_arn = self._key(name, "cluster", args, plain_key_policy(account))
        self.logs_key_arn = self._key(name, "logs", args, logs_key_policy(account, region, trail))
        self.register_outputs(
            {
                "dataKeyArn": self.data_key_arn,
                "clusterKeyArn": self.cluster_key_arn,
                "logsKeyArn": self.logs_key_arn,
            }
        )

    def _key(self, name: str, purpose: str, args: EncryptionArgs, policy: str) -> Output[str]:
        guarded = ResourceOptions(parent=self, protect=args.protect)
        key = aws.kms.Key(
            f"{name}-{purpose}",
            description=f"{args.prefix} {purpose}",
            enable_key_rotation=True,
            deletion_window_in_days=DELETION_WINDOW_DAYS,
            policy=policy,
            opts=guarded,
        )
        aws.kms.Alias(
            f"{name}-{purpose}",
            name=f"alias/{args.prefix}-{purpose}",
            target_key_id=key.key_id,
            opts=ResourceOptions(parent=self),
        )
        return key.arn
