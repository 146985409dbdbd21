"""PgBouncer: many client connections on few of PostgreSQL's, with reads and writes apart."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi_kubernetes as k8s
import pulumi_random as random
from pulumi import ComponentResource, Input, Output, Resource, ResourceOptions

from components.applications.pod_security import service_account
from components.applications.pod_template import labels, selector
from components.database.database import PASSWORD_LENGTH
from components.database.pgbouncer_pod import (
    APPLICATION,
    CONFIG_MAP_NAME,
    PORT_NAME,
    STATS_SECRET_KEY,
    STATS_SECRET_NAME,
    TLS_SECRET_NAME,
    USERS_SECRET_NAME,
    pgbouncer_pod,
    stats_url,
)
from components.identity.authority import Authority, IssuedCertificate
from components.shared.computed_text import computed_text
from rendering.database.pgbouncer_ini import (
    ADMIN_USER,
    INI_FILE,
    SERVER_AUTHORITIES_FILE,
    STATS_USER,
    SYSTEM_SUFFIX,
    USERLIST_FILE,
    Servers,
    logical_databases,
    pgbouncer_ini,
    userlist,
)
from rendering.database.pooler_reconnect import POOLERS_HOST, POOLERS_SERVICE
from scaleplan.images.image import PUBLISHED, ImageSource
from scaleplan.layers import PgbouncerPlan
from scaleplan.sizes import PgbouncerSettings

CONFIG_HASH_ANNOTATION = "researchflow.io/config-hash"
CREDENTIALS_ANNOTATION = "researchflow.io/credentials-versions"


@dataclass(frozen=True, kw_only=True)
class Upstream:
    """Database servers that answer alike, all at one port."""

    hosts: Sequence[Input[str]]
    port: int


@dataclass(frozen=True, kw_only=True)
class PgbouncerArgs:
    """Pods and pools, the servers behind them, and who may connect. Who reaches PgBouncer, and whom
    it reaches, are rows of the flow table."""

    images: ImageSource = PUBLISHED

    namespace: Input[str]
    """The applications' namespace, where PgBouncer stands."""

    settings: PgbouncerSettings
    """Pods, and the clients and server connections of each."""

    plan: PgbouncerPlan
    """Ports, timeouts, probes and resources."""

    writer: Upstream
    """Where tenants' data is written."""

    readers: Upstream
    """Where it is read: replicas, or the writer where there are none."""

    system: Upstream
    """RDS's primary, whoever holds tenants' data."""

    passwords: Mapping[str, Input[str]]
    """Passwords of the users who may connect, by name."""

    admin_password: Input[str]
    """The password of the console, for whoever has poolers reconnect."""

    credentials_versions: Input[str]
    """A text that changes with the users' passwords and tells nothing of them."""

    authority: Authority
    """The in-cluster authority, which signs PgBouncer's own certificate."""

    server_authorities: Input[str]
    """PEM text of all that may sign a server's certificate."""

    after: tuple[Resource, ...] = ()
    """What must exist before the first pod does."""


