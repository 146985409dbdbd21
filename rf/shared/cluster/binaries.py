"""Where the control plane's programs are: built, or on this machine, or in the cached folder."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from rf.shared.project import PROJECT_ROOT
from rf.shared.servers.programs import MissingServersError, built_program, services_folder

MINIMUM_ETCD = (3, 5)
"""The oldest etcd that Kubernetes 1.35 is tested with (its CHANGELOG, Dependencies)."""


@dataclass(frozen=True, kw_only=True)
class Binaries:
    """An API server of the plan's Kubernetes version and the etcd beneath it."""

    kube_apiserver: Path
    etcd: Path


@dataclass(frozen=True, kw_only=True)
class ClusterBinaries:
    """What makes a control plane a cluster whose pods are played. `stages` is kwok's folder of
    what happens to nodes and pods."""

    scheduler: Path
    controller_manager: Path
    kwok: Path
    stages: Path


@dataclass(frozen=True, kw_only=True)
class KedaBinaries:
    """KEDA's three programs, of the version that its chart installs."""

    operator: Path
    metrics_adapter: Path
    webhooks: Path


def cluster_folder() -> Path:
    """The folder that `.ci/cluster/build` makes."""
    return Path(os.environ.get("RESEARCHFLOW_CLUSTER") or PROJECT_ROOT / ".cache" / "cluster")


def find_cluster_binaries() -> ClusterBinaries:
    """Raises MissingServersError, which names what is missing and what makes it."""
    kwok = _built("kwok")
    return ClusterBinaries(
        scheduler=_built("kube-scheduler"),
        controller_manager=_built("kube-controller-manager"),
        kwok=kwok,
        stages=kwok.with_name("stage"),
    )


def find_keda_binaries() -> KedaBinaries:
    """Raises MissingServersError, which names what is missing and what makes it."""
    return KedaBinaries(
        operator=_built("keda"),
        metrics_adapter=_built("keda-adapter"),
        webhooks=_built("keda-admission-webhooks"),
    )


def find_karpenter() -> Path:
    """Karpenter's own controllers, which buy nodes that kwok plays; the kind of their node class is
    in `crds` beside it. Raises MissingServersError, which names what is missing and what makes it.
    """
    return _built("karpenter")


def _built(name: str) -> Path:
    return built_program(cluster_folder() / "bin" / name / name, ".ci/cluster/build")


def apiserver_folder() -> Path:
    """The folder that `.ci/apiserver/build` makes."""
    return Path(os.environ.get("RESEARCHFLOW_APISERVER") or PROJECT_ROOT / ".cache" / "apiserver")


def find_binaries() -> Binaries:
    """Raises MissingServersError, which names what is missing and what makes it."""
    built = built_program(apiserver_folder() / "bin" / "kube-apiserver", ".ci/apiserver/build")
    return Binaries(kube_apiserver=built, etcd=_find_etcd())


def _find_etcd() -> Path:
    """The machine's own where it is new enough, else that of `.ci/services`."""
    candidates = [shutil.which("etcd"), services_folder() / "bin" / "etcd"]
    found = [Path(path) for path in candidates if path and Path(path).is_file()]
    for path in found:
        if _version(path) >= MINIMUM_ETCD:
            return path
    others = f" (too old: {', '.join(map(str, found))})" if found else ""
    needed = ".".join(map(str, MINIMUM_ETCD))
    raise MissingServersError(f"no etcd {needed} or newer{others}: run .ci/services as root")


def _version(etcd: Path) -> tuple[int, int]:
    result = subprocess.run([etcd, "--version"], capture_output=True, text=True, check=False)
    match = re.search(r"etcd Version: (\d+)\.(\d+)", result.stdout)
    return (int(match[1]), int(match[2])) if match else (0, 0)
