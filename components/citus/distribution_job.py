"""The job that distributes tables after the applications' migrations have made them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_kubernetes as k8s
from pulumi import ComponentResource, Input, Output, ResourceOptions

from components.applications.pod_security import config_volume, container_security, pod_security
from components.database.pooler_admin import SECRET_NAME, console_environment
from components.shared.chart_release import ON_SYSTEM_NODES
from components.shared.versions import POSTGRES_CLIENT
from rendering.citus import names
from rendering.citus.distribution import SQL_FILE, distribution_script, distribution_sql
from rendering.database.pgbouncer_ini import ADMIN_USER
from rendering.database.pooler_reconnect import (
    PASSWORD_VARIABLE,
    SCRIPT_FILE,
    pooler_variables,
    reconnect_script,
)
from scaleplan.images.image import PUBLISHED, ImageSource
from scaleplan.windows import DISTRIBUTION

EVERY_MINUTES = 10
"""A table that a migration has just made is distributed as soon, while it is small; one of the
hours when Citus is backed up, after them."""

LONGEST_RUN_SECONDS = 6 * 3600
"""A filled table of the plan's 200 GB, copied by the coordinator at 10 MB/s or more."""

_APPLICATION = names.DISTRIBUTION
_RUN_FILE = "run.sh"
_SQL_DIRECTORY = "/etc/citus-distribution"
_CA_DIRECTORY = "/etc/researchflow/ca"

_POSTGRES_USER_ID = 70
"""`postgres` in the Alpine image."""


@dataclass(frozen=True, kw_only=True)
class DistributionJobArgs:
    """The tables to distribute, and the poolers that reconnect afterwards."""

    images: ImageSource = PUBLISHED

    namespace: Input[str]
    """The namespace of Citus, where the job runs."""

    database: str
    """The database that holds the tables."""

    distributed_tables: Sequence[str]
    """Tables whose rows are spread over the shards."""

    reference_tables: Sequence[str]
    """Tables that every server has a copy of."""

    column: str
    """The column whose value decides a row's shard."""

    authority_certificate: Input[str]
    """PEM text of the in-cluster authority, which signs for Citus and the poolers."""

    poolers: int
    """How many pods of PgBouncer reconnect when a table was distributed."""

    pooler_port: int
    """The port of each."""

    pooler_admin_password: Input[str]
    """The password of their console."""

    suspended: bool
    """Whether no run begins by itself: while tables are being filled, which a distributed one can't
    be by replication. A run is then started by hand: `kubectl -n citus create job
    --from=cronjob/…`."""

    after: Sequence[pulumi.Resource]
    """The sharded cluster, which the job connects to, and what bounds its connections."""


