"""The database roles' passwords: generated, and in Secrets Manager with all it takes to connect."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import pulumi_aws as aws
import pulumi_random as random
from pulumi import ComponentResource, Input, Output, ResourceOptions

from components.database.database import ENGINE, PASSWORD_LENGTH, SECRET_RECOVERY_DAYS
from components.identity.encryption import Keys, secret_replicas
from components.identity.hash_key import hash_key
from components.shared.computed_text import computed_text
from components.shared.place import Place
from rendering.applications.config import keyed_hash
from rendering.database.roles import WORKFLOW_DATABASES, DatabaseRole, RoleKey, roles_of
from rendering.database.scram import SALT_BYTES, scram_verifier


@dataclass(frozen=True, kw_only=True)
class DatabaseCredentialsArgs:
    """Where the roles connect to. The data key encrypts the secrets, each of which has a replica in
    the recovery region if there is one."""

    place: Place
    keys: Keys

    primary_address: Input[str]
    """The host that every role but the reading one connects to."""

    replica_addresses: Sequence[Input[str]]
    """Hosts that the read-only role reads from; without any it reads the primary."""

    port: int
    """The port of them all."""

    database_name: str
    """The applications' database."""

    workflows: bool
    """Whether there is the role of Temporal, which has databases of its own."""


@dataclass(frozen=True, kw_only=True)
class RoleCredentials:
    """What one role logs in with."""

    user: str
    """The name of the role."""

    password: Input[str]
    """The generated password, a secret."""

    verifier: Input[str]
    """What PostgreSQL stores of the password, by SCRAM."""

    version: Input[str]
    """A hash with a random key, which changes with the password alone and tells nothing of it, so
    it may stand in an annotation. Secrets Manager's version id would change with the hosts in the
    secret too, and wait for the replicas, and with it whatever a role is needed for."""

    secret_arn: Input[str]
    """The secret in Secrets Manager, which has all it takes to connect."""


class DatabaseCredentials(ComponentResource):
    """One password a role. To rotate one, replace it: `pulumi up --replace` with the URN of its
    RandomPassword; all that reads it follows in the same deployment (docs/database.md).
    """

    roles: dict[RoleKey, RoleCredentials]

    def __init__(
        self, name: str, args: DatabaseCredentialsArgs, opts: ResourceOptions | None = None
    ) -> None:
        roles = roles_of(workflows=args.workflows)
        summary = {"roles": len(roles)}
        super().__init__("researchflow:data:DatabaseCredentials", name, summary, opts)
        self._name, self._args = name, args
        self._hash_key = hash_key(f"{name}-hash-key", self)
        self.roles = {role.key: self._build_role(role) for role in roles.values()}
        self.register_outputs(
            {"secretArns": {key: role.secret_arn for key, role in self.roles.items()}}
        )

    def _build_role(self, role: DatabaseRole) -> RoleCredentials:
        generated = random.RandomPassword(
            f"{self._name}-{role.key}",
            length=PASSWORD_LENGTH,
            special=False,
            opts=ResourceOptions(parent=self),
        )
        salt = random.RandomId(
            f"{self._name}-{role.key}-salt",
            byte_length=SALT_BYTES,
            opts=ResourceOptions(parent=self),
        )
        password = Output.secret(computed_text(generated.result))
        secret = self._build_secret(role, password)
        return RoleCredentials(
            user=role.name,
            password=password,
            verifier=Output.secret(
                Output.all(password=password, salt=computed_text(salt.hex)).apply(
                    lambda known: _verifier(**known)
                )
            ),
            version=self._version_of(password),
            secret_arn=secret.arn,
        )

    def _version_of(self, password: Output[str]) -> Output[str]:
        return Output.unsecret(
            Output.all(key=self._hash_key, password=password).apply(
                lambda known: keyed_hash(known["key"], {"password": known["password"]})
            )
        )

    def _build_secret(self, role: DatabaseRole, password: Output[str]) -> aws.secretsmanager.Secret:
        args = self._args
        reads_replicas = role.key is RoleKey.READ_ONLY and args.replica_addresses
        secret = aws.secretsmanager.Secret(
            f"{self._name}-{role.key}",
            name=f"{args.place.prefix}/database/{role.key}",
            description=f"{role.name}: {role.purpose}",
            kms_key_id=args.keys.data_arn,
            replicas=secret_replicas(args.keys.recovery),
            # Zero where a stack may be thrown away: the name must be free for the next one.
            recovery_window_in_days=SECRET_RECOVERY_DAYS if args.place.protect else 0,
            opts=ResourceOptions(parent=self, protect=args.place.protect),
        )
        hosts = list(args.replica_addresses) if reads_replicas else [args.primary_address]
        own_database = role.key is RoleKey.WORKFLOWS
        aws.secretsmanager.SecretVersion(
            f"{self._name}-{role.key}",
            secret_id=secret.id,
            secret_string=Output.json_dumps(
                {
                    "engine": ENGINE,
                    "host": hosts[0],
                    "hosts": hosts,
                    "port": args.port,
                    "dbname": WORKFLOW_DATABASES[0] if own_database else args.database_name,
                    "username": role.name,
                    "password": password,
                },
                sort_keys=True,
            ),
            opts=ResourceOptions(parent=self),
        )
        return secret


def _verifier(password: str, salt: str) -> str:
    if not password:  # nobody computed it (`computed_text`); no login is made of it
        return ""
    # One salt for all passwords that a role ever has: random, so no two stacks or roles share one.
    # Hashed, it has the same length whatever form the random text has.
    return scram_verifier(password, hashlib.sha256(salt.encode()).digest()[:SALT_BYTES])
