"""PgBouncer: many client connections on few of PostgreSQL's, with reads and writes apart."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import pulumi_kubernetes as k8s
from pulumi import ComponentResource, Input, Output, Resource, ResourceOptions

from components.authority import Authority, IssuedCertificate
from components.pgbouncer_pod import (
    APPLICATION,
    CONFIG_MAP_NAME,
    PORT_NAME,
    TLS_SECRET_NAME,
    USERS_SECRET_NAME,
    pgbouncer_pod,
)
from components.pod_template import labels, selector
from rendering.pgbouncer_ini import (
    INI_FILE,
    USERLIST_FILE,
    logical_databases,
    pgbouncer_ini,
    userlist,
)
from scaleplan.layers import PgbouncerPlan
from scaleplan.sizes import PgbouncerSettings

CONFIG_HASH_ANNOTATION = "researchflow.io/config-hash"


@dataclass(frozen=True, kw_only=True)
class PgbouncerArgs:
    """`settings` sizes pods and pools, `plan` gives the timeouts, probes and resources.

    `replica_addresses` are as many as there are read replicas, perhaps none.
    """

    namespace: Input[str]
    settings: PgbouncerSettings
    plan: PgbouncerPlan
    primary_address: Input[str]
    replica_addresses: Sequence[Input[str]]
    database_port: int
    user: str
    password: Input[str]
    authority: Authority


class Pgbouncer(ComponentResource):
    """The Deployment and Service of the plan, with TLS and SCRAM towards clients and database.

    A changed ini or certificate rolls the pods. After a change of the password alone, run
    `kubectl rollout restart deployment/pgbouncer`: it is hashed into no annotation. `database` is
    the name for writes; reads have the same name and `_ro`.
    """

    host: Output[str]
    port: int
    database: str

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
        certificate = args.authority.issue(
            f"{name}-server",
            [
                APPLICATION,
                Output.concat(f"{APPLICATION}.", args.namespace),
                self.host,
                Output.concat(*service, ".cluster.local"),
            ],
            parent=self,
        )
        ini = Output.all(primary=args.primary_address, replicas=list(args.replica_addresses)).apply(
            lambda addresses: self._ini(**addresses)
        )
        mounted = self._build_configuration(ini, certificate)
        config_hash = Output.all(ini, certificate.certificate_pem).apply(_hash_of)
        self._build_deployment(config_hash, mounted)
        self._build_service()
        self._build_disruption_budget()
        self.register_outputs({"host": self.host, "port": self.port})

    def _ini(self, primary: str, replicas: Sequence[str]) -> str:
        plan = self._args.plan
        databases = logical_databases(plan, primary, replicas, self._args.database_port)
        return pgbouncer_ini(self._args.settings, plan, databases)

    def _metadata(self, name: str) -> k8s.meta.v1.ObjectMetaArgs:
        return k8s.meta.v1.ObjectMetaArgs(
            name=name, namespace=self._args.namespace, labels=labels(APPLICATION)
        )

    def _build_configuration(
        self, ini: Output[str], certificate: IssuedCertificate
    ) -> list[Resource]:
        config = k8s.core.v1.ConfigMap(
            f"{self._name}-config",
            metadata=self._metadata(CONFIG_MAP_NAME),
            data={INI_FILE: ini},
            opts=ResourceOptions(parent=self),
        )
        users = k8s.core.v1.Secret(
            f"{self._name}-users",
            metadata=self._metadata(USERS_SECRET_NAME),
            string_data={
                USERLIST_FILE: Output.secret(self._args.password).apply(
                    lambda password: userlist({self._args.user: password})
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
        return [config, users, keys]

    def _build_deployment(self, config_hash: Output[str], mounted: list[Resource]) -> None:
        k8s.apps.v1.Deployment(
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
                        annotations={CONFIG_HASH_ANNOTATION: config_hash},
                    ),
                    spec=pgbouncer_pod(self._args.settings, self._args.plan),
                ),
            ),
            opts=ResourceOptions(parent=self, depends_on=mounted),
        )

    def _build_service(self) -> None:
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

    def _build_disruption_budget(self) -> None:
        k8s.policy.v1.PodDisruptionBudget(
            f"{self._name}-budget",
            metadata=self._metadata(APPLICATION),
            spec=k8s.policy.v1.PodDisruptionBudgetSpecArgs(
                # A maximum out, not a minimum in: a single pod must not block a node's drain.
                max_unavailable=1,
                selector=k8s.meta.v1.LabelSelectorArgs(match_labels=selector(APPLICATION)),
            ),
            opts=ResourceOptions(parent=self),
        )


def _hash_of(texts: Sequence[str]) -> str:
    return hashlib.sha256("\n".join(texts).encode()).hexdigest()[:16]
