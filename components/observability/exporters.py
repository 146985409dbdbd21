"""The exporters of what runs outside the cluster, or has none of its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_kubernetes as k8s
from pulumi import ComponentResource, Input, Output, ResourceOptions
from pulumi_kubernetes.apiextensions import CustomResource

from components.applications.pod_template import labels, selector
from components.database.credentials import RoleCredentials
from components.observability.exporter import CONFIG_DIRECTORY, Exporter, ExporterArgs
from components.shared import versions
from rendering.database.bootstrap_sql import content_hash
from rendering.network.monitoring_flows import EXPORTER_LABELS
from rendering.observability.cloudwatch_exporter import CONFIG_FILE
from rendering.observability.exporters import (
    AUTHORITY_FILE,
    CLOUDWATCH_EXPORTER_PORT,
    POSTGRES_ARGUMENTS,
    POSTGRES_EXPORTER_PORT,
    REDIS_EXPORTER_PORT,
    cache_environment,
    cache_exporter_arguments,
    postgres_environment,
    queue_exporter_arguments,
    redis_environment,
)
from rendering.observability.scrape_targets import cache_nodes
from rendering.queue.age import SCRIPT_FILE, oldest_job_script
from scaleplan.images.image import PUBLISHED, ImageSource
from scaleplan.layers import QueuePlan
from scaleplan.observability.pods import CLOUDWATCH_EXPORTER as CLOUDWATCH
from scaleplan.sizes import QueueEngine, QueueSettings

CACHE_EXPORTER = "redis-exporter-cache"
QUEUE_EXPORTER = "redis-exporter-queue"
CLOUDWATCH_EXPORTER = "cloudwatch-exporter"

CLOUDWATCH_INTERVAL_SECONDS = 60
"""CloudWatch's own resolution; each reading costs (YACE bills a metric a request)."""


@dataclass(frozen=True, kw_only=True)
class RedisTarget:
    """Where a Redis is, and the exporter's password there."""

    host: Input[str]
    port: int
    password: Input[str]


@dataclass(frozen=True, kw_only=True)
class PostgresTarget:
    """A PostgreSQL server that statistics are read from."""

    key: str
    """The end of the exporter's name."""

    instance: str
    """The name of the server in its series."""

    host: Input[str]
    """The server's own host, never PgBouncer's."""

    port: int
    """Its port."""

    database: str
    """The database that the exporter logs in to."""

    authority: Input[str]
    """PEM text of who signs for the server."""


@dataclass(frozen=True, kw_only=True)
class ExportersArgs:
    """The stores and servers that are read, and the logins that they are read by."""

    images: ImageSource = PUBLISHED

    namespace: Input[str]
    """The monitoring namespace."""

    interval_seconds: int
    """Seconds between two scrapes; CloudWatch's has an interval of its own."""

    queue_plan: QueuePlan
    """The plan's queues by name, whose jobs are counted."""

    jobs: QueueSettings
    """What carries the jobs, and the libraries whose keys are read."""

    cache: RedisTarget
    """The cache's Redis, whose nodes are asked one by one."""

    queue: RedisTarget
    """The queue's Redis."""

    servers: Sequence[PostgresTarget]
    """PostgreSQL servers, each with an exporter of its own."""

    monitor: RoleCredentials
    """The role that the servers' statistics are read by."""

    cloudwatch_config: str
    """YACE's file: which metrics of CloudWatch are read."""

    cloudwatch_role: pulumi.Resource
    """The permission to read CloudWatch, which the pod gets when it is admitted."""

    after: Sequence[pulumi.Resource]
    """What defines the kinds of the monitors."""


