"""PgBouncer's pod: locked down, writing nothing, drained before it goes, its metrics beside it."""

from __future__ import annotations

from urllib.parse import quote

import pulumi_kubernetes as k8s

from components.applications.pod_security import (
    container_security,
    pod_security,
    resource_requirements,
    spread,
)
from components.applications.pod_template import selector
from components.shared.chart_release import ON_SYSTEM_NODES
from components.shared.versions import PGBOUNCER, PGBOUNCER_EXPORTER
from rendering.applications.pods import POOLING
from rendering.database.pgbouncer_ini import (
    CERTIFICATE_DIRECTORY,
    CONFIG_DIRECTORY,
    INI_FILE,
    QUERY_WAIT_SECONDS,
    STATS_USER,
    memory_needed_mib,
)
from scaleplan.applications.pod_resources import POOLER_EXPORTER, pooler_resources
from scaleplan.images.image import ImageSource
from scaleplan.layers import PgbouncerPlan, ProbeTimes
from scaleplan.sizes import PgbouncerSettings

APPLICATION = "pgbouncer"
"""Name of the Service, for good: the plan's applications connect to `pgbouncer:5432`."""

CONFIG_MAP_NAME = APPLICATION
USERS_SECRET_NAME = f"{APPLICATION}-users"
TLS_SECRET_NAME = f"{APPLICATION}-tls"
STATS_SECRET_NAME = f"{APPLICATION}-stats"
STATS_SECRET_KEY = "connection"  # noqa: S105 - the name of a key
PORT_NAME = "postgres"
METRICS_PORT_NAME = "metrics"
METRICS_PORT = 9127
"""The exporter's own default."""

POSTGRES_USER_ID = 70
"""`postgres` in the Alpine image, which the image itself runs as."""

ENDPOINT_REMOVAL_SECONDS = 10
"""Until every node has taken a stopping pod out of the Service."""

DRAIN_SECONDS = QUERY_WAIT_SECONDS // 2
"""Given to running transactions. Meanwhile the pod's other clients wait, and must not run into
their own limit before they are let go to another pod."""

_EXIT_SECONDS = 10


def pgbouncer_pod(
    settings: PgbouncerSettings, plan: PgbouncerPlan, images: ImageSource
) -> k8s.core.v1.PodSpecArgs:
    """The pod, with the plan's probes and resources; its memory holds all the clients it admits."""
    return k8s.core.v1.PodSpecArgs(
        service_account_name=APPLICATION,
        automount_service_account_token=False,
        enable_service_links=False,
        # Not on machines that Karpenter takes away: each drain moves clients to the others.
        node_selector=ON_SYSTEM_NODES,
        priority_class_name=POOLING.name,
        termination_grace_period_seconds=ENDPOINT_REMOVAL_SECONDS + DRAIN_SECONDS + _EXIT_SECONDS,
        security_context=pod_security(POSTGRES_USER_ID),
        topology_spread_constraints=spread(selector(APPLICATION)),
        containers=[_container(settings, plan, images), _exporter(images)],
        volumes=[_config_volume(), _certificate_volume()],
    )


def drain_script() -> str:
    """Wait for the Service to forget the pod, let transactions end (SIGINT), and wait for the exit.

    It must not return earlier: Kubernetes then sends SIGTERM, on which PgBouncer, when already
    shutting down, exits at once and cuts every transaction (pgbouncer 1.25, src/main.c).
    """
    wait = f"for _ in $(seq {DRAIN_SECONDS}); do kill -0 1 || exit 0; sleep 1; done"
    return f"sleep {ENDPOINT_REMOVAL_SECONDS}; kill -INT 1; {wait}"


