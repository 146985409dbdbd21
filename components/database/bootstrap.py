"""The Job that makes a fresh database the application's: extensions, roles and their rights."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi_kubernetes as k8s
from pulumi import ComponentResource, Input, Output, Resource, ResourceOptions

from components.applications.pod_security import (
    config_volume,
    container_security,
    job_metadata,
    job_pod,
    resource_requirements,
    service_account,
)
from components.applications.pod_template import labels
from components.database.credentials import RoleCredentials
from components.shared.chart_release import ON_SYSTEM_NODES
from components.shared.versions import POSTGRES_CLIENT
from rendering.database.bootstrap_sql import SQL_FILE, bootstrap_sql, content_hash
from rendering.database.rds_authority import RDS_CA_DIRECTORY, RDS_CA_FILE, RDS_CA_KEY
from rendering.database.roles import RoleKey, roles_of
from rendering.shared.connection_urls import CA_FILE, postgres_url
from scaleplan.applications.pod_resources import PSQL_JOB
from scaleplan.images.image import PUBLISHED, ImageSource

APPLICATION = "database-bootstrap"

RDS_AUTHORITY_CONFIG_MAP = "rds-authority"
MIGRATOR_CREDENTIALS = "migrator-credentials"

CREDENTIALS_ANNOTATION = "researchflow.io/credentials-versions"
"""Versions of the passwords in use: a new one runs the Job again."""

POSTGRES_USER_ID = 70
"""`postgres` in the Alpine image; the process writes nothing and needs no other user."""

ATTEMPTS = 6
DEADLINE_SECONDS = 600
"""For all attempts together: a new instance's name may take minutes to resolve everywhere."""

_SQL_DIRECTORY = "/etc/researchflow/bootstrap"


@dataclass(frozen=True, kw_only=True)
class Coordinator:
    """Where Citus is written to: a name of its certificate, and PostgreSQL's own port."""

    host: Input[str]
    port: int


@dataclass(frozen=True, kw_only=True)
class DatabaseBootstrapArgs:
    """The server, its master user, and the roles that are made there."""

    images: ImageSource = PUBLISHED

    namespace: Input[str]
    """The applications' namespace, where the Job runs."""

    host: Input[str]
    """The writer itself, not PgBouncer, which knows neither master user nor migrator."""

    port: int
    """The writer's port."""

    database_name: str
    """The database that gets extensions and rights."""

    master_user: str
    """The user that RDS made, who may make roles."""

    master_password: Input[str]
    """The password of that user, a secret."""

    roles: Mapping[RoleKey, RoleCredentials]
    """Names, passwords and verifiers of the roles to make."""

    statement_timeouts: Mapping[RoleKey, int]
    """The longest statement of each role, in seconds."""

    authority: str
    """PEM text of the region's RDS root, which signs the server's certificate."""

    coordinator: Coordinator | None
    """Where tenants' tables are written on Citus: migrations then have two places to go to. None
    while they are on RDS."""