class Exporters(ComponentResource):
    """Redis twice, PostgreSQL a server each, CloudWatch once; each with a login of its own kind."""

    def __init__(self, name: str, args: ExportersArgs, opts: ResourceOptions | None = None) -> None:
        summary = {"postgresServers": len(args.servers)}
        super().__init__("researchflow:observability:Exporters", name, summary, opts)
        self._name, self._args = name, args
        self._build_queue()
        self._build_cache()
        for server in args.servers:
            self._build_postgres(server)
        self._build_cloudwatch()
        self.register_outputs({})

    def _build_queue(self) -> None:
        args, queues = self._args, self._args.queue_plan.names
        in_redis = args.jobs.engine is QueueEngine.REDIS
        script = oldest_job_script(queues, args.jobs)
        Exporter(
            f"{self._name}-queue",
            ExporterArgs(
                application=QUEUE_EXPORTER,
                namespace=args.namespace,
                image=args.images.own(versions.REDIS_EXPORTER),
                port=REDIS_EXPORTER_PORT,
                interval_seconds=args.interval_seconds,
                arguments=queue_exporter_arguments(queues, args.jobs, CONFIG_DIRECTORY),
                environment=self._redis(args.queue),
                files={SCRIPT_FILE: script} if in_redis else {},
                secrets={"REDIS_PASSWORD": args.queue.password},
                # The script is read at the start.
                version=content_hash(script),
                target_labels={"store": "queue", "instance": "queue"},
                after=args.after,
            ),
            ResourceOptions(parent=self),
        )

    def _build_cache(self) -> None:
        args = self._args
        metadata = k8s.meta.v1.ObjectMetaArgs(
            name=CACHE_EXPORTER, namespace=args.namespace, labels=labels(CACHE_EXPORTER)
        )
        Exporter(
            f"{self._name}-cache",
            ExporterArgs(
                application=CACHE_EXPORTER,
                namespace=args.namespace,
                image=args.images.own(versions.REDIS_EXPORTER),
                port=REDIS_EXPORTER_PORT,
                interval_seconds=args.interval_seconds,
                arguments=cache_exporter_arguments(),
                environment={
                    key: Output.all(host=args.cache.host, port=args.cache.port).apply(
                        lambda known, key=key: cache_environment(**known)[key]
                    )
                    for key in cache_environment("", 0)
                },
                secrets={"REDIS_PASSWORD": args.cache.password},
                monitored=False,
                after=args.after,
            ),
            ResourceOptions(parent=self),
        )
        service = k8s.core.v1.Service(
            f"{self._name}-cache-service",
            metadata=metadata,
            spec=k8s.core.v1.ServiceSpecArgs(
                selector=selector(CACHE_EXPORTER),
                ports=[
                    k8s.core.v1.ServicePortArgs(
                        name="metrics", port=REDIS_EXPORTER_PORT, target_port="metrics"
                    )
                ],
            ),
            opts=ResourceOptions(parent=self),
        )
        CustomResource(
            f"{self._name}-cache-nodes",
            api_version="monitoring.coreos.com/v1alpha1",
            kind="ScrapeConfig",
            metadata=metadata,
            spec=cache_nodes(
                f"{CACHE_EXPORTER}:{REDIS_EXPORTER_PORT}", self._args.interval_seconds
            ),
            opts=ResourceOptions(parent=self, depends_on=[service, *args.after]),
        )

    def _build_postgres(self, server: PostgresTarget) -> None:
        args = self._args
        environment = {
            key: Output.all(host=server.host, user=args.monitor.user).apply(
                lambda known, key=key: postgres_environment(
                    known["host"], server.port, server.database, known["user"], CONFIG_DIRECTORY
                )[key]
            )
            for key in postgres_environment("", 0, "", "", "")
        }
        Exporter(
            f"{self._name}-{server.key}",
            ExporterArgs(
                application=f"postgres-exporter-{server.key}",
                namespace=args.namespace,
                image=args.images.own(versions.POSTGRES_EXPORTER),
                port=POSTGRES_EXPORTER_PORT,
                interval_seconds=args.interval_seconds,
                arguments=POSTGRES_ARGUMENTS,
                environment=environment,
                files={AUTHORITY_FILE: server.authority},
                secrets={"DATA_SOURCE_PASS": args.monitor.password},
                version=args.monitor.version,
                target_labels={"instance": server.instance},
                extra_labels=EXPORTER_LABELS["postgres"],
                after=args.after,
            ),
            ResourceOptions(parent=self),
        )

    def _build_cloudwatch(self) -> None:
        args = self._args
        account = k8s.core.v1.ServiceAccount(
            f"{self._name}-cloudwatch",
            metadata=k8s.meta.v1.ObjectMetaArgs(name=CLOUDWATCH_EXPORTER, namespace=args.namespace),
            automount_service_account_token=False,
            opts=ResourceOptions(parent=self),
        )
        Exporter(
            f"{self._name}-cloudwatch",
            ExporterArgs(
                application=CLOUDWATCH_EXPORTER,
                namespace=args.namespace,
                image=args.images.own(versions.CLOUDWATCH_EXPORTER),
                port=CLOUDWATCH_EXPORTER_PORT,
                interval_seconds=CLOUDWATCH_INTERVAL_SECONDS,
                arguments=[
                    f"--config.file={CONFIG_DIRECTORY}/{CONFIG_FILE}",
                    f"--listen-address=:{CLOUDWATCH_EXPORTER_PORT}",
                    f"--scraping-interval={CLOUDWATCH_INTERVAL_SECONDS}",
                ],
                files={CONFIG_FILE: args.cloudwatch_config},
                version=content_hash(args.cloudwatch_config),
                service_account=CLOUDWATCH_EXPORTER,
                requests=CLOUDWATCH,
                after=[account, args.cloudwatch_role, *args.after],
            ),
            ResourceOptions(parent=self),
        )

    @staticmethod
    def _redis(target: RedisTarget) -> dict[str, Input[str]]:
        return {
            key: Output.all(host=target.host, port=target.port).apply(
                lambda known, key=key: redis_environment(**known)[key]
            )
            for key in redis_environment("", 0)
        }
