"""Everything an application needs to reach the data layers: Secrets and one ConfigMap."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass

import pulumi_kubernetes as k8s
from pulumi import ComponentResource, Input, Output, ResourceOptions

from components.database_credentials import RoleCredentials
from rendering.application_config import ApplicationPlan, application_config
from rendering.connection_urls import postgres_url
from rendering.pgbouncer_ini import READ_ONLY_SUFFIX

POSTGRES_CREDENTIALS = "postgres-credentials"
QUEUE_SCALER_CREDENTIALS = "queue-scaler-credentials"
CONFIG_MAP = "application-config"

_DATABASE_VARIABLES: Mapping[str, str] = {
    "DATABASE_URL": "url",
    "DATABASE_REPLICA_URL": "replica-url",
    "SYSTEM_DATABASE_URL": "system-url",
}

CONFIG_HASH_VARIABLE = "APPLICATION_CONFIG_HASH"
"""Nobody reads it: it makes a changed ConfigMap roll the pods, which would keep the old values."""


@dataclass(frozen=True, kw_only=True)
class ConnectionsArgs:
    """`database` is `Pgbouncer.database`, not the name on the server; `plan` has the numbers.

    `system_database` is the same until tenants' data moves elsewhere, so that both share one pool;
    then it is `Pgbouncer.system_database`. `application` writes, `read_only` reads;
    `database_ready` comes when both can log in. `urls` has the Redis logins of each application by
    the variable that carries them. `scaler_login` is what KEDA reads the queue with, None where
    KEDA isn't there.
    """

    namespace: Input[str]
    region: str
    pgbouncer_host: Input[str]
    pgbouncer_port: int
    database: str
    system_database: str
    application: RoleCredentials
    read_only: RoleCredentials
    database_ready: Input[str]
    urls: Mapping[str, Mapping[str, Input[str]]]
    scaler_login: Mapping[str, Input[str]] | None
    artifacts_bucket: Input[str]
    plan: ApplicationPlan


class Connections(ComponentResource):
    """Orchestrator, worker and collaboration take their environment from here.

    They share the database's logins and have each their own of cache and queue. A new password of
    the database rolls their pods by its version, which tells nothing of it. After one of Redis,
    restart their Deployments: no password is hashed into an annotation.
    """

    scaler_secret_name: Output[str] | None

    def __init__(
        self, name: str, args: ConnectionsArgs, opts: ResourceOptions | None = None
    ) -> None:
        pools = args.plan.pools
        summary = {"poolMax": pools.primary_max, "replicaPoolMax": pools.replica_max}
        super().__init__("researchflow:data:Connections", name, summary, opts)
        self._name, self._args = name, args
        self._config: dict[str, Input[str]] = {
            **application_config(args.plan),
            "ARTIFACTS_BUCKET": args.artifacts_bucket,
            "AWS_REGION": args.region,
        }
        self._build_config_map()
        self._build_secret("postgres", POSTGRES_CREDENTIALS, self._postgres())
        for application, urls in args.urls.items():
            self._build_secret(application, credentials_of(application), urls)
        self.scaler_secret_name = None
        if args.scaler_login is not None:
            self.scaler_secret_name = self._build_secret(
                "scaler", QUEUE_SCALER_CREDENTIALS, args.scaler_login
            )
        self.register_outputs({"scalerSecretName": self.scaler_secret_name})

    def environment(self, application: str) -> list[k8s.core.v1.EnvVarArgs]:
        """The variables of that application, as references: pod templates hold no secret.

        Raises KeyError for an application without logins.
        """
        variables = {
            **{name: (POSTGRES_CREDENTIALS, key) for name, key in _DATABASE_VARIABLES.items()},
            **{name: (credentials_of(application), name) for name in self._args.urls[application]},
        }
        secrets = [
            k8s.core.v1.EnvVarArgs(
                name=variable,
                value_from=k8s.core.v1.EnvVarSourceArgs(
                    secret_key_ref=k8s.core.v1.SecretKeySelectorArgs(name=secret, key=key)
                ),
            )
            for variable, (secret, key) in variables.items()
        ]
        settings = [
            k8s.core.v1.EnvVarArgs(
                name=variable,
                value_from=k8s.core.v1.EnvVarSourceArgs(
                    config_map_key_ref=k8s.core.v1.ConfigMapKeySelectorArgs(
                        name=CONFIG_MAP, key=variable
                    )
                ),
            )
            for variable in self._config
        ]
        return [
            *secrets,
            *settings,
            k8s.core.v1.EnvVarArgs(name=CONFIG_HASH_VARIABLE, value=self._config_hash()),
        ]

    def _config_hash(self) -> Output[str]:
        args = self._args
        versions = [args.application.version, args.read_only.version]
        # `ready` is not hashed: it is here so that no pod starts before the roles can log in.
        return Output.all(config=self._config, versions=versions, ready=args.database_ready).apply(
            lambda known: _hash_of({"config": known["config"], "versions": known["versions"]})
        )

    def _postgres(self) -> Mapping[str, Input[str]]:
        args = self._args
        reads = args.database + READ_ONLY_SUFFIX
        return {
            "url": self._url(args.application, args.database),
            "replica-url": self._url(args.read_only, reads),
            "system-url": self._url(args.application, args.system_database),
            "host": args.pgbouncer_host,
            "port": str(args.pgbouncer_port),
            "database": args.database,
            "username": args.application.user,
            "password": args.application.password,
            "replica-database": reads,
            "replica-username": args.read_only.user,
            "replica-password": args.read_only.password,
        }

    def _url(self, role: RoleCredentials, database: str) -> Output[str]:
        return Output.all(
            user=role.user,
            password=Output.secret(role.password),
            host=self._args.pgbouncer_host,
            port=self._args.pgbouncer_port,
            database=database,
        ).apply(lambda known: postgres_url(**known))

    def _metadata(self, name: str) -> k8s.meta.v1.ObjectMetaArgs:
        return k8s.meta.v1.ObjectMetaArgs(name=name, namespace=self._args.namespace)

    def _build_config_map(self) -> None:
        k8s.core.v1.ConfigMap(
            f"{self._name}-config",
            metadata=self._metadata(CONFIG_MAP),
            data=self._config,
            opts=ResourceOptions(parent=self),
        )

    def _build_secret(
        self, role: str, secret_name: str, values: Mapping[str, Input[str]]
    ) -> Output[str]:
        secret = k8s.core.v1.Secret(
            f"{self._name}-{role}",
            metadata=self._metadata(secret_name),
            string_data={key: Output.secret(value) for key, value in values.items()},
            opts=ResourceOptions(parent=self),
        )
        # Through the Secret, so that what reads it is made after it.
        return secret.id.apply(lambda _: secret_name)


def credentials_of(application: str) -> str:
    """Name of the Secret with the application's own logins, under the names of its variables."""
    return f"{application}-credentials"


def _hash_of(config: Mapping[str, object]) -> str:
    return hashlib.sha256(json.dumps(config, sort_keys=True).encode()).hexdigest()[:16]
