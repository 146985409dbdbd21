"""Everything an application needs to reach the data layers: Secrets and one ConfigMap."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass

import pulumi_kubernetes as k8s
from pulumi import ComponentResource, Input, Output, ResourceOptions

from components.database.credentials import RoleCredentials
from components.identity.hash_key import hash_key
from components.shared.place import Place
from rendering.applications.config import ApplicationPlan, application_config, keyed_hash
from rendering.applications.variables import Source, variables_of
from rendering.database.pgbouncer_ini import READ_ONLY_SUFFIX
from rendering.shared.connection_urls import postgres_url

POSTGRES_CREDENTIALS = "postgres-credentials"
QUEUE_SCALER_CREDENTIALS = "queue-scaler-credentials"
CONFIG_MAP = "application-config"

_DATABASE_VARIABLES: Mapping[str, str] = {
    "DATABASE_URL": "url",
    "DATABASE_REPLICA_URL": "replica-url",
    "SYSTEM_DATABASE_URL": "system-url",
}

CONFIG_HASH_ANNOTATION = "researchflow.io/config-hash"
CREDENTIALS_HASH_ANNOTATION = "researchflow.io/credentials-hash"
"""Nobody reads them: they make a changed ConfigMap or Secret roll the pods, which would keep the
values that they started with."""


@dataclass(frozen=True, kw_only=True)
class ConnectionsArgs:
    """Addresses, names, logins and numbers that the applications connect by."""

    place: Place

    namespace: Input[str]
    """The applications' namespace, where Secrets and ConfigMap stand."""

    pgbouncer_host: Input[str]
    """The name of PgBouncer's Service, which all databases are reached by."""

    pgbouncer_port: int
    """Its port."""

    database: str
    """The database of tenants' data as PgBouncer names it, `Pgbouncer.database`, and not as the
    server does."""

    system_database: str
    """The database of what belongs to no tenant: the same until tenants' data moves elsewhere, so
    that both share one pool; then `Pgbouncer.system_database`."""

    application: RoleCredentials
    """The login that writes."""

    read_only: RoleCredentials
    """The login that only reads."""

    authority_certificate: Input[str]
    """PEM text of the in-cluster authority, which signs PgBouncer's certificate."""

    urls: Mapping[str, Mapping[str, Input[str]]]
    """Logins of cache, queue and sessions: by application, then by the variable that carries
    them."""

    scaler_login: Mapping[str, Input[str]] | None
    """What KEDA reads the queue with; None where KEDA isn't there."""

    artifacts_bucket: Input[str]
    """The name of the bucket of papers, extractions and results."""

    plan: ApplicationPlan
    """The numbers that applications must keep: pools, times to live, job defaults."""


class Connections(ComponentResource):
    """The environment of orchestrator, worker and collaboration, as references to Secrets.

    They share the database's logins and have each their own of cache and queue. Whatever of it
    changes rolls the pods that read it, by two annotations. That of the credentials is made with a
    random key that never leaves the stack's encrypted state, so it gives no password away.
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
            "AWS_REGION": args.place.region,
        }
        self._secrets: dict[str, Mapping[str, Input[str]]] = {
            POSTGRES_CREDENTIALS: self._postgres(),
            **{credentials_of(application): urls for application, urls in args.urls.items()},
        }
        self._hash_key = hash_key(f"{name}-hash-key", self)
        self._build_config_map()
        self._build_secret("postgres", POSTGRES_CREDENTIALS, self._secrets[POSTGRES_CREDENTIALS])
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
        secrets = [
            k8s.core.v1.EnvVarArgs(
                name=variable,
                value_from=k8s.core.v1.EnvVarSourceArgs(
                    secret_key_ref=k8s.core.v1.SecretKeySelectorArgs(name=secret, key=key)
                ),
            )
            for variable, (secret, key) in self._references(application).items()
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
            for variable in self._settings(application)
        ]
        return [*secrets, *settings]

    def annotations(self, application: str) -> dict[str, Output[str]]:
        """What changes with the values of `environment`.

        Raises KeyError for an application without logins.
        """
        settings = Output.all(
            config=self._settings(application),
            # Public, and read once by Node.js.
            authority=self._args.authority_certificate,
        )
        secrets = {
            variable: self._secrets[secret][key]
            for variable, (secret, key) in self._references(application).items()
        }
        return {
            CONFIG_HASH_ANNOTATION: settings.apply(
                lambda known: _hash_of([known["config"], known["authority"]])
            ),
            CREDENTIALS_HASH_ANNOTATION: Output.unsecret(
                Output.all(key=self._hash_key, values=secrets).apply(
                    lambda known: keyed_hash(known["key"], known["values"])
                )
            ),
        }

    def _references(self, application: str) -> dict[str, tuple[str, str]]:
        """Secret and key of each variable."""
        own = self._args.urls[application]
        return {
            **{name: (POSTGRES_CREDENTIALS, key) for name, key in _DATABASE_VARIABLES.items()},
            **{name: (credentials_of(application), name) for name in own},
        }

    def _settings(self, application: str) -> dict[str, Input[str]]:
        read = variables_of(application, Source.CONFIG)
        return {name: self._config[name] for name in read if name in self._config}

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


def _hash_of(config: object) -> str:
    return hashlib.sha256(json.dumps(config, sort_keys=True).encode()).hexdigest()[:16]