class Pgbouncer(ComponentResource):
    """The Deployment and Service of the plan, with TLS and SCRAM towards clients and database.

    A changed ini, certificate or authority rolls the pods by its hash, a changed password by its
    role's version, which tells nothing of it. `database` is the name for writes; reads have the
    same name and `_ro`. `system_database` is always on RDS. `pods` are there when the whole
    Deployment is.
    """

    host: Output[str]
    port: int
    database: str
    system_database: str
    pods: Resource

    def __init__(self, name: str, args: PgbouncerArgs, opts: ResourceOptions | None = None) -> None:
        summary = {
            "replicas": args.settings.replicas,
            "maxClientConnections": args.settings.max_client_connections,
            "poolSize": args.settings.default_pool_size,
        }
        super().__init__("researchflow:data:Pgbouncer", name, summary, opts)
        self._name, self._args = name, args
        service = f"{APPLICATION}.", args.namespace, ".svc"
        self.host = Output.concat(*service)
        self.port = args.plan.service_port
        self.database = args.plan.database_alias
        self.system_database = self.database + SYSTEM_SUFFIX
        certificate = args.authority.issue(
            f"{name}-server",
            [
                APPLICATION,
                Output.concat(f"{APPLICATION}.", args.namespace),
                self.host,
                Output.concat(*service, ".cluster.local"),
                POOLERS_HOST,
            ],
            parent=self,
        )
        ini = self._ini()
        mounted = self._build_configuration(ini, certificate)
        config_hash = Output.all(ini, certificate.certificate_pem, args.server_authorities).apply(
            _hash_of
        )
        account = service_account(f"{name}-account", self._metadata(APPLICATION), self)
        self.pods = self._build_deployment(config_hash, [*mounted, account])
        self._build_services()
        self._build_disruption_budget()
        self.register_outputs({"host": self.host, "port": self.port})

    def _ini(self) -> Output[str]:
        args = self._args
        upstreams = {"writer": args.writer, "readers": args.readers, "system": args.system}

        def rendered(hosts: Mapping[str, Sequence[str]]) -> str:
            servers = {
                role: Servers(hosts=tuple(hosts[role]), port=upstream.port)
                for role, upstream in upstreams.items()
            }
            databases = logical_databases(args.plan, **servers)
            return pgbouncer_ini(args.settings, args.plan, databases)

        return Output.all(**{role: list(each.hosts) for role, each in upstreams.items()}).apply(
            rendered
        )

    def _metadata(self, name: str) -> k8s.meta.v1.ObjectMetaArgs:
        return k8s.meta.v1.ObjectMetaArgs(
            name=name, namespace=self._args.namespace, labels=labels(APPLICATION)
        )

    def _build_configuration(
        self, ini: Output[str], certificate: IssuedCertificate
    ) -> list[Resource]:
        stats_password = self._build_stats_password()
        config = k8s.core.v1.ConfigMap(
            f"{self._name}-config",
            metadata=self._metadata(CONFIG_MAP_NAME),
            data={INI_FILE: ini, SERVER_AUTHORITIES_FILE: self._args.server_authorities},
            opts=ResourceOptions(parent=self),
        )
        users = k8s.core.v1.Secret(
            f"{self._name}-users",
            metadata=self._metadata(USERS_SECRET_NAME),
            string_data={
                USERLIST_FILE: Output.secret(
                    Output.all(
                        **self._args.passwords,
                        **{STATS_USER: stats_password, ADMIN_USER: self._args.admin_password},
                    )
                ).apply(userlist)
            },
            opts=ResourceOptions(parent=self),
        )
        stats = k8s.core.v1.Secret(
            f"{self._name}-stats",
            metadata=self._metadata(STATS_SECRET_NAME),
            string_data={
                STATS_SECRET_KEY: stats_password.apply(
                    lambda password: stats_url(password, self._args.plan.listen_port)
                )
            },
            opts=ResourceOptions(parent=self),
        )
        keys = k8s.core.v1.Secret(
            f"{self._name}-tls",
            metadata=self._metadata(TLS_SECRET_NAME),
            type="kubernetes.io/tls",
            string_data={
                "tls.crt": certificate.certificate_pem,
                "tls.key": certificate.private_key_pem,
                "ca.crt": self._args.authority.certificate_pem,
            },
            opts=ResourceOptions(parent=self),
        )
        return [config, users, stats, keys]

    def _build_stats_password(self) -> Output[str]:
        return Output.secret(
            computed_text(
                random.RandomPassword(
                    f"{self._name}-stats",
                    length=PASSWORD_LENGTH,
                    special=False,
                    opts=ResourceOptions(parent=self),
                ).result
            )
        )

    def _build_deployment(self, config_hash: Output[str], mounted: list[Resource]) -> Resource:
        return k8s.apps.v1.Deployment(
            f"{self._name}-deployment",
            metadata=self._metadata(APPLICATION),
            spec=k8s.apps.v1.DeploymentSpecArgs(
                replicas=self._args.settings.replicas,
                selector=k8s.meta.v1.LabelSelectorArgs(match_labels=selector(APPLICATION)),
                strategy=k8s.apps.v1.DeploymentStrategyArgs(
                    type="RollingUpdate",
                    # Never fewer pods than asked for: each carries its share of the clients.
                    rolling_update=k8s.apps.v1.RollingUpdateDeploymentArgs(
                        max_unavailable=0, max_surge=1
                    ),
                ),
                template=k8s.core.v1.PodTemplateSpecArgs(
                    metadata=k8s.meta.v1.ObjectMetaArgs(
                        labels=labels(APPLICATION),
                        annotations={
                            CONFIG_HASH_ANNOTATION: config_hash,
                            CREDENTIALS_ANNOTATION: self._args.credentials_versions,
                        },
                    ),
                    spec=pgbouncer_pod(self._args.settings, self._args.plan, self._args.images),
                ),
            ),
            opts=ResourceOptions(parent=self, depends_on=[*mounted, *self._args.after]),
        )

    def _build_services(self) -> None:
        """One for clients, and one by which each pod is found, to be told to reconnect."""
        k8s.core.v1.Service(
            f"{self._name}-service",
            metadata=self._metadata(APPLICATION),
            spec=k8s.core.v1.ServiceSpecArgs(
                selector=selector(APPLICATION),
                ports=[
                    k8s.core.v1.ServicePortArgs(
                        name=PORT_NAME, port=self.port, target_port=PORT_NAME
                    )
                ],
            ),
            opts=ResourceOptions(parent=self),
        )

        k8s.core.v1.Service(
            f"{self._name}-poolers",
            metadata=self._metadata(POOLERS_SERVICE),
            spec=k8s.core.v1.ServiceSpecArgs(
                cluster_ip="None",
                selector=selector(APPLICATION),
                ports=[
                    k8s.core.v1.ServicePortArgs(
                        name=PORT_NAME, port=self._args.plan.listen_port, target_port=PORT_NAME
                    )
                ],
            ),
            opts=ResourceOptions(parent=self),
        )

    def _build_disruption_budget(self) -> None:
        k8s.policy.v1.PodDisruptionBudget(
            f"{self._name}-budget",
            metadata=self._metadata(APPLICATION),
            spec=k8s.policy.v1.PodDisruptionBudgetSpecArgs(
                # A maximum out, not a minimum in: a single pod must not block a node's drain.
                max_unavailable=1,
                # One that can't start must not keep a node from being drained either.
                unhealthy_pod_eviction_policy="AlwaysAllow",
                selector=k8s.meta.v1.LabelSelectorArgs(match_labels=selector(APPLICATION)),
            ),
            opts=ResourceOptions(parent=self),
        )


def _hash_of(texts: Sequence[str]) -> str:
    return hashlib.sha256("\n".join(texts).encode()).hexdigest()[:16]