class DatabaseBootstrap(ComponentResource):
    """A Job, because only the cluster reaches the database. Its name carries the script's hash.

    Changed SQL, a new password or another host runs it anew; it can run as often as one likes. It
    stays after it has ended, since a Job that deletes itself would be made again by every
    deployment. What uses a role depends on `job`, which waits for its success. Its name is known
    before, and nothing takes a value of it: else a preview would not know what uses it either.
    """

    job: Resource
    authority_config_map: Output[str]
    migrator_secret_name: Output[str]

    def __init__(
        self, name: str, args: DatabaseBootstrapArgs, opts: ResourceOptions | None = None
    ) -> None:
        workflows = RoleKey.WORKFLOWS in args.roles
        script = bootstrap_sql(args.database_name, args.statement_timeouts, workflows=workflows)
        job_name = f"{APPLICATION}-{content_hash(script + args.images.own(POSTGRES_CLIENT))}"
        super().__init__("researchflow:data:DatabaseBootstrap", name, {"job": job_name}, opts)
        self._name, self._args = name, args
        authority = self._build_config_map("authority", RDS_AUTHORITY_CONFIG_MAP, RDS_CA_KEY)
        self.authority_config_map = authority.id.apply(lambda _: RDS_AUTHORITY_CONFIG_MAP)
        sql = self._build_config_map("script", APPLICATION, SQL_FILE, script)
        secret = self._build_secret("secrets", APPLICATION, self._secrets())
        account = service_account(f"{name}-account", self._metadata(APPLICATION), self)
        self.job = k8s.batch.v1.Job(
            f"{name}-job",
            metadata=job_metadata(job_name, args.namespace, labels(APPLICATION)),
            spec=self._job(),
            opts=ResourceOptions(parent=self, depends_on=[authority, sql, secret, account]),
        )
        migrator = self._build_secret(
            "migrator", MIGRATOR_CREDENTIALS, self._migrator(), after=(self.job,)
        )
        self.migrator_secret_name = migrator.id.apply(lambda _: MIGRATOR_CREDENTIALS)
        self.register_outputs({"job": job_name})

    def _metadata(self, name: str) -> k8s.meta.v1.ObjectMetaArgs:
        return k8s.meta.v1.ObjectMetaArgs(
            name=name, namespace=self._args.namespace, labels=labels(APPLICATION)
        )

    def _build_config_map(
        self, role: str, object_name: str, key: str, text: str | None = None
    ) -> k8s.core.v1.ConfigMap:
        return k8s.core.v1.ConfigMap(
            f"{self._name}-{role}",
            metadata=self._metadata(object_name),
            data={key: self._args.authority if text is None else text},
            opts=ResourceOptions(parent=self),
        )

    def _build_secret(
        self,
        role: str,
        object_name: str,
        values: Mapping[str, Input[str]],
        after: Sequence[Resource] = (),
    ) -> k8s.core.v1.Secret:
        return k8s.core.v1.Secret(
            f"{self._name}-{role}",
            metadata=self._metadata(object_name),
            string_data={key: Output.secret(value) for key, value in values.items()},
            opts=ResourceOptions(parent=self, depends_on=after),
        )

    def _secrets(self) -> dict[str, Input[str]]:
        known = roles_of(workflows=True)
        verifiers = {
            known[key].variable: credentials.verifier
            for key, credentials in self._args.roles.items()
        }
        return {"PGPASSWORD": self._args.master_password, **verifiers}

    def _migrator(self) -> dict[str, Input[str]]:
        args, migrator = self._args, self._args.roles[RoleKey.MIGRATOR]
        system_url = self._migrator_url(args.host, args.port, RDS_CA_FILE)
        tenants: Coordinator | DatabaseBootstrapArgs = args.coordinator or args
        return {
            "url": self._migrator_url(tenants.host, tenants.port, CA_FILE)
            if args.coordinator
            else system_url,
            "system-url": system_url,
            "host": tenants.host,
            "port": str(tenants.port),
            "database": args.database_name,
            "username": migrator.user,
            "password": migrator.password,
        }

    def _migrator_url(self, host: Input[str], port: int, ca_file: str) -> Output[str]:
        migrator = self._args.roles[RoleKey.MIGRATOR]
        return Output.all(
            user=migrator.user,
            password=migrator.password,
            host=host,
            port=port,
            database=self._args.database_name,
        ).apply(lambda facts: postgres_url(**facts, ca_file=ca_file))

    def _job(self) -> k8s.batch.v1.JobSpecArgs:
        versions = [credentials.version for credentials in self._args.roles.values()]
        return k8s.batch.v1.JobSpecArgs(
            backoff_limit=ATTEMPTS,
            active_deadline_seconds=DEADLINE_SECONDS,
            template=k8s.core.v1.PodTemplateSpecArgs(
                metadata=k8s.meta.v1.ObjectMetaArgs(
                    labels=labels(APPLICATION),
                    annotations={CREDENTIALS_ANNOTATION: Output.all(*versions).apply(",".join)},
                ),
                spec=job_pod(
                    APPLICATION,
                    POSTGRES_USER_ID,
                    [self._container()],
                    [
                        config_volume("script", APPLICATION),
                        config_volume("authority", RDS_AUTHORITY_CONFIG_MAP),
                    ],
                    node_selector=ON_SYSTEM_NODES,
                ),
            ),
        )

    def _container(self) -> k8s.core.v1.ContainerArgs:
        args = self._args
        facts: dict[str, Input[str]] = {
            "PGHOST": args.host,
            "PGPORT": str(args.port),
            "PGDATABASE": args.database_name,
            "PGUSER": args.master_user,
            "PGSSLMODE": "verify-full",
            "PGSSLROOTCERT": RDS_CA_FILE,
            "PGCONNECT_TIMEOUT": "15",
            "PGAPPNAME": APPLICATION,
        }
        return k8s.core.v1.ContainerArgs(
            name=APPLICATION,
            image=self._args.images.own(POSTGRES_CLIENT),
            # psql itself, past the image's entry point, which would start a server. What queries
            # return goes nowhere: nobody reads it, and the log shall hold errors alone.
            command=["psql", "--no-psqlrc", "--quiet", "--output=/dev/null"],
            args=[f"--file={_SQL_DIRECTORY}/{SQL_FILE}"],
            env=[k8s.core.v1.EnvVarArgs(name=key, value=value) for key, value in facts.items()],
            env_from=[
                k8s.core.v1.EnvFromSourceArgs(
                    secret_ref=k8s.core.v1.SecretEnvSourceArgs(name=APPLICATION)
                )
            ],
            resources=resource_requirements(PSQL_JOB),
            security_context=container_security(),
            volume_mounts=[
                k8s.core.v1.VolumeMountArgs(
                    name="script", mount_path=_SQL_DIRECTORY, read_only=True
                ),
                k8s.core.v1.VolumeMountArgs(
                    name="authority", mount_path=RDS_CA_DIRECTORY, read_only=True
                ),
            ],
        )
