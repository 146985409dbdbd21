"""An exporter: one small pod that reads one thing and tells Prometheus."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pulumi
import pulumi_kubernetes as k8s
from pulumi import ComponentResource, Input, Output, ResourceOptions
from pulumi_kubernetes.apiextensions import CustomResource

from components.applications.pod_template import labels, selector
from components.shared.chart_release import ON_SYSTEM_NODES
from rendering.observability.scrape_targets import METRICS_PORT_NAME, exporter_monitor
from rendering.shared.quantities import cpu, memory
from scaleplan.cluster.machines import ResourceTotals
from scaleplan.observability.pods import EXPORTER

EXPORTER_USER_ID = 65534
"""`nobody`: all of these images are made to run as any user, and own no file."""

FILES_ANNOTATION = "researchflow.io/files-hash"

CONFIG_DIRECTORY = "/etc/exporter"


@dataclass(frozen=True, kw_only=True)
class ExporterArgs:
    """The exporter's image, what it reads and by which secrets, and how it is scraped."""

    application: str
    """The word that names Deployment and monitor, and that labels the pod."""

    namespace: Input[str]
    """The monitoring namespace."""

    image: str
    """The image, with registry and tag."""

    port: int
    """The port of its metrics."""

    interval_seconds: int
    """Seconds between two scrapes."""

    arguments: Sequence[str]
    """The command line behind the image's entry point."""

    environment: Mapping[str, Input[str]] = field(default_factory=dict)
    """Variables that are no secret."""

    files: Mapping[str, Input[str]] = field(default_factory=dict)
    """Texts by file name, mounted under `CONFIG_DIRECTORY`; without any nothing is mounted."""

    secrets: Mapping[str, Input[str]] = field(default_factory=dict)
    """Variables that are secrets, kept in a Secret."""

    version: Input[str] = ""
    """A text whose change replaces the pod, as it reads files and secrets once; it must tell
    nothing of a secret."""

    target_labels: Mapping[str, str] = field(default_factory=dict)
    """Labels that are set on every series of it."""

    service_account: str | None = None
    """The service account that gives the pod a role; None for the namespace's default."""

    monitored: bool = True
    """Whether Prometheus scrapes the pod by a monitor; off where something else says what to ask it
    for."""

    extra_labels: Mapping[str, str] = field(default_factory=dict)
    """Further labels of the pod, by which network policies choose several exporters at once."""

    requests: ResourceTotals = EXPORTER
    """CPU and memory that the pod requests."""

    after: Sequence[pulumi.Resource] = ()
    """What must exist first: the kinds of monitors, and its role."""