class DistributionJob(ComponentResource):
    """A CronJob, because migrations come with every release of the applications and not only once.

    Its SQL changes nothing that is as wanted, and refuses what Citus could not do (see
    `rendering.citus.distribution`), so a run is safe at any time.
    """

    def __init__(
        self, name: str, args: DistributionJobArgs, opts: ResourceOptions | None = None
    ) -> None:
        summary = {"suspended": args.suspended, "tables": len(args.distributed_tables)}
        super().__init__("researchflow:data:DistributionJob", name, summary, opts)
        self._name, self._args = name, args
        mounted = [
            self._config_map(
                "sql",
                _APPLICATION,
                {
                    SQL_FILE: self._sql(),
                    SCRIPT_FILE: reconnect_script(),
                    _RUN_FILE: distribution_script(_SQL_DIRECTORY, SCRIPT_FILE),
                },
            ),
            self._admin_secret(),
            self._config_map("ca", names.AUTHORITY, {"ca.crt": args.authority_certificate}),
        ]
        k8s.batch.v1.CronJob(
            name,
            metadata=self._metadata(_APPLICATION),
            spec=k8s.batch.v1.CronJobSpecArgs(
                schedule=DISTRIBUTION.cron_within(EVERY_MINUTES),
                suspend=args.suspended,
                concurrency_policy="Forbid",
                starting_deadline_seconds=300,
                successful_jobs_history_limit=1,
                failed_jobs_history_limit=3,
                job_template=k8s.batch.v1.JobTemplateSpecArgs(
                    spec=k8s.batch.v1.JobSpecArgs(
                        # The next run tries again; what failed is in the log of this one.
                        backoff_limit=0,
                        active_deadline_seconds=LONGEST_RUN_SECONDS,
                        template=k8s.core.v1.PodTemplateSpecArgs(
                            metadata=k8s.meta.v1.ObjectMetaArgs(labels={"app": _APPLICATION}),
                            spec=self._pod(),
                        ),
                    )
                ),
            ),
            opts=ResourceOptions(parent=self, depends_on=[*args.after, *mounted]),
        )
        self.register_outputs({})

    def _sql(self) -> str:
        args = self._args
        return distribution_sql(
            distributed_tables=args.distributed_tables,
            reference_tables=args.reference_tables,
            column=args.column,
        )

    def _metadata(self, name: str) -> k8s.meta.v1.ObjectMetaArgs:
        return k8s.meta.v1.ObjectMetaArgs(name=name, namespace=self._args.namespace)

    def _config_map(
        self, role: str, name: str, data: dict[str, Input[str]]
    ) -> k8s.core.v1.ConfigMap:
        return k8s.core.v1.ConfigMap(
            f"{self._name}-{role}",
            metadata=self._metadata(name),
            data=data,
            opts=ResourceOptions(parent=self),
        )

    def _admin_secret(self) -> k8s.core.v1.Secret:
        password = Output.secret(self._args.pooler_admin_password)
        return k8s.core.v1.Secret(
            f"{self._name}-pooler-admin",
            metadata=self._metadata(SECRET_NAME),
            string_data={PASSWORD_VARIABLE: password},
            opts=ResourceOptions(parent=self),
        )

    def _pod(self) -> k8s.core.v1.PodSpecArgs:
        return k8s.core.v1.PodSpecArgs(
            restart_policy="Never",
            automount_service_account_token=False,
            enable_service_links=False,
            node_selector=ON_SYSTEM_NODES,
            security_context=pod_security(_POSTGRES_USER_ID),
            containers=[self._container()],
            volumes=[config_volume("sql", _APPLICATION), config_volume("ca", names.AUTHORITY)],
        )

    def _container(self) -> k8s.core.v1.ContainerArgs:
        return k8s.core.v1.ContainerArgs(
            name=_APPLICATION,
            image=self._args.images.own(POSTGRES_CLIENT),
            command=["/bin/sh", f"{_SQL_DIRECTORY}/{_RUN_FILE}"],
            env=[
                _variable("PGHOST", names.COORDINATOR_HOST),
                _variable("PGPORT", str(names.PORT)),
                _variable("PGDATABASE", self._args.database),
                _variable("PGUSER", names.SUPERUSER),
                _variable("PGSSLMODE", "verify-full"),
                _variable("PGSSLROOTCERT", f"{_CA_DIRECTORY}/ca.crt"),
                _variable("PGAPPNAME", _APPLICATION),
                k8s.core.v1.EnvVarArgs(
                    name="PGPASSWORD",
                    value_from=k8s.core.v1.EnvVarSourceArgs(
                        secret_key_ref=k8s.core.v1.SecretKeySelectorArgs(
                            name=names.CLUSTER, key=names.SUPERUSER_PASSWORD_KEY
                        )
                    ),
                ),
                *console_environment(
                    pooler_variables(
                        user=ADMIN_USER,
                        port=self._args.pooler_port,
                        # None of them leads here before Citus serves.
                        poolers=0 if self._args.suspended else self._args.poolers,
                        authority_file=f"{_CA_DIRECTORY}/ca.crt",
                    ),
                    SECRET_NAME,
                ),
            ],
            resources=k8s.core.v1.ResourceRequirementsArgs(
                requests={"cpu": "20m", "memory": "32Mi"},
                limits={"cpu": "200m", "memory": "64Mi"},
            ),
            security_context=container_security(),
            volume_mounts=[
                k8s.core.v1.VolumeMountArgs(name="sql", mount_path=_SQL_DIRECTORY, read_only=True),
                k8s.core.v1.VolumeMountArgs(name="ca", mount_path=_CA_DIRECTORY, read_only=True),
            ],
        )


def _variable(name: str, value: str) -> k8s.core.v1.EnvVarArgs:
    return k8s.core.v1.EnvVarArgs(name=name, value=value)
