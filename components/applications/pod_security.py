"""What makes a pod meet the Pod Security Standard `restricted`, and what it is given."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pulumi_kubernetes as k8s
from pulumi import Input, Resource, ResourceOptions

from rendering.applications.pods import SERVING
from rendering.shared.quantities import cpu, memory
from scaleplan.layers import PodResources


def pod_security(user_id: int) -> k8s.core.v1.PodSecurityContextArgs:
    """The context of a pod that runs as this user and group, whatever its image says, with the
    runtime's seccomp."""
    return k8s.core.v1.PodSecurityContextArgs(
        run_as_non_root=True,
        run_as_user=user_id,
        run_as_group=user_id,
        fs_group=user_id,
        seccomp_profile=k8s.core.v1.SeccompProfileArgs(type="RuntimeDefault"),
    )


def container_security() -> k8s.core.v1.SecurityContextArgs:
    """The context of a container: no privilege, no capability, no writable root file system."""
    return k8s.core.v1.SecurityContextArgs(
        allow_privilege_escalation=False,
        privileged=False,
        read_only_root_filesystem=True,
        capabilities=k8s.core.v1.CapabilitiesArgs(drop=["ALL"]),
    )


def quantities(resources: PodResources) -> dict[str, dict[str, str]]:
    """`requests` and `limits` as Kubernetes writes them."""
    return {
        "requests": {
            "cpu": cpu(resources.cpu_request_millicores),
            "memory": memory(resources.memory_request_mib),
        },
        "limits": {
            "cpu": cpu(resources.cpu_limit_millicores),
            "memory": memory(resources.memory_limit_mib),
        },
    }


def resource_requirements(resources: PodResources) -> k8s.core.v1.ResourceRequirementsArgs:
    """Requests and limits of a container."""
    written = quantities(resources)
    return k8s.core.v1.ResourceRequirementsArgs(
        requests=written["requests"], limits=written["limits"]
    )


def service_account(
    name: str, metadata: k8s.meta.v1.ObjectMetaArgs, parent: Resource
) -> k8s.core.v1.ServiceAccount:
    """An account of the pod's own, without a token: nothing here talks to the API server.

    AWS roles reach a pod all the same: EKS Pod Identity mounts a token of its own.
    """
    return k8s.core.v1.ServiceAccount(
        name,
        metadata=metadata,
        automount_service_account_token=False,
        opts=ResourceOptions(parent=parent),
    )


def job_metadata(
    name: str, namespace: Input[str], labels: Mapping[str, str]
) -> k8s.meta.v1.ObjectMetaArgs:
    """Metadata of a Job that a deployment waits for: the next one makes it anew where it failed.

    A Job that has failed stays failed, whatever is changed in place, and the provider would find
    the same failure at each deployment (Pulumi's `pulumi.com/replaceUnready`).
    """
    return k8s.meta.v1.ObjectMetaArgs(
        name=name,
        namespace=namespace,
        labels=labels,
        annotations={"pulumi.com/replaceUnready": "true"},
    )


def job_pod(
    account: str,
    user_id: int,
    containers: Sequence[k8s.core.v1.ContainerArgs],
    volumes: Sequence[k8s.core.v1.VolumeArgs],
    *,
    node_selector: Mapping[str, str] | None,
    init_containers: Sequence[k8s.core.v1.ContainerArgs] | None = None,
) -> k8s.core.v1.PodSpecArgs:
    """The pod of a Job that applications wait for."""
    return k8s.core.v1.PodSpecArgs(
        # Never, not OnFailure: the pods of failed attempts keep their logs.
        restart_policy="Never",
        service_account_name=account,
        automount_service_account_token=False,
        enable_service_links=False,
        node_selector=node_selector,
        priority_class_name=SERVING.name,
        security_context=pod_security(user_id),
        init_containers=init_containers,
        containers=containers,
        volumes=volumes,
    )


def spread(
    labels: dict[str, str],
) -> list[k8s.core.v1.TopologySpreadConstraintArgs]:
    """Constraints that spread pods evenly over zones and over nodes.

    ScheduleAnyway: a pod in the wrong zone serves, a pending one does not. Karpenter buys nodes
    that meet the preference. The hash keeps the old ReplicaSet out of the count, and nodes that
    the pod may not run on (the database's are tainted) are no place to be even with.
    """
    return [
        k8s.core.v1.TopologySpreadConstraintArgs(
            max_skew=1,
            topology_key=topology_key,
            when_unsatisfiable="ScheduleAnyway",
            label_selector=k8s.meta.v1.LabelSelectorArgs(match_labels=labels),
            match_label_keys=["pod-template-hash"],
            node_taints_policy="Honor",
        )
        for topology_key in ("topology.kubernetes.io/zone", "kubernetes.io/hostname")
    ]


def config_volume(name: str, config_map: Input[str]) -> k8s.core.v1.VolumeArgs:
    """A ConfigMap as a volume."""
    source = k8s.core.v1.ConfigMapVolumeSourceArgs(name=config_map)
    return k8s.core.v1.VolumeArgs(name=name, config_map=source)
