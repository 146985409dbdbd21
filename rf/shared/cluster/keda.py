"""KEDA on a control plane: its operator, its metrics behind the API server, its webhooks.

Flags are those of the chart (kedacore/charts, keda/templates: manager/deployment.yaml,
metrics-server/deployment.yaml, webhooks/deployment.yaml), but for addresses, certificates, which
the operator makes itself there, and the election of a leader, as each runs once. Who they are is
the control plane's own user, who may do everything: the chart's roles are not looked at.

The adapter's own metrics and the webhooks listen on every address: neither takes one.
"""

from __future__ import annotations

import base64
import signal
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rf.shared.cluster.aggregation import THIS_MACHINE, aggregated
from rf.shared.cluster.binaries import KedaBinaries
from rf.shared.cluster.control_plane import ADDRESS, RunningControlPlane, flags
from rf.shared.cluster.definitions import read_definitions
from rf.shared.cluster.objects import Document
from rf.shared.servers.certificates import LocalAuthority
from rf.shared.servers.processes import Process, free_port, listens, write_private

NAMESPACE = "keda"

EXTERNAL_METRICS = "external.metrics.k8s.io"

_VALIDATED = {"scaledobjects": "scaledobject", "triggerauthentications": "triggerauthentication"}
"""Kinds that a stack has, and the ends of the paths where its webhooks are (KEDA's
config/webhooks/validation_webhooks.yaml)."""


@dataclass(frozen=True, kw_only=True)
class RunningKeda:
    """`metrics_url` is what Prometheus scrapes of the operator."""

    adapter_port: int
    webhooks_port: int
    metrics_url: str
    authority: Path

    def registrations(self) -> list[Document]:
        """By which the API server asks the adapter, and the webhooks, as the chart has them."""
        trusted = base64.b64encode(self.authority.read_bytes()).decode()
        return [
            *aggregated(
                "keda-operator-metrics-apiserver", NAMESPACE, self.adapter_port, EXTERNAL_METRICS
            ),
            {
                "apiVersion": "admissionregistration.k8s.io/v1",
                "kind": "ValidatingWebhookConfiguration",
                "metadata": {"name": "keda-admission"},
                "webhooks": [self._webhook(*each, trusted) for each in _VALIDATED.items()],
            },
        ]

    def _webhook(self, resource: str, path: str, trusted: str) -> Document:
        url = f"https://{THIS_MACHINE}:{self.webhooks_port}/validate-keda-sh-v1alpha1-{path}"
        rule = {
            "apiGroups": ["keda.sh"],
            "apiVersions": ["v1alpha1"],
            "operations": ["CREATE", "UPDATE"],
            "resources": [resource],
        }
        return {
            "name": f"v{path}.kb.io",
            "admissionReviewVersions": ["v1"],
            "clientConfig": {"url": url, "caBundle": trusted},
            # The chart ignores one that doesn't answer; here that would hide it.
            "failurePolicy": "Fail",
            "rules": [rule],
            "sideEffects": "None",
        }


def kinds(folder: Path) -> list[Document]:
    """The definitions of all of KEDA's kinds, as its operator follows those too that no stack has,
    among those that `.ci/apiserver/build` took from modules."""
    found = {
        definition["metadata"]["name"]: definition
        for (group, _), definition in read_definitions(folder).items()
        if group.partition("/")[0].endswith("keda.sh")
    }
    return list(found.values())


def start_keda(
    stack: ExitStack,
    binaries: KedaBinaries,
    directory: Path,
    plane: RunningControlPlane,
    *,
    watched_namespace: str,
    trusted: Path,
) -> RunningKeda:
    """Start all three; leaving `stack` stops them.

    The API server must know its `kinds`. `trusted` is a folder of certificates of whom
    the operator trusts beside public roots.
    """
    folder = directory / "keda"
    folder.mkdir()
    authority = LocalAuthority(folder, "ca")
    pair = authority.issue(THIS_MACHINE, ADDRESS, client=True)
    write_private(folder / "tls.crt", pair.certificate)
    write_private(folder / "tls.key", pair.key)
    start = _Starter(
        stack=stack,
        directory=directory,
        environment={
            "KUBECONFIG": str(plane.kubeconfig),
            "WATCH_NAMESPACE": watched_namespace,
            "POD_NAMESPACE": NAMESPACE,
            # Read from a pod's own files otherwise.
            "KEDA_CLUSTER_OBJECT_NAMESPACE": NAMESPACE,
        },
    )
    metrics, service = (f"{ADDRESS}:{free_port(ADDRESS)}" for _ in range(2))
    operator = {
        "cert-dir": folder,
        "enable-cert-rotation": "false",
        "metrics-bind-address": metrics,
        "metrics-service-bind-address": service,
        "health-probe-bind-address": f"{ADDRESS}:{free_port(ADDRESS)}",
        "ca-dir": trusted,
        "zap-encoder": "console",
    }
    start(binaries.operator, operator, lambda: listens(ADDRESS, _port(service)))
    adapter_port = free_port(ADDRESS)
    adapter = {
        "port": free_port(ADDRESS),
        "secure-port": adapter_port,
        "bind-address": ADDRESS,
        "metrics-service-address": service,
        "client-ca-file": authority.file,
        "tls-cert-file": folder / "tls.crt",
        "tls-private-key-file": folder / "tls.key",
        "cert-dir": folder,
        "lister-kubeconfig": plane.kubeconfig,
        "authentication-kubeconfig": plane.kubeconfig,
        "authorization-kubeconfig": plane.kubeconfig,
    }
    start(binaries.metrics_adapter, adapter, lambda: listens(ADDRESS, adapter_port))
    webhooks_port = free_port(ADDRESS)
    webhooks = {
        "port": webhooks_port,
        "cert-dir": folder,
        "metrics-bind-address": f"{ADDRESS}:{free_port(ADDRESS)}",
        "health-probe-bind-address": f"{ADDRESS}:{free_port(ADDRESS)}",
    }
    start(binaries.webhooks, webhooks, lambda: listens(ADDRESS, webhooks_port))
    return RunningKeda(
        adapter_port=adapter_port,
        webhooks_port=webhooks_port,
        metrics_url=f"http://{metrics}/metrics",
        authority=authority.file,
    )


def _port(address: str) -> int:
    return int(address.rpartition(":")[2])


@dataclass(frozen=True, kw_only=True)
class _Starter:
    """What all three are started with."""

    stack: ExitStack
    directory: Path
    environment: Mapping[str, str]

    def __call__(
        self, program: Path, settings: Mapping[str, Any], ready: Callable[[], bool]
    ) -> None:
        process = Process(
            [str(program), *flags(settings)],
            self.directory / f"{program.name}.log",
            signal.SIGTERM,
            as_nobody=False,
            environment=self.environment,
        )
        self.stack.callback(process.stop)
        process.wait_ready(ready)
