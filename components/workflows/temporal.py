"""Temporal: the server of workflows, on two databases of the system's RDS."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import pulumi_kubernetes as k8s
from pulumi import ComponentResource, Input, Output, Resource, ResourceOptions

from components.cluster.handle import ClusterHandle
from components.database.credentials import RoleCredentials
from components.identity.authority import Authority, IssuedCertificate
from components.network.network_policies import NetworkPolicies, NetworkPoliciesArgs
from components.shared.chart_release import chart_release
from components.shared.place import Place
from components.workflows.worker import WorkflowWorker, WorkflowWorkerArgs
from rendering.database.rds_authority import RDS_CA_KEY
from rendering.network.flow import Flow
from rendering.workflows import temporal_names as names
from rendering.workflows.temporal_values import TemporalDeployment, temporal_values
from scaleplan.cluster import charts
from scaleplan.layers import WorkflowsPlan
from scaleplan.workflows.workflows import WorkflowsSettings


@dataclass(frozen=True, kw_only=True)
class TemporalArgs:
    """The server's sizes, its databases, who reaches it, and the workers of its tasks."""

    place: Place
    cluster: ClusterHandle

    settings: WorkflowsSettings
    """Pods and resources of each server role, and how long closed workflows are kept."""

    plan: WorkflowsPlan
    """Task queue, namespace of Temporal and history shards."""

    database_host: Input[str]
    """The server of Temporal's databases: RDS's primary, never PgBouncer."""

    database_port: int
    """Its port."""

    database_authority: str
    """PEM text of the region's RDS root, which signs that server's certificate."""

    credentials: RoleCredentials
    """The login of the role that owns Temporal's databases."""

    database_ready: Resource
    """What has made role and databases."""

    authority: Authority
    """The in-cluster authority, which signs certificates of server and clients."""

    client_namespace: Input[str]
    """The namespace that gets the certificate which opens the server to clients."""

    flows: Sequence[Flow]
    """The whole table of allowed connections."""

    worker: WorkflowWorkerArgs
    """The workers that take the tasks of the plan's queue."""

    node_selector: Mapping[str, str] | None
    """Labels of the nodes that the pods run on; None for any."""


class Temporal(ComponentResource):
    """Four server roles in a namespace of their own, which only certificates of ours open.

    It talks to PostgreSQL itself, never to PgBouncer. Its schema is made by the chart's Job before
    each installation and upgrade. `client_secret_name` holds a client's certificate, key and the
    authority; it is known when the server is there.
    """

    address: str
    client_secret_name: Output[str]
    release: Resource

    def __init__(self, name: str, args: TemporalArgs, opts: ResourceOptions | None = None) -> None:
        settings = args.settings
        summary = {
            **{role: each.replicas for role, each in settings.roles.items()},
            "historyShards": args.plan.history_shards,
            "retentionDays": settings.retention_days,
        }
        super().__init__("researchflow:apps:Temporal", name, summary, opts)
        self._name, self._args = name, args
        namespace = self._namespace()
        needed = [*self._inside(namespace), args.database_ready, self._policies(namespace)]
        self.release = chart_release(
            self,
            f"{name}-release",
            charts.TEMPORAL,
            namespace=names.NAMESPACE,
            images=args.place.images,
            values=temporal_values(self._site()),
            wait_for=needed,
        )
        self.address = names.FRONTEND_ADDRESS
        client = args.authority.issue(
            f"{name}-client", ["temporal-client"], self, uses=("client_auth",)
        )
        secret = self._certificate_secret(
            "client", names.CLIENT_SECRET, args.client_namespace, client
        )
        self.client_secret_name = Output.all(secret.id, self.release.id).apply(
            lambda _: names.CLIENT_SECRET
        )
        WorkflowWorker(
            f"{name}-worker",
            replace(args.worker, after=(self.release, secret)),
            ResourceOptions(parent=self),
        )
        self.register_outputs(
            {"address": self.address, "clientSecretName": self.client_secret_name}
        )

    def _site(self) -> TemporalDeployment:
        args = self._args
        return TemporalDeployment(
            settings=args.settings,
            plan=args.plan,
            database_address=Output.concat(args.database_host, f":{args.database_port}"),
            credentials_version=args.credentials.version,
            node_selector=args.node_selector or {},
        )

    def _namespace(self) -> k8s.core.v1.Namespace:
        level = "pod-security.kubernetes.io"
        return k8s.core.v1.Namespace(
            f"{self._name}-namespace",
            metadata=k8s.meta.v1.ObjectMetaArgs(
                name=names.NAMESPACE,
                labels={f"{level}/enforce": "restricted", f"{level}/warn": "restricted"},
            ),
            # Deleting a namespace deletes all in it.
            opts=ResourceOptions(
                parent=self, protect=self._args.place.protect, depends_on=[self._args.cluster.ready]
            ),
        )

    def _inside(self, namespace: k8s.core.v1.Namespace) -> list[Resource]:
        """What the chart's pods are given: an account, the login, both authorities, TLS."""
        args = self._args
        inside = namespace.metadata.name.apply(str)
        account = k8s.core.v1.ServiceAccount(
            f"{self._name}-account",
            metadata=_metadata(names.SERVICE_ACCOUNT, inside),
            # Nothing of Temporal talks to the API server.
            automount_service_account_token=False,
            opts=ResourceOptions(parent=self),
        )
        login = k8s.core.v1.Secret(
            f"{self._name}-database",
            metadata=_metadata(names.DATABASE_SECRET, inside),
            string_data={"password": Output.secret(args.credentials.password)},
            opts=ResourceOptions(parent=self),
        )
        rds = k8s.core.v1.ConfigMap(
            f"{self._name}-rds-authority",
            metadata=_metadata(names.RDS_CONFIG_MAP, inside),
            data={RDS_CA_KEY: args.database_authority},
            opts=ResourceOptions(parent=self),
        )
        server = args.authority.issue(
            f"{self._name}-server",
            [*names.FRONTEND_NAMES, names.INTERNODE_NAME],
            self,
            # A server is its neighbours' client as well.
            uses=("server_auth", "client_auth"),
        )
        secret = self._certificate_secret("tls", names.TLS_SECRET, inside, server)
        return [account, login, rds, secret]

    def _certificate_secret(
        self, role: str, object_name: str, namespace: Input[str], issued: IssuedCertificate
    ) -> k8s.core.v1.Secret:
        return k8s.core.v1.Secret(
            f"{self._name}-{role}",
            metadata=_metadata(object_name, namespace),
            type="kubernetes.io/tls",
            string_data={
                "ca.crt": Output.secret(self._args.authority.certificate_pem),
                "tls.crt": Output.secret(issued.certificate_pem),
                "tls.key": issued.private_key_pem,
            },
            opts=ResourceOptions(parent=self),
        )

    def _policies(self, namespace: Resource) -> Resource:
        return NetworkPolicies(
            f"{self._name}-flows",
            NetworkPoliciesArgs(
                namespace=names.NAMESPACE,
                flows=self._args.flows,
                closed=True,
                namespace_ready=namespace,
            ),
            ResourceOptions(parent=self),
        )


def _metadata(name: str, namespace: Input[str]) -> k8s.meta.v1.ObjectMetaArgs:
    return k8s.meta.v1.ObjectMetaArgs(name=name, namespace=namespace)