def _container(
    settings: PgbouncerSettings, plan: PgbouncerPlan, images: ImageSource
) -> k8s.core.v1.ContainerArgs:
    return k8s.core.v1.ContainerArgs(
        name=APPLICATION,
        image=images.own(PGBOUNCER),
        # PgBouncer itself, past the image's entry point, which writes an ini from environment
        # variables. So nothing is written, and no part of the root file system need be writable.
        command=["/usr/bin/pgbouncer", f"{CONFIG_DIRECTORY}/{INI_FILE}"],
        ports=[k8s.core.v1.ContainerPortArgs(name=PORT_NAME, container_port=plan.listen_port)],
        resources=resource_requirements(
            pooler_resources(plan.resources, memory_needed_mib(settings))
        ),
        liveness_probe=_probe(plan.liveness_probe),
        readiness_probe=_probe(plan.readiness_probe),
        lifecycle=k8s.core.v1.LifecycleArgs(
            pre_stop=k8s.core.v1.LifecycleHandlerArgs(
                exec_=k8s.core.v1.ExecActionArgs(command=["/bin/sh", "-c", drain_script()])
            )
        ),
        security_context=container_security(),
        volume_mounts=[
            k8s.core.v1.VolumeMountArgs(name="config", mount_path=CONFIG_DIRECTORY, read_only=True),
            k8s.core.v1.VolumeMountArgs(
                name="tls", mount_path=CERTIFICATE_DIRECTORY, read_only=True
            ),
        ],
    )


def stats_url(password: str, listen_port: int) -> str:
    """Where the exporter reads: PgBouncer's own console, in the same pod.

    verify-ca, not verify-full: the certificate is for the Service's names, and this is loopback.
    """
    address = f"127.0.0.1:{listen_port}/pgbouncer"
    authority = f"{CERTIFICATE_DIRECTORY}/ca.crt"
    return (
        f"postgres://{STATS_USER}:{quote(password, safe='')}@{address}"
        f"?sslmode=verify-ca&sslrootcert={authority}"
    )


def _exporter(images: ImageSource) -> k8s.core.v1.ContainerArgs:
    return k8s.core.v1.ContainerArgs(
        name="exporter",
        image=images.own(PGBOUNCER_EXPORTER),
        ports=[k8s.core.v1.ContainerPortArgs(name=METRICS_PORT_NAME, container_port=METRICS_PORT)],
        env=[
            k8s.core.v1.EnvVarArgs(
                name="PGBOUNCER_EXPORTER_CONNECTION_STRING",
                value_from=k8s.core.v1.EnvVarSourceArgs(
                    secret_key_ref=k8s.core.v1.SecretKeySelectorArgs(
                        name=STATS_SECRET_NAME, key=STATS_SECRET_KEY
                    )
                ),
            )
        ],
        resources=resource_requirements(POOLER_EXPORTER),
        # No readiness probe: a pod whose metrics fail still pools.
        liveness_probe=k8s.core.v1.ProbeArgs(
            tcp_socket=k8s.core.v1.TCPSocketActionArgs(port=METRICS_PORT_NAME), period_seconds=30
        ),
        security_context=container_security(),
        volume_mounts=[
            k8s.core.v1.VolumeMountArgs(
                name="tls",
                mount_path=f"{CERTIFICATE_DIRECTORY}/ca.crt",
                # Not the server's key, which it has no use for.
                sub_path="ca.crt",
                read_only=True,
            )
        ],
    )


def _config_volume() -> k8s.core.v1.VolumeArgs:
    ini = k8s.core.v1.ConfigMapProjectionArgs(name=CONFIG_MAP_NAME)
    users = k8s.core.v1.SecretProjectionArgs(name=USERS_SECRET_NAME)
    return k8s.core.v1.VolumeArgs(
        name="config",
        projected=k8s.core.v1.ProjectedVolumeSourceArgs(
            default_mode=0o440,
            sources=[
                k8s.core.v1.VolumeProjectionArgs(config_map=ini),
                k8s.core.v1.VolumeProjectionArgs(secret=users),
            ],
        ),
    )


def _certificate_volume() -> k8s.core.v1.VolumeArgs:
    return k8s.core.v1.VolumeArgs(
        name="tls",
        secret=k8s.core.v1.SecretVolumeSourceArgs(secret_name=TLS_SECRET_NAME, default_mode=0o440),
    )


def _probe(times: ProbeTimes) -> k8s.core.v1.ProbeArgs:
    return k8s.core.v1.ProbeArgs(
        tcp_socket=k8s.core.v1.TCPSocketActionArgs(port=PORT_NAME),
        initial_delay_seconds=times.initial_delay_seconds,
        period_seconds=times.period_seconds,
    )
