"""The Job that migrates the application's tables before a rollout."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi_kubernetes as k8s
from pulumi import ComponentResource, CustomTimeouts, Input, Resource, ResourceOptions

from components.applications.pod_security import (
    config_volume,
    container_security,
    job_metadata,
    job_pod,
    resource_requirements,
    service_account,
)
from components.applications.pod_template import labels
from components.shared.versions import POSTGRES_CLIENT
from rendering.applications.pods import TEMPORARY_DIRECTORY, TEMPORARY_SPACE_MIB, USER_ID
from rendering.applications.variables import MIGRATION as APPLICATION
from rendering.database.bootstrap_sql import content_hash
from rendering.database.rds_authority import RDS_CA_DIRECTORY
from rendering.shared.connection_urls import CA_DIRECTORY
from rendering.shared.quantities import memory
from scaleplan.applications.pod_resources import MIGRATION_JOB, PSQL_JOB
from scaleplan.database.migrations import MigrationsSettings
from scaleplan.images.image import PUBLISHED, ImageSource

ATTEMPTS = 3
"""A connection may break; what fails three times is wrong."""

URL_KEYS = {"DATABASE_URL": "url", "SYSTEM_DATABASE_URL": "system-url"}
"""Keys of the migrator's Secret by variable."""

_POLL_SECONDS = 5
_MARGIN_MINUTES = 5
"""Until a node is there and the image pulled, beyond what the Job itself may take."""


@dataclass(frozen=True, kw_only=True)
class DatabaseMigrationArgs:
    """The image that migrates, its command, and the servers that it goes to."""

    images: ImageSource = PUBLISHED

    namespace: Input[str]
    """The applications' namespace, where the Job runs."""

    image: Input[str]
    """The orchestrator's image, with registry and tag or digest."""

    version: str
    """Its tag or digest alone: a new one is a new Job."""

    settings: MigrationsSettings
    """The command, and the longest run in minutes."""

    credentials_secret: Input[str]
    """The Secret with the migrator's URLs, past PgBouncer: tenants' data where it is written, and
    the system database."""

    cluster_authority: Input[str]
    """The ConfigMap of the in-cluster authority, which signs for Citus."""

    database_authority: Input[str]
    """The ConfigMap of the RDS root, which signs for RDS."""

    node_selector: Mapping[str, str] | None = None
    """Labels of the nodes that the pod runs on; None for any."""


