"""The Job that has every pooler reconnect when a migration has ended."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi_kubernetes as k8s
from pulumi import ComponentResource, Input, Resource, ResourceOptions

from components.applications.pod_security import (
    config_volume,
    container_security,
    job_metadata,
    job_pod,
    resource_requirements,
    service_account,
)
from components.applications.pod_template import labels
from components.database.pooler_admin import console_environment
from components.shared.chart_release import ON_SYSTEM_NODES
from components.shared.versions import POSTGRES_CLIENT
from rendering.database.bootstrap_sql import content_hash
from rendering.database.pgbouncer_ini import ADMIN_USER
from rendering.database.pooler_reconnect import (
    DEADLINE_SECONDS,
    SCRIPT_FILE,
    pooler_variables,
    reconnect_script,
)
from rendering.network.application_flows import RECONNECT_PODS
from rendering.shared.connection_urls import CA_DIRECTORY, CA_FILE
from scaleplan.applications.pod_resources import PSQL_JOB
from scaleplan.images.image import PUBLISHED, ImageSource

APPLICATION = RECONNECT_PODS.name

POSTGRES_USER_ID = 70
"""`postgres` in the Alpine image; the process writes nothing and needs no other user."""

ATTEMPTS = 3
_SCRIPT_DIRECTORY = "/etc/researchflow/reconnect"


@dataclass(frozen=True, kw_only=True)
class PoolerReconnectArgs:
    """The migration that has ended, and the poolers that reconnect after it."""

    images: ImageSource = PUBLISHED

    namespace: Input[str]
    """The applications' namespace, where the Job runs."""

    migration: str
    """The name of the migration's Job, which is in the pods' annotation."""

    migrated: Resource
    """That Job, which is there when it has ended well."""

    poolers: int
    """How many pods of PgBouncer reconnect."""

    port: int
    """The port of each."""

    pooling: Resource
    """The Deployment of those pods, which must stand first."""

    admin_secret: Input[str]
    """The Secret with the password of their console."""

    cluster_authority: Input[str]
    """The ConfigMap of the in-cluster authority, which signs for the pods."""


class PoolerReconnect(ComponentResource):
    """One Job a migration, whose name is in its own by a hash. What uses the tables depends on
    `job`: it waits for both, so that no new pod meets a statement prepared before the migration.
    """

    job: Resource

    def __init__(
        self, name: str, args: PoolerReconnectArgs, opts: ResourceOptions | None = None
    ) -> None:
        job_name = f"{APPLICATION}-{_template_hash(args)}"
        super().__init__(
            "researchflow:data:PoolerReconnect",
            name,
            {"job": job_name, "poolers": args.poolers},
            opts,
        )
        self._name, self._args = name, args
        script = k8s.core.v1.ConfigMap(
            f"{name}-script",
            metadata=self._metadata(APPLICATION),
            data={SCRIPT_FILE: reconnect_script()},
            opts=ResourceOptions(parent=self),
        )
        account = service_account(f"{name}-account", self._metadata(APPLICATION), self)
        self.job = k8s.batch.v1.Job(
            f"{name}-job",
            metadata=job_metadata(job_name, args.namespace, labels(APPLICATION)),
            spec=k8s.batch.v1.JobSpecArgs(
                backoff_limit=ATTEMPTS - 1,
                active_deadline_seconds=DEADLINE_SECONDS,
                template=k8s.core.v1.PodTemplateSpecArgs(
                    metadata=k8s.meta.v1.ObjectMetaArgs(
                        labels=labels(APPLICATION),
                        annotations={"researchflow.io/migration": args.migration},
                    ),
                    spec=self._pod(),
                ),
            ),
            opts=ResourceOptions(
                parent=self, depends_on=[script, account, args.pooling, args.migrated]
            ),
        )
        self.register_outputs({"job": job_name})

    def _metadata(self, name: str) -> k8s.meta.v1.ObjectMetaArgs:
        return k8s.meta.v1.ObjectMetaArgs(
            name=name, namespace=self._args.namespace, labels=labels(APPLICATION)
        )

    def _pod(self) -> k8s.core.v1.PodSpecArgs:
        return job_pod(
            APPLICATION,
            POSTGRES_USER_ID,
            [self._container()],
            [
                config_volume("script", APPLICATION),
                config_volume("ca", self._args.cluster_authority),
            ],
            node_selector=ON_SYSTEM_NODES,
        )

    def _container(self) -> k8s.core.v1.ContainerArgs:
        args = self._args
        mounts = {"script": _SCRIPT_DIRECTORY, "ca": CA_DIRECTORY}
        return k8s.core.v1.ContainerArgs(
            name=APPLICATION,
            image=self._args.images.own(POSTGRES_CLIENT),
            command=["/bin/sh", f"{_SCRIPT_DIRECTORY}/{SCRIPT_FILE}"],
            env=console_environment(
                pooler_variables(
                    user=ADMIN_USER, port=args.port, poolers=args.poolers, authority_file=CA_FILE
                ),
                args.admin_secret,
            ),
            resources=resource_requirements(PSQL_JOB),
            security_context=container_security(),
            volume_mounts=[
                k8s.core.v1.VolumeMountArgs(name=name, mount_path=path, read_only=True)
                for name, path in mounts.items()
            ],
        )


def _template_hash(args: PoolerReconnectArgs) -> str:
    """A hash of what differs between templates, which can't change in place."""
    parts = [
        args.migration,
        str((args.poolers, args.port)),
        reconnect_script(),
        args.images.own(POSTGRES_CLIENT),
        repr(PSQL_JOB),
    ]
    return content_hash("\n".join(parts))
