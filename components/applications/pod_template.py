"""The pod of an application: locked down, probed, spread over zones and nodes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pulumi_kubernetes as k8s
from pulumi import Input, Resource

from components.applications.pod_security import (
    config_volume,
    container_security,
    pod_security,
    resource_requirements,
    spread,
)
from rendering.applications.pods import (
    LIVENESS,
    READINESS,
    STARTUP,
    TEMPORARY_DIRECTORY,
    TEMPORARY_SPACE_MIB,
    USER_ID,
    Priority,
    Probe,
)
from rendering.shared.connection_urls import CA_DIRECTORY
from rendering.shared.endpoints import (
    HTTP_KEEP_ALIVE_SECONDS,
    METRICS_PORT,
    PRE_STOP_SECONDS,
    termination_grace_seconds,
)
from rendering.shared.quantities import memory
from scaleplan.applications.pod_resources import application_resources
from scaleplan.layers import AutoscalingPlan
from scaleplan.sizes import WorkloadSettings

_PART_OF = "researchflow"


@dataclass(frozen=True, kw_only=True)
class ApplicationPods:
    """What an application's pods are made of, whichever application it is."""

    namespace: Input[str]
    """The applications' namespace, known when it is there."""

    image: Input[str]
    """With registry and tag or digest."""

    settings: WorkloadSettings
    """Replicas, memory and CPU."""

    autoscaling: AutoscalingPlan
    """How quickly autoscalers add and remove pods."""

    environment: Sequence[k8s.core.v1.EnvVarArgs] = ()
    """What the pods are told, as `Connections` gives it."""

    annotations: Mapping[str, Input[str]] = field(default_factory=dict)
    """They change with what a pod reads once, so that it is replaced."""

    ca_config_map: Input[str] | None = None
    """The ConfigMap of the authorities; None for pods that open no connection in the cluster."""

    node_selector: Mapping[str, str] | None = None
    """Labels of the nodes that they run on; None for any."""

    after: tuple[Resource, ...] = ()
    """What must be there before the first pod, for whatever it connects to."""


@dataclass(frozen=True, kw_only=True)
class PodTemplate:
    """What differs between the applications' pods."""

    application: str
    """The word that names Deployment, Service and ServiceAccount, and that labels the pods."""

    pods: ApplicationPods

    port: int
    """The container's port, for requests where the pod serves any, and for probes."""

    serves: bool
    """Whether requests arrive at the port: then the pod serves on for a moment after it was told to
    stop."""

    measured: bool
    """Whether the pod has metrics for Prometheus."""

    drain_seconds: int
    """Seconds that a pod told to stop has for what it has begun, after that moment."""

    priority: Priority
    """The class that says who goes first when nodes are full."""

    @property
    def termination_grace_seconds(self) -> int:
        """Time from the order to stop until the kill."""
        return termination_grace_seconds(self.drain_seconds, serves=self.serves)

    def build(self) -> k8s.core.v1.PodTemplateSpecArgs:
        """The template of the Deployment."""
        return k8s.core.v1.PodTemplateSpecArgs(
            metadata=k8s.meta.v1.ObjectMetaArgs(
                labels=labels(self.application), annotations=dict(self.pods.annotations) or None
            ),
            spec=k8s.core.v1.PodSpecArgs(
                service_account_name=self.application,
                priority_class_name=self.priority.name,
                automount_service_account_token=False,
                # Off, because a Service named `worker` would set WORKER_PORT and its like.
                enable_service_links=False,
                node_selector=self.pods.node_selector,
                termination_grace_period_seconds=self.termination_grace_seconds,
                topology_spread_constraints=spread(selector(self.application)),
                security_context=pod_security(USER_ID),
                containers=[self._container()],
                volumes=self._volumes(),
            ),
        )

    def _container(self) -> k8s.core.v1.ContainerArgs:
        return k8s.core.v1.ContainerArgs(
            name=self.application,
            image=self.pods.image,
            ports=self._ports(),
            env=[*self._own_environment(), *self.pods.environment],
            resources=resource_requirements(application_resources(self.pods.settings)),
            startup_probe=_probe(STARTUP),
            liveness_probe=_probe(LIVENESS),
            readiness_probe=_probe(READINESS),
            lifecycle=self._lifecycle(),
            security_context=container_security(),
            volume_mounts=self._mounts(),
        )

    def _lifecycle(self) -> k8s.core.v1.LifecycleArgs | None:
        if not self.serves:
            return None
        return k8s.core.v1.LifecycleArgs(
            pre_stop=k8s.core.v1.LifecycleHandlerArgs(
                sleep=k8s.core.v1.SleepActionArgs(seconds=PRE_STOP_SECONDS)
            )
        )

    def _ports(self) -> list[k8s.core.v1.ContainerPortArgs]:
        ports = {"http": self.port, **({"metrics": METRICS_PORT} if self.measured else {})}
        return [
            k8s.core.v1.ContainerPortArgs(name=name, container_port=port)
            for name, port in ports.items()
        ]

    def _own_environment(self) -> list[k8s.core.v1.EnvVarArgs]:
        own = {
            "PORT": str(self.port),
            "SHUTDOWN_DRAIN_SECONDS": str(self.drain_seconds),
            **({"METRICS_PORT": str(METRICS_PORT)} if self.measured else {}),
            **({"HTTP_KEEP_ALIVE_SECONDS": str(HTTP_KEEP_ALIVE_SECONDS)} if self.serves else {}),
        }
        return [k8s.core.v1.EnvVarArgs(name=name, value=value) for name, value in own.items()]

    def _volumes(self) -> list[k8s.core.v1.VolumeArgs]:
        volumes = [
            k8s.core.v1.VolumeArgs(
                name="tmp",
                empty_dir=k8s.core.v1.EmptyDirVolumeSourceArgs(
                    size_limit=memory(TEMPORARY_SPACE_MIB)
                ),
            )
        ]
        if self.pods.ca_config_map is not None:
            volumes.append(config_volume("ca", self.pods.ca_config_map))
        return volumes

    def _mounts(self) -> list[k8s.core.v1.VolumeMountArgs]:
        mounts = [k8s.core.v1.VolumeMountArgs(name="tmp", mount_path=TEMPORARY_DIRECTORY)]
        if self.pods.ca_config_map is not None:
            mounts.append(
                k8s.core.v1.VolumeMountArgs(name="ca", mount_path=CA_DIRECTORY, read_only=True)
            )
        return mounts


def selector(application: str) -> dict[str, str]:
    """The label that finds the application's pods; a Deployment can't change it later."""
    return {"app": application}


def labels(application: str) -> dict[str, str]:
    """All labels of the application's objects, the recommended ones of Kubernetes included."""
    return {
        **selector(application),
        "app.kubernetes.io/name": application,
        "app.kubernetes.io/part-of": _PART_OF,
    }


def _probe(probe: Probe) -> k8s.core.v1.ProbeArgs:
    return k8s.core.v1.ProbeArgs(
        http_get=k8s.core.v1.HTTPGetActionArgs(path=probe.path, port="http"),
        period_seconds=probe.period_seconds,
        failure_threshold=probe.failures,
        timeout_seconds=probe.timeout_seconds,
    )