class DatabaseMigration(ComponentResource):
    """One Job for each pod template, whose hash is in its name; the last one stays, finished.

    A template can't change in place, and a version, a command or a size that places pods elsewhere
    each change it: what has run already runs once more, which migrations must bear in any case.

    Migrations take locks and change structure: they log in as the migrator, at the server itself,
    because a pooler's transaction mode keeps no session. What uses the tables depends on `job`,
    which waits for success: when a migration fails, so does the deployment, and the old pods run
    on. Nothing takes a value of it: else a preview that makes it anew would not know what uses it.
    """

    job_name: str
    job: Resource

    def __init__(
        self, name: str, args: DatabaseMigrationArgs, opts: ResourceOptions | None = None
    ) -> None:
        job_name = f"{APPLICATION}-{_template_hash(args)}"
        summary = {"job": job_name, "timeoutMinutes": args.settings.timeout_minutes}
        super().__init__("researchflow:data:DatabaseMigration", name, summary, opts)
        self._name, self._args = name, args
        self.job_name = job_name
        account = service_account(f"{name}-account", self._metadata(APPLICATION), self)
        minutes = args.settings.timeout_minutes
        self.job = k8s.batch.v1.Job(
            f"{name}-job",
            metadata=job_metadata(job_name, args.namespace, labels(APPLICATION)),
            spec=k8s.batch.v1.JobSpecArgs(
                backoff_limit=ATTEMPTS - 1,
                active_deadline_seconds=minutes * 60,
                pod_failure_policy=_drains_are_no_failures(),
                template=k8s.core.v1.PodTemplateSpecArgs(
                    metadata=k8s.meta.v1.ObjectMetaArgs(labels=labels(APPLICATION)),
                    spec=self._pod(),
                ),
            ),
            opts=ResourceOptions(
                parent=self,
                depends_on=[account],
                custom_timeouts=CustomTimeouts(create=f"{minutes + _MARGIN_MINUTES}m"),
            ),
        )
        self.register_outputs({"job": job_name})

    def _metadata(self, name: str) -> k8s.meta.v1.ObjectMetaArgs:
        return k8s.meta.v1.ObjectMetaArgs(
            name=name, namespace=self._args.namespace, labels=labels(APPLICATION)
        )

    def _pod(self) -> k8s.core.v1.PodSpecArgs:
        args = self._args
        temporary = k8s.core.v1.EmptyDirVolumeSourceArgs(size_limit=memory(TEMPORARY_SPACE_MIB))
        return job_pod(
            APPLICATION,
            USER_ID,
            [self._container()],
            [
                k8s.core.v1.VolumeArgs(name="tmp", empty_dir=temporary),
                config_volume("ca", args.cluster_authority),
                config_volume("database-authority", args.database_authority),
            ],
            node_selector=args.node_selector,
            init_containers=[self._wait()],
        )

    def _wait(self) -> k8s.core.v1.ContainerArgs:
        """A container that ends when both servers admit the migrator: a new Citus takes longer than
        all attempts."""
        asked = " && ".join(f'psql --no-psqlrc -qc "select" "${name}"' for name in URL_KEYS)
        return k8s.core.v1.ContainerArgs(
            name="wait",
            image=self._args.images.own(POSTGRES_CLIENT),
            command=["/bin/sh", "-c", f"until {asked}; do sleep {_POLL_SECONDS}; done"],
            env=[*self._urls(), k8s.core.v1.EnvVarArgs(name="PGCONNECT_TIMEOUT", value="15")],
            resources=resource_requirements(PSQL_JOB),
            security_context=container_security(),
            volume_mounts=_authorities(),
        )

    def _container(self) -> k8s.core.v1.ContainerArgs:
        args = self._args
        return k8s.core.v1.ContainerArgs(
            name=APPLICATION,
            image=args.image,
            command=list(args.settings.command),
            env=[
                *self._urls(),
                k8s.core.v1.EnvVarArgs(name="HOME", value=TEMPORARY_DIRECTORY),
            ],
            resources=resource_requirements(MIGRATION_JOB),
            security_context=container_security(),
            volume_mounts=[
                k8s.core.v1.VolumeMountArgs(name="tmp", mount_path=TEMPORARY_DIRECTORY),
                *_authorities(),
            ],
        )

    def _urls(self) -> Sequence[k8s.core.v1.EnvVarArgs]:
        return [
            k8s.core.v1.EnvVarArgs(
                name=variable,
                value_from=k8s.core.v1.EnvVarSourceArgs(
                    secret_key_ref=k8s.core.v1.SecretKeySelectorArgs(
                        name=self._args.credentials_secret, key=key
                    )
                ),
            )
            for variable, key in URL_KEYS.items()
        ]


def _authorities() -> list[k8s.core.v1.VolumeMountArgs]:
    mounts = {"ca": CA_DIRECTORY, "database-authority": RDS_CA_DIRECTORY}
    return [
        k8s.core.v1.VolumeMountArgs(name=name, mount_path=path, read_only=True)
        for name, path in mounts.items()
    ]


def _drains_are_no_failures() -> k8s.batch.v1.PodFailurePolicyArgs:
    """A pod that a drained node takes along is started elsewhere and costs no attempt."""
    return k8s.batch.v1.PodFailurePolicyArgs(
        rules=[
            k8s.batch.v1.PodFailurePolicyRuleArgs(
                action="Ignore",
                on_pod_conditions=[
                    k8s.batch.v1.PodFailurePolicyOnPodConditionsPatternArgs(
                        type="DisruptionTarget", status="True"
                    )
                ],
            )
        ]
    )


def _template_hash(args: DatabaseMigrationArgs) -> str:
    """A hash of what differs between templates; the account in the image's name never does."""
    parts = [
        args.version,
        *args.settings.command,
        *(f"{key}={value}" for key, value in sorted((args.node_selector or {}).items())),
        args.images.own(POSTGRES_CLIENT),
        repr((PSQL_JOB, MIGRATION_JOB)),
    ]
    return content_hash("\n".join(parts))
