"""Kubernetes' scheduler and controllers on a control plane, and KWOK in the kubelets' place."""

from __future__ import annotations

import signal
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import yaml

from rf.shared.cluster.binaries import ClusterBinaries
from rf.shared.cluster.control_plane import ADDRESS, RunningControlPlane, flags
from rf.shared.servers.processes import Process, free_port, listens, write_private

HELD = "researchflow.io/held"
"""Annotation of a pod that takes its place on a node and gets no further."""

LINGERS = "researchflow.io/lingers"
"""Annotation of a pod that, told to stop, has work to finish first."""

_STAGES = (
    "node/fast/node-initialize.yaml",
    "node/heartbeat-with-lease/node-heartbeat-with-lease.yaml",
    "pod/fast/pod-ready.yaml",
    "pod/fast/pod-complete.yaml",
    "pod/fast/pod-delete.yaml",
)
"""Of kwok's release: what its own installation has, but pods without pauses."""

_MARKS = {"pod-ready": HELD, "pod-complete": HELD, "pod-delete": LINGERS}
"""Stages that a pod with the annotation doesn't come to."""

_POD_ADDRESSES = "100.64.0.0/16"
"""kwok numbers all pods from one range; this one no network of anybody's routes (RFC 6598)."""

_LEASE_SECONDS = 40
"""Of a kubelet (KubeletConfiguration, `nodeLeaseDurationSeconds`)."""

_REQUESTS_A_SECOND = {"kube-api-qps": 300, "kube-api-burst": 600}
"""Far above the defaults of 20 and 50: one machine makes the whole cluster at once."""


AUTOSCALERS_LOOK_SECONDS = 15
"""How often the autoscalers' controller looks, unless told otherwise (Kubernetes' default, which
EKS keeps)."""


def start_controllers(
    stack: ExitStack,
    binaries: ClusterBinaries,
    directory: Path,
    plane: RunningControlPlane,
    *,
    autoscalers_look_seconds: int = AUTOSCALERS_LOOK_SECONDS,
    pods_start_seconds: float = 0,
) -> None:
    """Start all three; leaving `stack` stops them. So long a pod is on its node before it is
    ready."""
    common = {
        "kubeconfig": plane.kubeconfig,
        "leader-elect": "false",
        "bind-address": ADDRESS,
        "profiling": "false",
        **_REQUESTS_A_SECOND,
    }
    _start(stack, binaries.scheduler, directory, common | {"secure-port": free_port(ADDRESS)})
    manager = {
        "secure-port": free_port(ADDRESS),
        "root-ca-file": plane.authority,
        "service-account-private-key-file": plane.signing_key,
        "horizontal-pod-autoscaler-sync-period": f"{autoscalers_look_seconds}s",
    }
    _start(stack, binaries.controller_manager, directory, common | manager)
    _start_kwok(stack, binaries, directory, plane, pods_start_seconds)


def _start(stack: ExitStack, program: Path, directory: Path, settings: Mapping[str, Any]) -> None:
    log = directory / f"{program.name}.log"
    process = Process([str(program), *flags(settings)], log, signal.SIGTERM, as_nobody=False)
    stack.callback(process.stop)
    process.wait_ready(lambda: listens(ADDRESS, settings["secure-port"]))


def _start_kwok(
    stack: ExitStack,
    binaries: ClusterBinaries,
    directory: Path,
    plane: RunningControlPlane,
    pods_start_seconds: float,
) -> None:
    stages = yaml.safe_dump_all(_stages(binaries.stages, pods_start_seconds)).encode()
    port = free_port(ADDRESS)
    settings = {
        "kubeconfig": plane.kubeconfig,
        "config": write_private(directory / "stages.yaml", stages),
        "manage-all-nodes": "true",
        "node-lease-duration-seconds": _LEASE_SECONDS,
        "server-address": f"{ADDRESS}:{port}",
        "cidr": _POD_ADDRESSES,
    }
    command = [str(binaries.kwok), *flags(settings)]
    process = Process(command, directory / "kwok.log", signal.SIGTERM, as_nobody=False)
    stack.callback(process.stop)
    process.wait_ready(lambda: listens(ADDRESS, port))


def _stages(folder: Path, pods_start_seconds: float) -> Iterator[dict[str, Any]]:
    for name in _STAGES:
        stage = yaml.safe_load((folder / name).read_text(encoding="utf-8"))
        if stage["metadata"]["name"] == "pod-ready" and pods_start_seconds:
            stage["spec"]["delay"] = {"durationMilliseconds": round(pods_start_seconds * 1000)}
        mark = _MARKS.get(stage["metadata"]["name"])
        if mark is not None:
            unmarked = {"key": f'.metadata.annotations["{mark}"]', "operator": "DoesNotExist"}
            stage["spec"]["selector"]["matchExpressions"].append(unmarked)
        yield stage
    yield _VOLUME_STAGE


_SELECTED = "volume.kubernetes.io/selected-node"
"""Where a claim's first pod goes, as the scheduler says (Kubernetes, "Volume Binding Mode")."""

_VOLUME = f"""
apiVersion: v1
kind: PersistentVolume
metadata:
  name: pvc-{{{{ .metadata.uid }}}}
  annotations:
    pv.kubernetes.io/provisioned-by: ebs.csi.aws.com
spec:
  accessModes: {{{{ toJson .spec.accessModes }}}}
  capacity: {{{{ toJson .spec.resources.requests }}}}
  csi:
    driver: ebs.csi.aws.com
    volumeHandle: {{{{ .metadata.uid }}}}
  persistentVolumeReclaimPolicy: Delete
  storageClassName: {{{{ .spec.storageClassName | Quote }}}}
  claimRef:
    apiVersion: v1
    kind: PersistentVolumeClaim
    name: {{{{ .metadata.name | Quote }}}}
    namespace: {{{{ .metadata.namespace | Quote }}}}
    uid: {{{{ .metadata.uid | Quote }}}}
  nodeAffinity:
    required:
      nodeSelectorTerms:
      - matchExpressions:
        - key: topology.kubernetes.io/zone
          operator: In
          values:
          - {{{{ index .metadata.annotations "{_SELECTED}" | splitList "." | last | Quote }}}}
"""

_VOLUME_STAGE: dict[str, Any] = {
    "apiVersion": "kwok.x-k8s.io/v1alpha1",
    "kind": "Stage",
    "metadata": {"name": "volume-create"},
    "spec": {
        "resourceRef": {"apiGroup": "v1", "kind": "PersistentVolumeClaim"},
        "selector": {
            "matchExpressions": [
                {"key": ".spec.volumeName", "operator": "DoesNotExist"},
                {"key": f'.metadata.annotations["{_SELECTED}"]', "operator": "Exists"},
            ]
        },
        "steps": [{"apply": {"template": _VOLUME}}],
    },
}
"""In the EBS driver's place: a volume in the zone of the chosen node, whose name ends with it."""
