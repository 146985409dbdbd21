"""Customer keys: one for data at rest, one for the cluster's secrets, one for logs."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi_aws as aws
from pulumi import ComponentResource, Input, Output, ResourceOptions

from components.shared.place import Place
from rendering.identity.key_policies import data_key_policy, logs_key_policy, plain_key_policy
from rendering.identity.trail_documents import trail_arn


def secret_replicas(recovery: RecoveryKey | None) -> list[aws.secretsmanager.SecretReplicaArgs]:
    """What a secret's `replicas` are; none where nothing is copied anywhere."""
    if recovery is None:
        return []
    return [
        aws.secretsmanager.SecretReplicaArgs(region=recovery.region, kms_key_id=recovery.key_arn)
    ]


DELETION_WINDOW_DAYS = 30
"""The longest KMS allows (7 to 30): a key deleted by mistake takes its data with it."""


@dataclass(frozen=True, kw_only=True)
class EncryptionArgs:
    """Whose keys they are, and what they have to do with another region. The place's prefix begins
    each alias, and its guard protects the keys."""

    place: Place

    recovery_region: str = ""
    """The region that gets a replica of the data key; empty for none."""

    adopted_data_key_arn: Input[str] | None = None
    """The data key's replica that another stack, whose recovery site this is, has made here: it is
    this stack's data key. None for a data key of the stack's own."""


@dataclass(frozen=True, kw_only=True)
class RecoveryKey:
    """The data key's replica: what copies in the recovery region are encrypted with."""

    region: str
    key_arn: Output[str]


@dataclass(frozen=True, kw_only=True)
class Keys:
    """ARNs of the stack's customer keys."""

    data_arn: Input[str]
    """Encrypts what is at rest: databases, caches, queues, buckets, disks, images, secrets."""

    cluster_arn: Input[str]
    """Encrypts the Secrets of Kubernetes."""

    logs_arn: Input[str]
    """Encrypts logs, and the topics of alarms."""

    recovery: RecoveryKey | None = None
    """The data key's replica; None without a recovery region."""


class Encryption(ComponentResource):
    """Three keys with yearly rotation. Losing one makes what it encrypts unreadable for good.

    The data key is a multi-Region one in every stack, because it can't become one later, and what
    it encrypts can't change keys. Outside its region it is nothing until there is a replica.
    """

    keys: Keys

    def __init__(
        self, name: str, args: EncryptionArgs, opts: ResourceOptions | None = None
    ) -> None:
        adopted = args.adopted_data_key_arn
        super().__init__(
            "researchflow:security:Encryption", name, {"keys": 2 if adopted else 3}, opts
        )
        account, region = args.place.account_id, args.place.region
        trail = trail_arn(region, account, args.place.prefix)
        data_arn = (
            Output.from_input(adopted)
            if adopted is not None
            else self._key(name, "data", args, data_key_policy(account), multi_region=True)
        )
        recovery = self._replica(name, args, data_arn) if args.recovery_region else None
        cluster_arn = self._key(name, "cluster", args, plain_key_policy(account))
        # What fails on the way to the recovery region is told by a rule of EventBridge.
        logs = logs_key_policy(account, region, trail, event_rules=bool(args.recovery_region))
        self.keys = Keys(
            data_arn=data_arn,
            cluster_arn=cluster_arn,
            logs_arn=self._key(name, "logs", args, logs),
            recovery=recovery,
        )
        self.register_outputs(
            {
                "dataKeyArn": self.keys.data_arn,
                "clusterKeyArn": self.keys.cluster_arn,
                "logsKeyArn": self.keys.logs_arn,
            }
        )

    def _key(
        self,
        name: str,
        purpose: str,
        args: EncryptionArgs,
        policy: str,
        *,
        multi_region: bool = False,
    ) -> Output[str]:
        # A key from before it was a multi-Region one stays what it is: a new one would leave all
        # that it encrypts unreadable.
        guarded = ResourceOptions(
            parent=self,
            protect=args.place.protect,
            ignore_changes=["multiRegion"] if multi_region else None,
        )
        key = aws.kms.Key(
            f"{name}-{purpose}",
            description=f"{args.place.prefix} {purpose}",
            enable_key_rotation=True,
            multi_region=multi_region or None,
            deletion_window_in_days=DELETION_WINDOW_DAYS,
            policy=policy,
            opts=guarded,
        )
        aws.kms.Alias(
            f"{name}-{purpose}",
            name=f"alias/{args.place.prefix}-{purpose}",
            target_key_id=key.key_id,
            opts=ResourceOptions(parent=self),
        )
        return key.arn

    def _replica(self, name: str, args: EncryptionArgs, data_arn: Output[str]) -> RecoveryKey:
        key = aws.kms.ReplicaKey(
            f"{name}-recovery",
            region=args.recovery_region,
            primary_key_arn=data_arn,
            description=f"{args.place.prefix} data, in the recovery region",
            deletion_window_in_days=DELETION_WINDOW_DAYS,
            # A replica has a policy of its own; rotation is the primary's.
            policy=data_key_policy(args.place.account_id),
            opts=ResourceOptions(parent=self, protect=args.place.protect),
        )
        aws.kms.Alias(
            f"{name}-recovery",
            region=args.recovery_region,
            name=f"alias/{args.place.prefix}-recovery",
            target_key_id=key.key_id,
            opts=ResourceOptions(parent=self),
        )
        return RecoveryKey(region=args.recovery_region, key_arn=key.arn)