class Exporter(ComponentResource):
    """Deployment with one pod, its files and its PodMonitor. It writes nothing and knows no API."""

    deployment: k8s.apps.v1.Deployment

    def __init__(self, name: str, args: ExporterArgs, opts: ResourceOptions | None = None) -> None:
        summary = {"image": args.image}
        super().__init__("researchflow:observability:Exporter", name, summary, opts)
        self._name, self._args = name, args
        mounted = self._build_files()
        self.deployment = k8s.apps.v1.Deployment(
            f"{name}-pod",
            metadata=self._metadata(),
            spec=k8s.apps.v1.DeploymentSpecArgs(
                # One: two would read the same twice, and Prometheus says when it is gone.
                replicas=1,
                revision_history_limit=2,
                strategy=k8s.apps.v1.DeploymentStrategyArgs(
                    type="RollingUpdate",
                    rolling_update=k8s.apps.v1.RollingUpdateDeploymentArgs(
                        # Prometheus misses a scrape, and no node must have room for two.
                        max_unavailable=1,
                        max_surge=0,
                    ),
                ),
                selector=k8s.meta.v1.LabelSelectorArgs(match_labels=selector(args.application)),
                template=k8s.core.v1.PodTemplateSpecArgs(
                    metadata=k8s.meta.v1.ObjectMetaArgs(
                        labels={**labels(args.application), **args.extra_labels},
                        annotations={FILES_ANNOTATION: args.version},
                    ),
                    spec=self._pod(),
                ),
            ),
            opts=ResourceOptions(parent=self, depends_on=[*mounted, *args.after]),
        )
        if args.monitored:
            CustomResource(
                f"{name}-monitor",
                api_version="monitoring.coreos.com/v1",
                kind="PodMonitor",
                metadata=self._metadata(),
                spec=exporter_monitor(
                    args.application, args.interval_seconds, dict(args.target_labels)
                ),
                opts=ResourceOptions(parent=self, depends_on=list(args.after)),
            )
        self.register_outputs({})

    def _metadata(self) -> k8s.meta.v1.ObjectMetaArgs:
        application = self._args.application
        return k8s.meta.v1.ObjectMetaArgs(
            name=application, namespace=self._args.namespace, labels=labels(application)
        )

    def _build_files(self) -> list[pulumi.Resource]:
        args = self._args
        mounted: list[pulumi.Resource] = []
        if args.files:
            mounted.append(
                k8s.core.v1.ConfigMap(
                    f"{self._name}-files",
                    metadata=self._metadata(),
                    data=dict(args.files),
                    opts=ResourceOptions(parent=self),
                )
            )
        if args.secrets:
            mounted.append(
                k8s.core.v1.Secret(
                    f"{self._name}-secrets",
                    metadata=self._metadata(),
                    string_data={key: Output.secret(value) for key, value in args.secrets.items()},
                    opts=ResourceOptions(parent=self),
                )
            )
        return mounted

    def _pod(self) -> k8s.core.v1.PodSpecArgs:
        args = self._args
        return k8s.core.v1.PodSpecArgs(
            service_account_name=args.service_account,
            automount_service_account_token=False,
            enable_service_links=False,
            node_selector=ON_SYSTEM_NODES,
            security_context=k8s.core.v1.PodSecurityContextArgs(
                run_as_non_root=True,
                run_as_user=EXPORTER_USER_ID,
                run_as_group=EXPORTER_USER_ID,
                fs_group=EXPORTER_USER_ID,
                seccomp_profile=k8s.core.v1.SeccompProfileArgs(type="RuntimeDefault"),
            ),
            containers=[self._container()],
            volumes=self._volumes(),
        )

    def _container(self) -> k8s.core.v1.ContainerArgs:
        args = self._args
        return k8s.core.v1.ContainerArgs(
            name="exporter",
            image=args.image,
            args=list(args.arguments),
            env=[
                *(
                    k8s.core.v1.EnvVarArgs(name=key, value=value)
                    for key, value in args.environment.items()
                ),
                *(self._from_secret(key) for key in args.secrets),
            ],
            ports=[k8s.core.v1.ContainerPortArgs(name=METRICS_PORT_NAME, container_port=args.port)],
            resources=k8s.core.v1.ResourceRequirementsArgs(
                requests={
                    "cpu": cpu(args.requests.cpu_millicores),
                    "memory": memory(args.requests.memory_mib),
                },
                limits={"cpu": "200m", "memory": memory(args.requests.memory_mib * 2)},
            ),
            # Is it alive, not does it reach its target: that is what its metrics say.
            liveness_probe=k8s.core.v1.ProbeArgs(
                tcp_socket=k8s.core.v1.TCPSocketActionArgs(port=METRICS_PORT_NAME),
                period_seconds=30,
            ),
            readiness_probe=k8s.core.v1.ProbeArgs(
                tcp_socket=k8s.core.v1.TCPSocketActionArgs(port=METRICS_PORT_NAME)
            ),
            security_context=k8s.core.v1.SecurityContextArgs(
                allow_privilege_escalation=False,
                privileged=False,
                read_only_root_filesystem=True,
                capabilities=k8s.core.v1.CapabilitiesArgs(drop=["ALL"]),
            ),
            volume_mounts=[
                k8s.core.v1.VolumeMountArgs(
                    name="files", mount_path=CONFIG_DIRECTORY, read_only=True
                )
            ]
            if args.files
            else None,
        )

    def _from_secret(self, key: str) -> k8s.core.v1.EnvVarArgs:
        return k8s.core.v1.EnvVarArgs(
            name=key,
            value_from=k8s.core.v1.EnvVarSourceArgs(
                secret_key_ref=k8s.core.v1.SecretKeySelectorArgs(
                    name=self._args.application, key=key
                )
            ),
        )

    def _volumes(self) -> list[k8s.core.v1.VolumeArgs] | None:
        if not self._args.files:
            return None
        config = k8s.core.v1.ConfigMapVolumeSourceArgs(name=self._args.application)
        return [k8s.core.v1.VolumeArgs(name="files", config_map=config)]
