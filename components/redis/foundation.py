"""What each replication group stands on: subnets, firewall, users and logs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi_aws as aws
import pulumi_random as random
from pulumi import ComponentResource, Input, Output, ResourceOptions

from components.identity.encryption import Keys
from components.network.network import DataNetwork
from components.shared.computed_text import computed_text
from rendering.redis.access import DISABLED_ACCESS, RedisUser
from rendering.shared.connection_urls import redis_url
from scaleplan.versions.table import load_versions

REDIS_PORT = 6379
REDIS_ENGINE = "redis"
REDIS_VERSION = load_versions().pin("elasticache-redis").pinned
PARAMETER_FAMILY = "redis7"

PASSWORD_LENGTH = 32
"""ElastiCache takes 16 to 128 characters. Letters and digits only: nothing to escape in URLs."""

LOG_RETENTION_DAYS = 30
"""Slow commands and engine messages serve the search for a fault, not an audit."""

_LOG_TYPES = ("slow-log", "engine-log")


@dataclass(frozen=True, kw_only=True)
class RedisFoundationArgs:
    """The replication group's name, and who logs in."""

    keys: Keys
    network: DataNetwork

    group_id: str
    """The replication group's name, which begins those of users and logs."""

    users: Sequence[RedisUser]
    """Logins, named by who uses them, with what each may do."""


class RedisFoundation(ComponentResource):
    """Subnet group, security group for one client group, users and two log groups.

    The user `default` is turned off. Each login's password is generated once; a new one comes by
    `pulumi up --target-replace` on it, and the pods that hold the old one must be restarted.
    """

    passwords: dict[str, Output[str]]
    user_group_id: Output[str]
    subnet_group_name: Output[str]
    security_group_id: Output[str]
    log_deliveries: list[aws.elasticache.ReplicationGroupLogDeliveryConfigurationArgs]

    def __init__(
        self, name: str, args: RedisFoundationArgs, opts: ResourceOptions | None = None
    ) -> None:
        super().__init__(
            "researchflow:data:RedisFoundation", name, {"users": len(args.users)}, opts
        )
        self._name, self._args = name, args
        self.subnet_group_name = aws.elasticache.SubnetGroup(
            f"{name}-subnets",
            name=args.group_id,
            description=f"Data subnets of {args.group_id}",
            subnet_ids=args.network.subnet_ids,
            opts=ResourceOptions(parent=self),
        ).name
        self.security_group_id = self._security_group()
        self.passwords = {user.name: self._password(user.code) for user in args.users}
        self.user_group_id = self._user_group()
        self.log_deliveries = [self._log_delivery(log_type) for log_type in _LOG_TYPES]
        self.register_outputs(
            {
                "securityGroupId": self.security_group_id,
                "userGroupId": self.user_group_id,
            }
        )

    def urls(self, host: Input[str]) -> dict[str, Output[str]]:
        """The `rediss://` URL of each login at that host, by the user's name."""
        return {
            user: Output.all(host=host, password=password).apply(
                lambda facts, user=user: redis_url(
                    user, facts["password"], facts["host"], REDIS_PORT
                )
            )
            for user, password in self.passwords.items()
        }

    def _security_group(self) -> Output[str]:
        group = aws.ec2.SecurityGroup(
            f"{self._name}-clients",
            description=f"Redis {self._args.group_id}: from the cluster only",
            vpc_id=self._args.network.vpc_id,
            opts=ResourceOptions(parent=self),
        )
        aws.vpc.SecurityGroupIngressRule(
            f"{self._name}-clients",
            security_group_id=group.id,
            referenced_security_group_id=self._args.network.client_security_group_id,
            ip_protocol="tcp",
            from_port=REDIS_PORT,
            to_port=REDIS_PORT,
            description="Redis over TLS from pods",
            opts=ResourceOptions(parent=self),
        )
        return group.id

    def _user_group(self) -> Output[str]:
        # A group must hold a user named `default` (API error DefaultUserRequired). It can't log in,
        # and has a password that nobody is told, because "no password" reads as open in audits.
        disabled = self._user("off", "default", DISABLED_ACCESS, self._password("off"))
        logins = [
            self._user(user.code, user.name, user.access, self.passwords[user.name])
            for user in self._args.users
        ]
        return aws.elasticache.UserGroup(
            f"{self._name}-users",
            engine=REDIS_ENGINE,
            user_group_id=self._args.group_id,
            user_ids=[disabled, *logins],
            opts=ResourceOptions(parent=self),
        ).user_group_id

    def _user(self, role: str, user_name: str, access: str, password: Output[str]) -> Output[str]:
        return aws.elasticache.User(
            f"{self._name}-{role}",
            engine=REDIS_ENGINE,
            user_id=f"{self._args.group_id}-{role}",
            user_name=user_name,
            access_string=access,
            passwords=[password],
            opts=ResourceOptions(parent=self),
        ).user_id

    def _password(self, role: str) -> Output[str]:
        return Output.secret(
            computed_text(
                random.RandomPassword(
                    f"{self._name}-{role}",
                    length=PASSWORD_LENGTH,
                    special=False,
                    opts=ResourceOptions(parent=self),
                ).result
            )
        )

    def _log_delivery(
        self, log_type: str
    ) -> aws.elasticache.ReplicationGroupLogDeliveryConfigurationArgs:
        group = aws.cloudwatch.LogGroup(
            f"{self._name}-{log_type}",
            name=f"/aws/elasticache/{self._args.group_id}/{log_type}",
            retention_in_days=LOG_RETENTION_DAYS,
            kms_key_id=self._args.keys.logs_arn,
            opts=ResourceOptions(parent=self),
        )
        return aws.elasticache.ReplicationGroupLogDeliveryConfigurationArgs(
            destination=group.name,
            destination_type="cloudwatch-logs",
            log_format="json",
            log_type=log_type,
        )
