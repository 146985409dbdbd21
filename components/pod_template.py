"""The pod of an application: locked down, probed, spread over zones and nodes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi_kubernetes as k8s
from pulumi import Input

from rendering.connection_urls import CA_DIRECTORY
from rendering.endpoints import LIVE_PATH, PRE_STOP_SECONDS, READY_PATH
from scaleplan.sizes import WorkloadSettings

APPLICATION_USER_ID = 10001
"""Applications run as this user and group, whatever their image says; above all system users."""

CPU_BURST_FACTOR = 2
"""CPU limit over request: start-up and garbage collection may take what the node has spare. Memory
has no such room, because a pod over its memory takes its neighbours down."""

TEMPORARY_DIRECTORY = "/tmp"  # noqa: S108 - a volume of the pod's own
"""The one place a container may write."""

TEMPORARY_SPACE_MIB = 512
"""Upper bound of what it may write there."""

_PART_OF = "researchflow"


@dataclass(frozen=True, kw_only=True)
class PodTemplate:
    """What differs between the applications' pods.

    `serves` says whether requests arrive at `port`: then the pod serves on for a moment after it
    was told to stop. `ca_config_map` is None for a pod that opens no connection in the cluster.
    """

    application: str
    image: Input[str]
    settings: WorkloadSettings
    port: int
    serves: bool
    termination_grace_seconds: int
    environment: Sequence[k8s.core.v1.EnvVarArgs]
    ca_config_map: Input[str] | None
    node_selector: Mapping[str, str] | None

    def build(self) -> k8s.core.v1.PodTemplateSpecArgs:
        """The template of the Deployment."""
        return k8s.core.v1.PodTemplateSpecArgs(
            metadata=k8s.meta.v1.ObjectMetaArgs(labels=labels(self.application)),
            spec=k8s.core.v1.PodSpecArgs(
                service_account_name=self.application,
                automount_service_account_token=False,
                # Off, because a Service named `worker` would set WORKER_PORT and its like.
                enable_service_links=False,
                node_selector=self.node_selector,
                termination_grace_period_seconds=self.termination_grace_seconds,
                topology_spread_constraints=[
                    self._spread("topology.kubernetes.io/zone"),
                    self._spread("kubernetes.io/hostname"),
                ],
                security_context=k8s.core.v1.PodSecurityContextArgs(
                    run_as_non_root=True,
                    run_as_user=APPLICATION_USER_ID,
                    run_as_group=APPLICATION_USER_ID,
                    fs_group=APPLICATION_USER_ID,
                    seccomp_profile=k8s.core.v1.SeccompProfileArgs(type="RuntimeDefault"),
                ),
                containers=[self._container()],
                volumes=self._volumes(),
            ),
        )

    def _container(self) -> k8s.core.v1.ContainerArgs:
        memory = f"{self.settings.memory_mib}Mi"
        cpu = self.settings.cpu_millicores
        return k8s.core.v1.ContainerArgs(
            name=self.application,
            image=self.image,
            ports=[k8s.core.v1.ContainerPortArgs(name="http", container_port=self.port)],
            env=[
                k8s.core.v1.EnvVarArgs(name="PORT", value=str(self.port)),
                *self.environment,
            ],
            resources=k8s.core.v1.ResourceRequirementsArgs(
                requests={"cpu": f"{cpu}m", "memory": memory},
                limits={"cpu": f"{cpu * CPU_BURST_FACTOR}m", "memory": memory},
            ),
            # Start-up may take two minutes, after which a live process answers within half a
            # minute; a pod that lost a connection leaves traffic within ten seconds.
            startup_probe=_probe(LIVE_PATH, period=2, failures=60, timeout=2),
            liveness_probe=_probe(LIVE_PATH, period=10, failures=3, timeout=5),
            readiness_probe=_probe(READY_PATH, period=5, failures=2, timeout=3),
            lifecycle=self._lifecycle(),
            security_context=k8s.core.v1.SecurityContextArgs(
                allow_privilege_escalation=False,
                privileged=False,
                read_only_root_filesystem=True,
                capabilities=k8s.core.v1.CapabilitiesArgs(drop=["ALL"]),
            ),
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

    def _spread(self, topology_key: str) -> k8s.core.v1.TopologySpreadConstraintArgs:
        # ScheduleAnyway: a pod in the wrong zone serves, a pending one does not. Karpenter buys
        # nodes that meet the preference. The hash keeps the old ReplicaSet out of the count.
        return k8s.core.v1.TopologySpreadConstraintArgs(
            max_skew=1,
            topology_key=topology_key,
            when_unsatisfiable="ScheduleAnyway",
            label_selector=k8s.meta.v1.LabelSelectorArgs(match_labels=selector(self.application)),
            match_label_keys=["pod-template-hash"],
        )

    def _volumes(self) -> list[k8s.core.v1.VolumeArgs]:
        volumes = [
            k8s.core.v1.VolumeArgs(
                name="tmp",
                empty_dir=k8s.core.v1.EmptyDirVolumeSourceArgs(
                    size_limit=f"{TEMPORARY_SPACE_MIB}Mi"
                ),
            )
        ]
        if self.ca_config_map is not None:
            source = k8s.core.v1.ConfigMapVolumeSourceArgs(name=self.ca_config_map)
            volumes.append(k8s.core.v1.VolumeArgs(name="ca", config_map=source))
        return volumes

    def _mounts(self) -> list[k8s.core.v1.VolumeMountArgs]:
        mounts = [k8s.core.v1.VolumeMountArgs(name="tmp", mount_path=TEMPORARY_DIRECTORY)]
        if self.ca_config_map is not None:
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


def _probe(path: str, *, period: int, failures: int, timeout: int) -> k8s.core.v1.ProbeArgs:
    return k8s.core.v1.ProbeArgs(
        http_get=k8s.core.v1.HTTPGetActionArgs(path=path, port="http"),
        period_seconds=period,
        failure_threshold=failures,
        timeout_seconds=timeout,
    )
